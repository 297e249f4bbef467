// Waiting for experiments to end.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/context.h"
#include "common/experiment/experiment.h"

namespace expq::cli {

bool HasEnded(const experiment::Experiment& experiment);
bool AllSucceeded(const std::vector<experiment::Experiment>& experiments);
std::vector<std::string> IdsOf(const std::vector<experiment::Experiment>& experiments);
// "succeeded rusty-otter" or "failed rusty-otter: stage 'train': exited with code 3", with a line end.
std::string EndedLine(const experiment::Experiment& experiment);

// Returns when all of them have ended, with how; says each end on stderr. Cancelled on Ctrl-C (they go on).
absl::StatusOr<std::vector<experiment::Experiment>> WaitFor(const Context& context, Connection& connection,
                                                            const std::vector<std::string>& selectors);

}  // namespace expq::cli
