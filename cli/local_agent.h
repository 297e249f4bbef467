// Running experiments in this process: `run-all` and `run`.
#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "agent/agent.h"
#include "cli/connection.h"
#include "cli/context.h"
#include "cli/interrupts.h"
#include "cli/local_house.h"
#include "cli/session.h"

namespace expq::cli {

struct LocalAgentOptions {
  int jobs = 1;
  int stage_jobs = 0;  // 0 = what each submission says
  std::string gpus = "all";
};

// The label that ties an experiment of `expq run` to the process that is to run it.
std::string RunLabel(const experiment::SessionId& session);

// Runs what is queued until nothing is left, or `drain` says so. The labels of dead `run` processes are offered too:
// what they have left behind is not lost.
absl::StatusOr<agent::Summary> RunLocalAgent(const Context& context, Connection& connection, const Session& session,
                                             const LocalAgentOptions& options, agent::Observer& observer,
                                             const sync::StopToken& drain, const sync::StopToken& stop);

}  // namespace expq::cli
