// hydra.enabled: the params.yaml of every experiment is composed by the client, as DVC does it, from the configuration
// folder as it is in the worktree and with the variables of the one who submits.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/context.h"
#include "cli/place.h"
#include "common/params/params.h"

namespace expq::cli {

// Replaces each point's overrides of params.yaml by the composition that they make. Their texts stay behind the others,
// for people to read. Nothing happens when the repository does not use Hydra. Unimplemented for what needs Python.
absl::Status ComposePoints(const Context& context, const Place& place, std::vector<params::GridPoint>& points);

}  // namespace expq::cli
