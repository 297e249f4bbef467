// Where everything stands in a TOML text, and how TOML writes.
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/params/format.h"
#include "common/params/source_edit.h"
#include "common/params/toml_reader.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

std::string BasicString(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    static constexpr absl::string_view kMeanings = "\b\t\n\f\r\"\\";
    static constexpr absl::string_view kNames = "btnfr\"\\";
    if (const size_t i = kMeanings.find(c); i != absl::string_view::npos) {
      absl::StrAppend(&out, "\\", kNames.substr(i, 1));
    } else if (byte < 0x20 || byte == 0x7F) {
      absl::StrAppendFormat(&out, "\\u%04X", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// 'Literal' where it was one and still can be.
std::string StringText(absl::string_view text, const SourceNode* old) {
  bool literal = old != nullptr && old->open == '\'' && !absl::StrContains(text, '\'');
  for (char c : text) literal &= static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  return literal ? absl::StrCat("'", text, "'") : BasicString(text);
}

class Toml : public Dialect {
 public:
  absl::StatusOr<Value> Parse(absl::string_view text, absl::string_view file) const override {
    return ParseToml(text, file);
  }
  absl::StatusOr<SourceNode> Read(absl::string_view text, absl::string_view file) const override {
    return ReadToml(text, file);
  }

  absl::StatusOr<std::string> Text(const Value& value, const SourceNode* old) const override {
    if (const std::string* s = value.string()) return StringText(*s, old);
    if (value.is_null()) return absl::FailedPreconditionError("TOML has no null");
    if (value.is_int() && !value.int64()) return absl::FailedPreconditionError("TOML's integers have 64 bits");
    if (const bool* b = value.boolean()) return std::string(*b ? "true" : "false");
    std::string out;
    const char* separator = "";
    if (const value::List* list = value.list()) {
      for (const Value& item : *list) {
        ASSIGN_OR_RETURN(const std::string text, Text(item, nullptr));
        absl::StrAppend(&out, separator, text);
        separator = ", ";
      }
      return absl::StrCat("[", out, "]");
    }
    if (const value::Map* map = value.map()) {
      for (const auto& [name, item] : *map) {
        ASSIGN_OR_RETURN(const std::string text, Text(item, nullptr));
        ASSIGN_OR_RETURN(const std::string key, Key(name, false));
        absl::StrAppend(&out, separator, key, " = ", text);
        separator = ", ";
      }
      return absl::StrCat("{", out, "}");
    }
    return value::PythonText(value);
  }

  absl::StatusOr<std::string> Key(absl::string_view name, bool) const override { return TomlKey(name); }
  absl::string_view Separator() const override { return " = "; }
};

}  // namespace

std::string TomlKey(absl::string_view name) {
  bool bare = !name.empty();
  for (char c : name) bare &= absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  return bare ? std::string(name) : BasicString(name);
}

absl::StatusOr<std::string> EditToml(absl::string_view file, absl::string_view text, const Value& wanted) {
  return EditSource(Toml(), file, text, wanted);
}

}  // namespace expq::params
