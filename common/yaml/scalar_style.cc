#include "common/yaml/scalar_style.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/yaml/schema.h"

namespace expq::yaml {
namespace {

constexpr absl::string_view kNextLine = "\xC2\x85";
constexpr absl::string_view kLineSeparator = "\xE2\x80\xA8";
constexpr absl::string_view kParagraphSeparator = "\xE2\x80\xA9";

bool IsOneOf(char c, absl::string_view any) { return any.find(c) != absl::string_view::npos; }

// Outside double quotes these cannot be written at all.
bool NeedsEscape(absl::string_view character) {
  const uint32_t code = CodeOf(character);
  if (code < 0x80) return code < 0x20 || code == 0x7F;
  return code < 0xA0 || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF || code == 0x2028 || code == 0x2029;
}

// Indicators that end a plain scalar or make it something else.
bool HasIndicators(absl::string_view text, bool in_flow) {
  const auto blank_at = [&](size_t i) { return i >= text.size() || IsOneOf(text[i], " \t\r\n"); };
  if (absl::StartsWith(text, "---") || absl::StartsWith(text, "...")) return true;
  if (IsOneOf(text[0], "#,[]{}&*!|>'\"%@`")) return true;
  if (IsOneOf(text[0], "?:-") && blank_at(1)) return true;
  for (size_t i = 1; i < text.size(); ++i) {
    if (in_flow && IsOneOf(text[i], ",[]{}")) return true;
    if (text[i] == ':' && blank_at(i + 1)) return true;
    if (text[i] == '#' && blank_at(i - 1)) return true;
  }
  return false;
}

}  // namespace

uint32_t CodeOf(absl::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  uint32_t code = first & (0x7Fu >> character.size());
  for (char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
}

std::vector<absl::string_view> Characters(absl::string_view text) {
  std::vector<absl::string_view> out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    // At most four bytes, also of a text that is not valid.
    while (end < text.size() && end - at < 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string EscapeOf(absl::string_view character) {
  static constexpr absl::string_view kFrom("\0\a\b\t\n\v\f\r\x1B\"\\", 11);
  static constexpr absl::string_view kTo = "0abtnvfre\"\\";
  const size_t named = character.size() == 1 ? kFrom.find(character[0]) : absl::string_view::npos;
  if (named != absl::string_view::npos) return absl::StrCat("\\", kTo.substr(named, 1));
  if (character == kNextLine) return "\\N";
  if (character == kLineSeparator) return "\\L";
  if (character == kParagraphSeparator) return "\\P";
  const uint32_t code = CodeOf(character);
  if (!NeedsEscape(character)) return "";
  if (code < 0x100) return absl::StrFormat("\\x%02X", code);
  return code < 0x10000 ? absl::StrFormat("\\u%04X", code) : absl::StrFormat("\\U%08X", code);
}

std::string DoubleQuoted(absl::string_view text) {
  std::string out = "\"";
  for (absl::string_view c : Characters(text)) {
    const std::string escape = EscapeOf(c);
    absl::StrAppend(&out, escape.empty() ? c : escape);
  }
  return out + "\"";
}

ScalarStyle StyleOf(absl::string_view text, bool in_flow) {
  if (text.empty()) return ScalarStyle::kSingle;
  for (absl::string_view c : Characters(text)) {
    if (NeedsEscape(c)) return ScalarStyle::kDouble;
  }
  const bool outer_blank = text.front() == ' ' || text.back() == ' ';
  if (!outer_blank && MeaningOf(text) == Meaning::kString && !HasIndicators(text, in_flow)) return ScalarStyle::kPlain;
  return absl::StrContains(text, "'") ? ScalarStyle::kDouble : ScalarStyle::kSingle;
}

}  // namespace expq::yaml
