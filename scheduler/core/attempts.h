// What a report about an attempt means: go on, take it over, forget it, or accept its outcome. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/experiment/interfaces.h"
#include "scheduler/core/entry.h"

namespace expq::core {

enum class Verdict {
  kGoOn,    // it is the reporter's, and running
  kResume,  // it is the current one, but another process held it, or it was suspect: Reappeared
  kDrop,    // superseded, finished or unknown: whatever is left of it may go
};

// What to do with an attempt that `session` of `agent` says it holds. `entry` may be null: unknown experiment.
Verdict DecideHolding(const Entry* entry, const experiment::AttemptReport& report, const experiment::SessionId& session,
                      const std::string& agent);

// True when an outcome of that attempt would be accepted now: it is the current one and not finished.
bool AcceptsOutcome(const Entry& entry, int attempt);

// The entry after the outcome. Aborted for a superseded attempt, FailedPrecondition when it is finished already: in
// both cases nothing changes and the reporter may forget it.
absl::StatusOr<Entry> DecideOutcome(Entry entry, int attempt, const experiment::Outcome& outcome, absl::Time now);

// The entry after its holder was lost.
absl::StatusOr<Entry> DecideLeaseEnd(Entry entry, absl::Time now);

// True when the session's lease is over at `steady`, on the clock of `boot`.
bool LeaseOver(const Session& session, const std::string& boot, absl::Duration steady);

}  // namespace expq::core
