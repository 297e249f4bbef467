// What must hold between stages before a graph makes sense.
#pragma once

#include "absl/status/status.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// InvalidArgument naming both places: one output made twice, an output inside another one, a pipeline file inside an
// output.
absl::Status CheckOutputs(const Pipeline& pipeline);

}  // namespace expq::pipeline
