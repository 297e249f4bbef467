// The environment of an attempt's stages: the agent's own, then DVC's and ours, then what was submitted, then the GPUs.
#pragma once

#include <string>
#include <vector>

#include "agent/agent.h"
#include "common/experiment/experiment.h"

namespace expq::agent {

// "KEY=VALUE", each key once, sorted. `root` is where the pipeline is, in the workspace. DVC_ROOT and DVC_STAGE are
// added by the executor.
std::vector<std::string> StageEnv(const Options& options, const experiment::Assignment& assignment,
                                  const std::string& root);

}  // namespace expq::agent
