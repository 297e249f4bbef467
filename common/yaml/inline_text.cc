#include "common/yaml/inline_text.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/yaml/scalar_style.h"
#include "common/yaml/schema.h"

namespace expq::yaml {
namespace {

using value::Value;

// PyYAML takes a float without a point ("1e-05") for a string.
std::string FloatText(double d) {
  if (!std::isfinite(d)) return std::isnan(d) ? ".nan" : d > 0 ? ".inf" : "-.inf";
  std::string text = value::FloatRepr(d);
  const size_t e = text.find('e');
  if (e != std::string::npos && text.find('.') == std::string::npos) text.insert(e, ".0");
  return text;
}

// Parsers differ on what a plain scalar may hold inside of brackets: only the undisputed stays plain there.
bool IsUndisputed(absl::string_view text) {
  if (!absl::ascii_isalnum(static_cast<unsigned char>(text[0])) && text[0] != '_' && text[0] != '/') return false;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isalnum(byte) && absl::string_view("_-./+ ").find(c) == absl::string_view::npos) return false;
  }
  return true;
}

std::string SingleQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

std::string StringText(absl::string_view text, const InlineStyle& style) {
  if (style.quotes == Node::Style::kDouble) return DoubleQuoted(text);
  ScalarStyle chosen = StyleOf(text, style.in_flow);
  if (chosen == ScalarStyle::kPlain) {
    const bool disputed = MeansOtherIn11(text) || (style.in_flow && !IsUndisputed(text));
    if (disputed || style.quotes == Node::Style::kSingle) chosen = ScalarStyle::kSingle;
  }
  if (chosen == ScalarStyle::kPlain) return std::string(text);
  // StyleOf asks for double quotes around a single quote, where only control characters need them.
  const bool escapes = DoubleQuoted(text).find('\\') != std::string::npos;
  const bool keep_single = style.quotes == Node::Style::kSingle && !escapes;
  return chosen == ScalarStyle::kSingle || keep_single ? SingleQuoted(text) : DoubleQuoted(text);
}

}  // namespace

std::string InlineKey(const value::Key& key, bool in_flow) {
  return key.is_text() ? StringText(key, {.in_flow = in_flow}) : InlineText(key.value(), {.in_flow = in_flow});
}

std::string InlineText(const Value& value, const InlineStyle& style) {
  if (const std::string* s = value.string()) return StringText(*s, style);
  std::string out;
  const char* separator = "";
  const InlineStyle inner = {.in_flow = true};
  if (const value::List* list = value.list()) {
    for (const Value& item : *list) {
      absl::StrAppend(&out, separator, InlineText(item, inner));
      separator = ", ";
    }
    return absl::StrCat("[", out, "]");
  }
  if (const value::Map* map = value.map()) {
    for (const auto& [key, item] : *map) {
      absl::StrAppend(&out, separator, InlineKey(key, true), ": ", InlineText(item, inner));
      separator = ", ";
    }
    return absl::StrCat("{", out, "}");
  }
  if (value.is_null()) return "null";
  if (const bool* b = value.boolean()) return *b ? "true" : "false";
  if (const double* d = value.number()) return FloatText(*d);
  return value::PythonText(value);
}

}  // namespace expq::yaml
