// Python literals.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/params/python_lexer.h"
#include "common/params/source_tree.h"
#include "common/value/value.h"

namespace expq::params {

struct PythonLiteral {
  value::Value value;
  SourceNode node;
};

enum class LiteralResult {
  kLiteral,
  kOther,   // an expression, but none that is known without running it
  kBroken,  // no expression
};

// All of the tokens as one literal; a tuple may stand without parentheses.
LiteralResult ReadLiteral(absl::Span<const PythonToken> tokens, PythonLiteral& out);

}  // namespace expq::params
