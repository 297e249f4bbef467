// What may stand where in a dvc.yaml, before any ${…} is filled in, and in a .dvc file: DVC's own schema.
#pragma once

#include "absl/status/status.h"
#include "common/pipeline/node.h"

namespace expq::pipeline {

// InvalidArgument with the place: an unknown or missing key, a value of the wrong type. A null is a value: `deps:` with
// nothing after it is refused, as by DVC. An empty file is OK.
absl::Status CheckPipelineSchema(const Node& top);

// The same of a .dvc file.
absl::Status CheckDataFileSchema(const Node& top);

}  // namespace expq::pipeline
