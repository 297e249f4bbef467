// `foreach` and `matrix`: one definition, many stages.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pipeline/node.h"
#include "common/pipeline/scope.h"
#include "common/value/value.h"

namespace expq::pipeline {

// A person reads the names of stages; more of them in a repository are a slip, and would fill the memory.
inline constexpr size_t kMaxStages = 100'000;
absl::Status TooManyStages(const Node& node);

// One stage to make: its name after the "@", and what ${item} (and ${key}) are in it.
struct Expansion {
  std::string suffix;
  value::Map locals;
};

// In DVC's order and with DVC's names. Items with the same text collapse to one, the last one's value. InvalidArgument
// for what is no list or map, and for more than kMaxStages.
absl::StatusOr<std::vector<Expansion>> ExpandForeach(const Node& foreach, const Scope& scope);
absl::StatusOr<std::vector<Expansion>> ExpandMatrix(const Node& matrix, const Scope& scope);

}  // namespace expq::pipeline
