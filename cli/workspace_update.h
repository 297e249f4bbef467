// Bringing a result into the user's own workspace: its tracked files, and its cached outputs.
#pragma once

#include "absl/status/status.h"
#include "cli/context.h"
#include "cli/local_house.h"
#include "cli/place.h"
#include "common/dvclock/workspace_lock.h"
#include "common/experiment/experiment.h"

namespace expq::cli {

// Makes the workspace, which was `snapshot` when it was submitted, hold `result`. FailedPrecondition, with nothing
// changed, when a file that it would overwrite has changed since or another process is at it, or an output there is not
// in the cache. `lock` is the workspace's.
absl::Status ApplyResult(const Context& context, LocalHouse& house, const Place& place,
                         const dvclock::WorkspaceLock& lock, const experiment::CommitId& snapshot,
                         const experiment::CommitId& result);

}  // namespace expq::cli
