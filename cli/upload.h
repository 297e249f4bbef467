// Sending a submission's snapshot, and the data that it needs, to a scheduler that lacks them.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "cli/connection.h"
#include "cli/context.h"
#include "common/pipeline/executor.h"

namespace expq::cli {

// `commit`: the submission's; `head`: its baseline. Nothing travels in local mode, and only what is missing otherwise.
absl::Status UploadSnapshot(const Context& context, Connection& connection, const experiment::CommitId& commit,
                            const experiment::CommitId& head);

// What the snapshot's selected stages read and their locks record, as far as the scheduler lacks it and this
// repository's cache has it. `experiments`: the submission's, whose overrides say what the stages are.
absl::Status UploadData(const Context& context, Connection& connection, const experiment::CommitId& commit,
                        const std::vector<experiment::Experiment>& experiments,
                        const pipeline::ExecuteOptions& selection);

}  // namespace expq::cli
