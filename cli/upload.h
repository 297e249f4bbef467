// Sending a submission's snapshot, and the data that it needs, to a scheduler that lacks them.
#pragma once

#include "absl/status/status.h"
#include "cli/connection.h"
#include "cli/context.h"

namespace expq::cli {

// `commit`: the submission's; `head`: its baseline. Nothing travels in local mode, and only what is missing otherwise.
absl::Status UploadSnapshot(const Context& context, Connection& connection, const experiment::CommitId& commit,
                            const experiment::CommitId& head);

// `root`'s data sources and locked outs that the scheduler lacks and this repository's cache has.
absl::Status UploadData(const Context& context, Connection& connection, const std::vector<std::string>& targets);

}  // namespace expq::cli
