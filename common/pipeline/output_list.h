// The lists `outs`, `metrics` and `plots` of a stage.
#pragma once

#include "absl/status/status.h"
#include "common/pipeline/node.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/pipeline_file.h"
#include "common/pipeline/scope.h"

namespace expq::pipeline {

// Appends the outputs of `list` to stage.outs; entries for one path are merged. Needs stage.wdir.
absl::Status ReadOutputs(const FileContext& context, const Node& list, OutputKind kind, const Scope& scope,
                         Stage& stage);

// InvalidArgument for a place where no output may be: the pipeline's own files, inside .git or .dvc, the root itself,
// outside of it when cached, and what .dvcignore leaves out.
absl::Status CheckOutputPlace(const FileContext& context, const Node& node, const std::string& path,
                              const std::string& root_path, bool cache);

}  // namespace expq::pipeline
