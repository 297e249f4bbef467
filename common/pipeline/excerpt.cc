#include "common/pipeline/excerpt.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/caret.h"

namespace expq::pipeline {
namespace {

constexpr char kUrl[] = "expq/excerpt";
// Of a longer line only what is around the column is of use.
constexpr size_t kWidth = 200;
constexpr absl::string_view kBom = "\xEF\xBB\xBF";

bool IsInside(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The byte at which the column begins; columns count characters from 1.
size_t OffsetOf(absl::string_view line, size_t column) {
  size_t at = 0;
  for (; at < line.size() && column > 1; --column) {
    do ++at;
    while (at < line.size() && IsInside(line[at]));
  }
  return at;
}

// The bytes to show of a line, whole characters with `at` among them.
std::pair<size_t, size_t> Shown(absl::string_view line, size_t at) {
  size_t begin = at < kWidth ? 0 : at - kWidth / 2;
  while (begin < line.size() && IsInside(line[begin])) ++begin;
  size_t end = std::min(begin + kWidth, line.size());
  while (end < line.size() && IsInside(line[end])) ++end;
  return {begin, end};
}

}  // namespace

absl::Status WithExcerpt(const absl::Status& status, absl::string_view file, absl::string_view text) {
  absl::string_view rest = status.message();
  if (!absl::ConsumePrefix(&rest, file) || !absl::ConsumePrefix(&rest, ":")) return status;
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, absl::MaxSplits(':', 2));
  size_t line = 0, column = 0;
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[0], &line) || !absl::SimpleAtoi(parts[1], &column)) return status;
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (line == 0 || line > lines.size() || column == 0) return status;
  absl::string_view source = absl::StripSuffix(lines[line - 1], "\r");
  absl::ConsumePrefix(&source, kBom);
  if (absl::StripAsciiWhitespace(source).empty()) return status;
  const size_t at = OffsetOf(source, column);
  const auto [begin, end] = Shown(source, at);
  const absl::string_view before = begin > 0 ? "…" : "", after = end < source.size() ? "…" : "";
  const std::string shown_line = absl::StrCat(before, source.substr(begin, end - begin), after);
  const std::string under = status::CaretBelow(shown_line, at - begin + before.size());
  const std::string number = absl::StrCat(line);
  const std::string margin(number.size(), ' ');
  absl::Status with = status;
  const std::string shown = absl::StrCat("  ", number, " | ", shown_line, "\n  ", margin, " | ", under);
  // Not moved into the Cord: clang has another name for that constructor than Debian's library.
  with.SetPayload(kUrl, absl::Cord(absl::string_view(shown)));
  return with;
}

std::string Excerpt(const absl::Status& status) {
  const auto payload = status.GetPayload(kUrl);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace expq::pipeline
