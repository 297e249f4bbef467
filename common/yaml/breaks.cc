#include "common/yaml/breaks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace expq::yaml {
namespace {

constexpr size_t kNone = absl::string_view::npos;
constexpr absl::string_view kNextLine = "\xC2\x85";
constexpr absl::string_view kLineSeparator = "\xE2\x80\xA8";
constexpr absl::string_view kParagraphSeparator = "\xE2\x80\xA9";
constexpr size_t kSeparatorSize = 3;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Or a digit; whatever is not ASCII counts.
bool IsLetter(char c) { return absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80; }

// Whether the break within `node` is a character of its text to ruamel too.
bool IsText(const Node& node, absl::string_view text, size_t at) {
  const size_t next = at + kSeparatorSize;
  if (absl::StartsWith(text.substr(at), kNextLine) || node.style == Node::Style::kBlock) return false;
  if (at <= node.begin || next >= node.end || IsBlank(text[at - 1]) || text[at - 1] == '\\') return false;
  if (absl::StartsWith(text.substr(next), "---") || absl::StartsWith(text.substr(next), "...")) return false;
  if (node.style != Node::Style::kPlain) return !IsBlank(text[next]);
  return IsLetter(text[at - 1]) && IsLetter(text[next]);
}

// Whether nothing but a comment follows on the line.
bool EndsComment(absl::string_view text, size_t at) {
  const size_t end = std::min(text.find('\n', at), text.size());
  for (; at < end && (IsBlank(text[at]) || IsUnicodeBreak(text, at)); ++at) {
    if (IsUnicodeBreak(text, at)) at += text[at] == kNextLine[0] ? 1 : kSeparatorSize - 1;
  }
  return at >= end || text[at] == '#';
}

// Scalars in the order of the text.
void CollectScalars(const Node& node, std::vector<const Node*>& into) {
  if (node.kind == Node::Kind::kScalar && node.begin < node.end && node.end != kNone) into.push_back(&node);
  for (const Node& item : node.items) CollectScalars(item, into);
  for (const auto& [key, value] : node.entries) {
    CollectScalars(key, into);
    CollectScalars(value, into);
  }
}

}  // namespace

bool IsUnicodeBreak(absl::string_view text, size_t at) {
  const absl::string_view rest = text.substr(at, kSeparatorSize);
  return rest == kLineSeparator || rest == kParagraphSeparator || absl::StartsWith(rest, kNextLine);
}

size_t MisreadBreak(const Node& root, absl::string_view text) {
  std::vector<const Node*> scalars;
  CollectScalars(root, scalars);
  auto scalar = scalars.begin();
  for (size_t at = 0; at < text.size(); ++at) {
    if (!IsUnicodeBreak(text, at)) continue;
    while (scalar != scalars.end() && (*scalar)->end <= at) ++scalar;
    const bool within = scalar != scalars.end() && (*scalar)->begin <= at;
    if (within ? !IsText(**scalar, text, at) : !EndsComment(text, at)) return at;
  }
  return kNone;
}

size_t BreakInTheWay(absl::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (!IsUnicodeBreak(text, at)) continue;
    const absl::string_view before = text.substr(0, at);
    const size_t line = before.rfind('\n');
    const bool comment = absl::StrContains(before.substr(line == kNone ? 0 : line), '#');
    if (!comment || !EndsComment(text, at)) return at;
  }
  return kNone;
}

Complaint BreakComplaint(absl::string_view text, size_t at) {
  const absl::string_view rest = text.substr(at);
  const bool next_line = absl::StartsWith(rest, kNextLine), line = absl::StartsWith(rest, kLineSeparator);
  const absl::string_view code = next_line ? "0085"
                                 : line    ? "2028"
                                           : "2029",
                          escape = next_line ? "N"
                                   : line    ? "L"
                                             : "P";
  return {.at = at,
          .what = absl::StrCat("an invisible line end (U+", code, ") stands here"),
          .hint = absl::StrCat("remove it, or write \\", escape, " between double quotes")};
}

}  // namespace expq::yaml
