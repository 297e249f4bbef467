// What an attempt's end means: statuses and stage results to outcomes. Pure.
#pragma once

#include "absl/status/status.h"
#include "agent/attempt.h"
#include "common/experiment/experiment.h"
#include "common/pipeline/executor.h"

namespace expq::agent {

// A failure of ours before or after the stages: `cause`, unless the status says that the machine is at fault. Lost,
// with the reason, when its disk is full.
experiment::Outcome SetupFailure(experiment::Cause cause, const absl::Status& status);

// The stages did not all succeed.
experiment::Outcome StageFailure(const pipeline::ExecuteReport& report);

// One line about a stage that failed.
std::string WhyFailed(const pipeline::StageOutcome& stage);

// Whether all that went wrong is what `--ignore-errors` ignores: stages that failed, and neither for want of room nor
// because they were stopped.
bool AreTolerable(const pipeline::ExecuteReport& report);

// What an attempt that was ended for `reason` reports. Requires a reason.
experiment::Outcome Ended(EndReason reason, const experiment::Experiment& experiment);

}  // namespace expq::agent
