#include "scheduler/core/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/limits.h"

namespace expq::core {
namespace {

constexpr size_t kCommitLength = 40;

bool IsLowerHex(char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); }

// git takes either case.
bool CouldBeRevision(absl::string_view name) {
  return name.size() <= kCommitLength && LooksLikeHex(absl::AsciiStrToLower(name));
}

// Damerau–Levenshtein (neighbours swapped count once), given up beyond `limit`.
size_t Distance(absl::string_view a, absl::string_view b, size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<size_t> two_above, above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
    two_above = above;
    above = row;
  }
  return above[b.size()];
}

const char* WhyNot(absl::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxNameBytes) return "is too long";
  for (unsigned char c : name) {
    if (c <= ' ' || c == 0x7f) return "has a space or control character";
    if (absl::StrContains("~^:?*[\\/", absl::string_view(reinterpret_cast<const char*>(&c), 1))) {
      return "has one of ~^:?*[\\/";
    }
  }
  if (name.front() == '-' || name.front() == '.') return "begins with '-' or '.'";
  if (name.back() == '.' || absl::EndsWith(name, ".lock")) return "ends with '.' or '.lock'";
  if (absl::StrContains(name, "..") || absl::StrContains(name, "@{") || name == "@")
    return "has '..' or '@{', or is '@'";
  if (CouldBeRevision(name)) return "could be a git revision";
  return nullptr;
}

}  // namespace

bool LooksLikeHex(absl::string_view text) {
  return text.size() >= kMinPrefix && std::all_of(text.begin(), text.end(), IsLowerHex);
}

absl::Status CheckName(absl::string_view name) {
  const char* why = WhyNot(name);
  if (why == nullptr) return absl::OkStatus();
  return status::WithHint(absl::InvalidArgumentError(absl::StrCat("experiment name '", name, "' ", why)),
                          "letters, digits, '-', '_' and '.' are always fine, with one that is not a-f");
}

std::optional<std::string> NearName(absl::string_view text, const std::vector<std::string>& candidates) {
  size_t best = std::max<size_t>(1, text.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    size_t distance = Distance(text, candidate, best - 1);
    if (distance >= best) continue;
    best = distance;
    found = candidate;
    if (best == 0) break;
  }
  return found;
}

}  // namespace expq::core
