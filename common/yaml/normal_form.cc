#include "common/yaml/normal_form.h"

#include <algorithm>

namespace expq::yaml {
namespace {

// A control character: no text has it but by an escape.
constexpr char kMask = '\x7F';

bool IsLoneReturn(absl::string_view text, size_t at) {
  return text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n');
}

bool IsInner(absl::string_view text, size_t at) {
  constexpr absl::string_view kOutside = " \t\r\n,[]{}?";
  return text[at] == '?' && at > 0 && kOutside.find(text[at - 1]) == absl::string_view::npos;
}

}  // namespace

bool HasLoneReturns(absl::string_view text) {
  for (size_t at = text.find('\r'); at != absl::string_view::npos; at = text.find('\r', at + 1)) {
    if (IsLoneReturn(text, at)) return true;
  }
  return false;
}

std::string WithLineFeeds(absl::string_view text) {
  std::string out(text);
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsLoneReturn(text, at)) out[at] = '\n';
  }
  return out;
}

absl::string_view WithoutBlankEnd(absl::string_view text) {
  if (text.empty() || text.back() != ' ') return text;
  const size_t end = text.find_last_not_of(' ');
  if (end == absl::string_view::npos || text[end] != '\n') return text;
  const size_t word = text.find_last_not_of(" \t\r\n", end);
  if (word == absl::string_view::npos) return text;
  const size_t before = text.rfind('\n', word);
  const size_t line = before == absl::string_view::npos ? 0 : before + 1;
  const size_t indent = text.find_first_not_of(' ', line) - line;
  return text.size() - end - 1 <= indent ? text.substr(0, end + 1) : text;
}

bool HasInnerQuestionMarks(absl::string_view text) {
  for (absl::string_view escape : {"\\x", "\\u", "\\U"}) {
    if (text.find(escape) != absl::string_view::npos) return false;
  }
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsInner(text, at)) return true;
  }
  return false;
}

std::string WithMaskedQuestionMarks(absl::string_view text) {
  std::string out(text);
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsInner(text, at)) out[at] = kMask;
  }
  return out;
}

void UnmaskQuestionMarks(Node& root) {
  std::replace(root.text.begin(), root.text.end(), kMask, '?');
  for (Node& item : root.items) UnmaskQuestionMarks(item);
  for (auto& [key, value] : root.entries) {
    UnmaskQuestionMarks(key);
    UnmaskQuestionMarks(value);
  }
}

}  // namespace expq::yaml
