// Values and overrides written so that ParseOverride reads them back.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/params/sweep.h"

namespace expq::params {
namespace {

using value::Value;

// True for text that is safe without quotes, whatever stands around it; the rest is quoted, needed or not.
bool IsBareText(absl::string_view text) {
  constexpr absl::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/-+.%*@?|:";
  if (text.empty() || text.find_first_not_of(kSafe) != absl::string_view::npos) return false;
  return TypedText(text).is_string();
}

std::string Quoted(absl::string_view text) {
  const char quote = absl::StrContains(text, "'") && !absl::StrContains(text, "\"") ? '"' : '\'';
  std::string out(1, quote);
  size_t slashes = 0;
  for (char c : text) {
    // Backslashes before a quote, or before the closing one, count double.
    if (c == quote) out.append(slashes + 1, '\\');
    slashes = c == '\\' ? slashes + 1 : 0;
    out += c;
  }
  out.append(slashes, '\\');
  return out + quote;
}

std::string DictKey(absl::string_view key) {
  std::string out;
  for (size_t i = 0; i < key.size(); ++i) {
    const bool outer_blank = key[i] == ' ' && (i == 0 || i + 1 == key.size());
    if (outer_blank || absl::string_view("\\()[]{}:=,").find(key[i]) != absl::string_view::npos) out += '\\';
    out += key[i];
  }
  return out;
}

}  // namespace

std::string ValueText(const Value& value) {
  if (const std::string* s = value.string()) return IsBareText(*s) ? *s : Quoted(*s);
  std::string out;
  const char* separator = "";
  if (const value::List* list = value.list()) {
    for (const Value& item : *list) {
      absl::StrAppend(&out, separator, ValueText(item));
      separator = ",";
    }
    return absl::StrCat("[", out, "]");
  }
  if (const value::Map* map = value.map()) {
    for (const auto& [key, item] : *map) {
      absl::StrAppend(&out, separator, DictKey(key), ":", ValueText(item));
      separator = ",";
    }
    return absl::StrCat("{", out, "}");
  }
  if (value.is_null()) return "null";
  if (const bool* b = value.boolean()) return *b ? "true" : "false";
  return value::PythonText(value);
}

std::string OverrideText(const ParamOverride& override) {
  const char* sign = "";
  switch (override.op) {
    case ParamOverride::Op::kChange:
      break;
    case ParamOverride::Op::kAdd:
      sign = "+";
      break;
    case ParamOverride::Op::kForce:
      sign = "++";
      break;
    case ParamOverride::Op::kDelete:
      sign = "~";
      break;
  }
  const std::string file = override.file == "params.yaml" ? "" : absl::StrCat(override.file, ":");
  const std::string head =
      absl::StrCat(file, sign, override.key, override.package ? "@" : "", override.package.value_or(""));
  return override.has_value ? absl::StrCat(head, "=", ValueText(override.value)) : head;
}

}  // namespace expq::params
