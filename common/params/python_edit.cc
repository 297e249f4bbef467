// How Python writes.
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/params/python_reader.h"
#include "common/params/source_edit.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

std::string StringText(absl::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out += c;
    }
  }
  return out + quote;
}

bool IsKeyword(absl::string_view name) {
  for (absl::string_view word :
       {"False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"}) {
    if (name == word) return true;
  }
  return false;
}

bool IsIdentifier(absl::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0])) || IsKeyword(name)) return false;
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isalnum(byte) && c != '_') return false;
  }
  return true;
}

class Python : public Dialect {
 public:
  absl::StatusOr<Value> Parse(absl::string_view text, absl::string_view file) const override {
    ASSIGN_OR_RETURN(PythonFile read, ReadPython(text, file));
    return std::move(read.root);
  }
  absl::StatusOr<SourceNode> Read(absl::string_view text, absl::string_view file) const override {
    ASSIGN_OR_RETURN(PythonFile read, ReadPython(text, file));
    return std::move(read.tree);
  }

  absl::StatusOr<std::string> Text(const Value& value, const SourceNode* old) const override {
    const bool has_quote = old != nullptr && (old->open == '\'' || old->open == '"');
    if (const std::string* s = value.string()) return StringText(*s, has_quote ? old->open : '"');
    if (value.is_null()) return std::string("None");
    if (const double* d = value.number()) {
      if (std::isnan(*d)) return absl::FailedPreconditionError("Python has no literal for nan");
      if (std::isinf(*d)) return std::string(*d > 0 ? "1e999" : "-1e999");
    }
    if (value.is_list()) return ListText(*value.list(), old != nullptr && old->open == '(');
    if (value.is_map()) return DictText(*value.map());
    return value::PythonText(value);
  }

  absl::StatusOr<std::string> Key(absl::string_view name, bool in_block) const override {
    if (!in_block) return StringText(name, '"');
    if (IsIdentifier(name)) return std::string(name);
    return absl::FailedPreconditionError(absl::StrCat("'", name, "' is no name for a Python variable"));
  }

  absl::string_view Separator() const override { return ": "; }

 private:
  absl::StatusOr<std::string> ListText(const value::List& list, bool tuple) const {
    std::string out;
    const char* separator = "";
    for (const Value& item : list) {
      ASSIGN_OR_RETURN(const std::string text, Text(item, nullptr));
      absl::StrAppend(&out, separator, text);
      separator = ", ";
    }
    if (!tuple) return absl::StrCat("[", out, "]");
    return absl::StrCat("(", out, list.size() == 1 ? ",)" : ")");
  }

  absl::StatusOr<std::string> DictText(const value::Map& map) const {
    std::string out;
    const char* separator = "";
    for (const auto& [name, item] : map) {
      ASSIGN_OR_RETURN(const std::string text, Text(item, nullptr));
      absl::StrAppend(&out, separator, StringText(name, '"'), ": ", text);
      separator = ", ";
    }
    return absl::StrCat("{", out, "}");
  }
};

}  // namespace

absl::StatusOr<std::string> EditPython(absl::string_view file, absl::string_view text, const Value& wanted) {
  return EditSource(Python(), file, text, wanted);
}

}  // namespace expq::params
