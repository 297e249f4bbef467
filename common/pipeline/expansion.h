// `foreach` and `matrix`: one definition, many stages.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/pipeline/node.h"
#include "common/pipeline/scope.h"
#include "common/value/value.h"

namespace expq::pipeline {

// One stage to make: its name after the "@", and what ${item} (and ${key}) are in it.
struct Expansion {
  std::string suffix;
  value::Map locals;
};

// In DVC's order and with DVC's names. Items with the same text collapse to one, the last one's value. InvalidArgument
// for what is no list or map, and for more than 100,000 stages.
absl::StatusOr<std::vector<Expansion>> ExpandForeach(const Node& foreach, const Scope& scope);
absl::StatusOr<std::vector<Expansion>> ExpandMatrix(const Node& matrix, const Scope& scope);

}  // namespace expq::pipeline
