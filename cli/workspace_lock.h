// The lock of the user's own workspace: what changes it takes this first, so that neither a DVC nor another expq
// changes it at the same time. Attempts run in workspaces of their own and need none.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/place.h"
#include "common/dvclock/workspace_lock.h"
#include "common/sync/sync.h"

namespace expq::cli {

// DVC's own lock, in `.dvc/tmp`; without a `.dvc` one that only expq knows. Waits three seconds: FailedPrecondition
// names who holds it. `context` outlives it.
absl::StatusOr<std::unique_ptr<dvclock::WorkspaceLock>> LockWorkspace(const Context& context, const Place& place,
                                                                      const sync::StopToken& stop);

}  // namespace expq::cli
