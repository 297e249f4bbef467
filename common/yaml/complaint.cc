#include "common/yaml/complaint.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/yaml/tabs.h"

namespace expq::yaml {
namespace {

constexpr size_t kNowhere = absl::string_view::npos;
constexpr absl::string_view kOurs = "<<<<<<<";

size_t LineStart(absl::string_view text, size_t at) {
  const size_t end = at == 0 ? kNowhere : text.rfind('\n', at - 1);
  return end == kNowhere ? 0 : end + 1;
}

// The first line of what git leaves behind where it could not merge.
size_t ConflictIn(absl::string_view text) {
  for (size_t at = text.find(kOurs); at != kNowhere; at = text.find(kOurs, at + 1)) {
    const size_t after = at + kOurs.size();
    const bool ends = after == text.size() || absl::ascii_isspace(text[after]);
    if (at == LineStart(text, at) && ends) return at;
  }
  return kNowhere;
}

// What stands before `at` on its line.
absl::string_view Before(absl::string_view text, size_t at) {
  const size_t start = LineStart(text, at);
  return text.substr(start, at - start);
}

// The last line above that of `at` with anything in it.
absl::string_view LineAbove(absl::string_view text, size_t at) {
  const absl::string_view above = absl::StripTrailingAsciiWhitespace(text.substr(0, LineStart(text, at)));
  return above.substr(LineStart(above, above.size()));
}

Complaint InBrackets(absl::string_view text, size_t at, size_t open) {
  if (const size_t reference = text.substr(0, at + 1).find("${", open); reference != kNowhere) {
    return {.at = reference, .what = "a ${…} between brackets needs quotes", .hint = "write it like \"x_${name}\""};
  }
  if (at < text.size() && LineStart(text, at) == LineStart(text, open)) {
    return {.at = at, .what = absl::StrCat("',' or '", text[open] == '[' ? "]" : "}", "' is missing before this")};
  }
  return {.at = open, .what = absl::StrCat("this '", text.substr(open, 1), "' is not closed")};
}

// A ':' where none can be.
Complaint AtColon(absl::string_view text, size_t at) {
  if (absl::StrContains(Before(text, at), ": ")) {
    return {.at = at, .what = "this ':' stands inside of a value", .hint = "put the whole value into quotes"};
  }
  const bool key_above = absl::StrContains(LineAbove(text, at), ":");
  return {.at = at,
          .what = "no map can begin here",
          .hint = key_above ? "is this line indented too far?" : "has the line above lost its ':'?"};
}

// Something where the map or list around it should end.
Complaint AtEnd(absl::string_view text, size_t at) {
  if (!absl::StripAsciiWhitespace(Before(text, at)).empty()) {
    return {.at = at,
            .what = "nothing can follow the end of a text in quotes",
            .hint = "put the whole value into quotes; within '…' a quote is written ''"};
  }
  return {.at = at, .what = "this goes with nothing above", .hint = "indent it like the lines that it belongs to"};
}

Complaint AtCharacter(absl::string_view text, size_t at, absl::string_view what) {
  const absl::string_view character = text.substr(std::min(at, text.size()), 1);
  if (what == "unknown token") {
    return {.at = at, .what = absl::StrCat("no text can begin with '", character, "'"), .hint = "put it into quotes"};
  }
  if (what == "the referenced anchor is not defined") {
    return {.at = at, .what = "no anchor of this name stands above", .hint = "a text that begins with * needs quotes"};
  }
  if (what == "illegal block entry") {
    return {
        .at = at, .what = "no list can begin here", .hint = "begin it on the next line, or put the text into quotes"};
  }
  const bool escape = absl::StartsWith(what, "unknown escape character");
  return {.at = at, .what = std::string(what), .hint = escape ? "write \\\\ for a backslash, or use '…'" : ""};
}

}  // namespace

Complaint ComplaintAbout(absl::string_view text, size_t at, absl::string_view what, size_t open) {
  if (const size_t conflict = ConflictIn(text); conflict != kNowhere) {
    return {.at = conflict,
            .what = "a merge conflict begins here",
            .hint = "keep one side, and take out the lines of <<<<<<<, ======= and >>>>>>>"};
  }
  if (const size_t tab = TabNear(text, at); tab != kNowhere) return TabComplaint(text, tab);
  if (absl::EndsWith(what, "flow not found") && open < text.size()) return InBrackets(text, at, open);
  if (what == "illegal map value") return AtColon(text, at);
  if (what == "end of map not found" || what == "end of sequence not found") return AtEnd(text, at);
  return AtCharacter(text, at, what);
}

}  // namespace expq::yaml
