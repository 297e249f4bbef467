#include <algorithm>
#include <iterator>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/params/words.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

// A ref is a file below .git/refs, and file systems end at 255 bytes; ".lock" and suffixes must fit too.
constexpr size_t kLongestName = 200;

// git reads 4 to 40 hex digits of either case as an abbreviated commit, also where they are a word ("cafe").
bool CouldBeRevision(absl::string_view name) {
  if (name.size() < 4 || name.size() > 40) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
}

// What git-check-ref-format refuses in one component, and a leading '-', which commands take for an option.
std::string WhyNotRef(absl::string_view name) {
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) return "a blank or control character";
    if (absl::string_view("~^:?*[\\/").find(c) != absl::string_view::npos)
      return absl::StrCat("'", std::string(1, c), "'");
  }
  if (absl::StrContains(name, "..")) return "'..'";
  if (absl::StrContains(name, "@{")) return "'@{'";
  if (name[0] == '.' || name[0] == '-') return absl::StrCat("'", name.substr(0, 1), "' at the beginning");
  if (name.back() == '.') return "'.' at the end";
  if (absl::EndsWith(name, ".lock")) return "'.lock' at the end";
  return name == "@" ? "only '@'" : "";
}

// Optimal string alignment: an insertion, a deletion, a change and a swap of neighbours count one each.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string GenerateName(random::Random& random) {
  return absl::StrCat(kAdjectives[random.Below(std::size(kAdjectives))], "-", kNouns[random.Below(std::size(kNouns))]);
}

absl::Status CheckName(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("an experiment's name cannot be empty");
  if (name.size() > kLongestName) {
    return absl::InvalidArgumentError(absl::StrCat("a name is at most ", kLongestName, " bytes long"));
  }
  const std::string why = WhyNotRef(name);
  if (!why.empty()) return absl::InvalidArgumentError(absl::StrCat("name '", name, "': git does not allow ", why));
  if (CouldBeRevision(name)) {
    return status::WithHint(
        absl::InvalidArgumentError(absl::StrCat("name '", name, "' could be taken for a git revision: it is all hex")),
        "add a letter beyond f, or a '-'");
  }
  return absl::OkStatus();
}

std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::min(std::max<size_t>(1, word.size() / 3) + 1, word.size());  // not all of it
  for (const std::string& candidate : candidates) {
    const size_t gap = candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (gap >= best_distance) continue;
    const size_t distance = Distance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace expq::params
