#include "scheduler/core/attempts.h"

#include <utility>

#include "scheduler/core/transition.h"

namespace expq::core {

using experiment::State;

bool AcceptsOutcome(const Entry& entry, int attempt) {
  return attempt == entry.attempt &&
         (entry.state == State::kRunning || (entry.state == State::kQueued && entry.suspect));
}

Verdict DecideHolding(const Entry* entry, const experiment::AttemptReport& report, const experiment::SessionId& session,
                      const std::string& agent) {
  if (entry == nullptr || !AcceptsOutcome(*entry, report.attempt)) return Verdict::kDrop;
  // Only a newer process of the same agent can have what an older one started.
  if (entry->agent != agent) return Verdict::kDrop;
  return entry->state == State::kRunning && entry->session == session ? Verdict::kGoOn : Verdict::kResume;
}

absl::StatusOr<Entry> DecideOutcome(Entry entry, int attempt, const experiment::Outcome& outcome, absl::Time now) {
  return Transition(std::move(entry), OutcomeAccepted{.attempt = attempt, .outcome = outcome, .at = now});
}

absl::StatusOr<Entry> DecideLeaseEnd(Entry entry, absl::Time now) {
  return Transition(std::move(entry), LeaseEnded{.at = now});
}

bool LeaseOver(const Session& session, const std::string& boot, absl::Duration steady) {
  return session.state == SessionState::kAlive && session.boot == boot && session.lease_until < steady;
}

}  // namespace expq::core
