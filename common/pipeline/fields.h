// Typed fields of a node, templates filled in. Errors name the place.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/pipeline/node.h"
#include "common/pipeline/scope.h"
#include "common/pipeline/template.h"

namespace expq::pipeline {

// A string; a reference (${x}) to a number or boolean becomes its text. `what` is what it should be: "a path".
absl::StatusOr<std::string> ReadText(const Node& node, absl::string_view what, const Scope& scope,
                                     Composite composite = Composite::kRefuse);

// The node's own key, filled in.
absl::StatusOr<std::string> ReadName(const Node& node, absl::string_view what, const Scope& scope);

// OK when every ${…} below the node can be filled in with a scalar: for what has no effect but must be right.
absl::Status CheckTemplates(const Node& node, const Scope& scope);

}  // namespace expq::pipeline
