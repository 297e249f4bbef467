#include "common/pipeline/excerpt.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace expq::pipeline {
namespace {

constexpr char kUrl[] = "expq/excerpt";
// Of a longer line the end is of no use.
constexpr size_t kWidth = 200;

}  // namespace

absl::Status WithExcerpt(const absl::Status& status, absl::string_view file, absl::string_view text) {
  absl::string_view rest = status.message();
  if (!absl::ConsumePrefix(&rest, file) || !absl::ConsumePrefix(&rest, ":")) return status;
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, absl::MaxSplits(':', 2));
  size_t line = 0, column = 0;
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[0], &line) || !absl::SimpleAtoi(parts[1], &column)) return status;
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (line == 0 || line > lines.size() || column == 0) return status;
  const absl::string_view source = absl::StripSuffix(lines[line - 1], "\r").substr(0, kWidth);
  if (absl::StripAsciiWhitespace(source).empty()) return status;
  std::string under(source.substr(0, std::min(column - 1, source.size())));
  // Tabs stay, so that the caret stands where the column is.
  std::replace_if(under.begin(), under.end(), [](char c) { return c != '\t'; }, ' ');
  const std::string number = absl::StrCat(line);
  const std::string margin(number.size(), ' ');
  absl::Status with = status;
  const std::string shown = absl::StrCat("  ", number, " | ", source, "\n  ", margin, " | ", under, "^");
  // Not moved into the Cord: clang has another name for that constructor than Debian's library.
  with.SetPayload(kUrl, absl::Cord(absl::string_view(shown)));
  return with;
}

std::string Excerpt(const absl::Status& status) {
  const auto payload = status.GetPayload(kUrl);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace expq::pipeline
