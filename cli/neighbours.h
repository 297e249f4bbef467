// Other worktrees of the same git repository (`git worktree`): the queue is theirs too, the caches are their own.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/place.h"

namespace expq::cli {

// The caches of the DVC repository at `dvc_root` ("" = the top) in worktrees other than `place`'s, as far as they have
// one of their own. Thread-safe.
std::vector<std::string> NeighbourCaches(const Context& context, const Place& place, const std::string& dvc_root);

}  // namespace expq::cli
