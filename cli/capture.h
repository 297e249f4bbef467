// The data of the workspace as it is: what `.dvc` files track, stored before an experiment that reads it is queued.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/context.h"
#include "common/git/repository.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"

namespace expq::cli {

// Stores in this repository's cache what the data sources of the pipelines' selected stages hold and it lacks, and
// makes `tree` record what changed since; gives the `.dvc` files of that. NotFound for data that is nowhere (in local
// mode, unless the selection allows it or pulls; a scheduler may have it).
absl::StatusOr<std::vector<std::string>> CaptureData(const Context& context, const Connection& connection,
                                                     const std::vector<pipeline::Pipeline>& pipelines,
                                                     const pipeline::ExecuteOptions& selection,
                                                     git::Repository::WorkTree* tree);

}  // namespace expq::cli
