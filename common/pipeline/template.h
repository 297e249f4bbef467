// DVC's ${…}: names only, no expressions. Grammar: ${name(.name|[name])*}; \${ is a literal ${; an unclosed ${ is text.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/pipeline/scope.h"
#include "common/value/value.h"

namespace expq::pipeline {

// What a list or map inside ${…} becomes.
enum class Composite {
  kRefuse,
  kUnpack,  // a map becomes command-line arguments: in cmd
  kKeep,    // stays as it is when it is the whole text, else Python's text of it: in foreach, matrix, at the top level
};

bool HasTemplate(absl::string_view text);

// True when the whole text is one ${…}: then its value keeps its type.
bool IsReference(absl::string_view text);

// The text with every ${…} filled in. InvalidArgument (without a place) for a name that the scope lacks, for a date,
// and for what `composite` refuses.
absl::StatusOr<value::Value> FillIn(absl::string_view text, const Scope& scope, Composite composite);

// Strings anywhere in `value` filled in, map keys too, whole references of any kind kept.
absl::StatusOr<value::Value> FillInAll(const value::Value& value, const Scope& scope);

// A scalar inside a longer text: true and false in lower case, everything else as Python's str().
std::string ScalarText(const value::Value& value);

}  // namespace expq::pipeline
