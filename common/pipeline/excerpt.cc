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
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr char kUrl[] = "expq/excerpt";
constexpr char kAboutUrl[] = "expq/about";
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

struct Place {
  size_t line = 0, column = 0;  // from 1; columns count characters
};

size_t IndentOf(absl::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

// To the first `piece` at or behind the place: on its line or those that are indented deeper. False when there is none.
bool MoveTo(absl::string_view piece, const std::vector<absl::string_view>& lines, Place& place) {
  const size_t first = place.line - 1;
  size_t from = OffsetOf(lines[first], place.column);
  for (size_t i = first; i < lines.size(); ++i, from = 0) {
    const bool is_inside = i == first || absl::StripAsciiWhitespace(lines[i]).empty();
    if (!is_inside && IndentOf(lines[i]) <= IndentOf(lines[first])) return false;
    const size_t found = lines[i].find(piece, from);
    if (found == absl::string_view::npos) continue;
    const absl::string_view before = lines[i].substr(0, found);
    const auto characters = before.size() - static_cast<size_t>(std::count_if(before.begin(), before.end(), IsInside));
    place = {.line = i + 1, .column = characters + 1};
    return true;
  }
  return false;
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

absl::Status About(absl::string_view piece, absl::Status status) {
  if (!status.ok()) status.SetPayload(kAboutUrl, absl::Cord(piece));
  return status;
}

absl::Status WithExcerpt(const absl::Status& status, absl::string_view file, absl::string_view text) {
  absl::string_view rest = status.message();
  if (!absl::ConsumePrefix(&rest, file) || !absl::ConsumePrefix(&rest, ":")) return status;
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, absl::MaxSplits(':', 2));
  Place place;
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[0], &place.line) || !absl::SimpleAtoi(parts[1], &place.column)) {
    return status;
  }
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  absl::ConsumePrefix(&lines[0], kBom);
  if (place.line == 0 || place.line > lines.size() || place.column == 0) return status;
  absl::Status with = status;
  if (const auto piece = status.GetPayload(kAboutUrl); piece.has_value() && MoveTo(std::string(*piece), lines, place)) {
    with = status::WithMessage(status, absl::StrCat(file, ":", place.line, ":", place.column, ":", parts[2]));
  }
  const absl::string_view source = absl::StripSuffix(lines[place.line - 1], "\r");
  if (absl::StripAsciiWhitespace(source).empty()) return with;
  const size_t at = OffsetOf(source, place.column);
  const auto [begin, end] = Shown(source, at);
  const absl::string_view before = begin > 0 ? "…" : "", after = end < source.size() ? "…" : "";
  const std::string shown_line = absl::StrCat(before, source.substr(begin, end - begin), after);
  const std::string under = status::CaretBelow(shown_line, at - begin + before.size());
  const std::string number = absl::StrCat(place.line);
  const std::string margin(number.size(), ' ');
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
