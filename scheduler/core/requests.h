// What people may ask of experiments that are in the books. Pure. Each answers with the entry as it is afterwards.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "scheduler/core/entry.h"

namespace expq::core {

// A queued one is cancelled at once, a running one is asked to stop; a cancelled one stays so. Finished:
// FailedPrecondition.
absl::StatusOr<Entry> DecideCancel(const Entry& entry, absl::Time now);

// A failed or cancelled one is queued again, with all its retries. Others: FailedPrecondition.
absl::StatusOr<Entry> DecideRetry(const Entry& entry);

// OK when it may be forgotten. Running: FailedPrecondition.
absl::Status DecideRemove(const Entry& entry);

// `taken`: whether something else on its baseline has that name (AlreadyExists). Running: FailedPrecondition.
absl::StatusOr<Entry> DecideRename(const Entry& entry, const std::string& name, bool taken);

// One that has succeeded never runs again: FailedPrecondition. (A failed or cancelled one may be retried.)
absl::StatusOr<Entry> DecidePriority(const Entry& entry, int priority);

// Which of several experiments (of different baselines) a name means: the one that is not finished, else the newest.
// FailedPrecondition when two are not finished. Requires at least one.
absl::StatusOr<Entry> DecideMeant(const std::string& name, const std::vector<Entry>& matches);

}  // namespace expq::core
