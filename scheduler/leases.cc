#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "scheduler/core/attempts.h"
#include "scheduler/core/limits.h"
#include "scheduler/impl.h"

namespace expq::scheduler {

using core::Entry;
using core::Session;
using core::SessionState;

absl::Status Scheduler::Impl::EndLease(Books& books, Session session, bool process_gone) {
  ASSIGN_OR_RETURN(std::vector<Entry> held, books.rows().LoadHeld(session.id));
  for (const Entry& entry : held) {
    ASSIGN_OR_RETURN(Entry after, core::DecideLeaseEnd(entry, books.now()));
    books.Change(entry, std::move(after), "lost", entry.agent);
  }
  bool in_order = held.empty() && (session.draining || process_gone);
  session.state = in_order ? SessionState::kGone : SessionState::kLost;
  return books.rows().Put(session);
}

absl::Status Scheduler::Impl::EndLeases(Books& books, const experiment::SessionId& but) {
  const absl::Duration steady = clock.Steady();
  ASSIGN_OR_RETURN(std::vector<Session> due,
                   options.session_alive ? books.rows().AliveSessions() : books.rows().DueSessions(boot, steady));
  for (Session& session : due) {
    if (session.id == but) continue;
    bool process_gone = options.session_alive && !options.session_alive(session.id);
    if (process_gone || core::LeaseOver(session, boot, steady)) {
      RETURN_IF_ERROR(EndLease(books, std::move(session), process_gone));
    } else if (session.boot != boot) {
      // Its deadline is on a clock that is gone: begin anew.
      session.boot = boot;
      session.lease_until = steady + 2 * options.lease;
      RETURN_IF_ERROR(books.rows().Put(session));
    }
  }
  return absl::OkStatus();
}

absl::Status Scheduler::Impl::RestOnce() {
  sync::MutexLock lock(rest_mutex);
  if (rested) return absl::OkStatus();
  RETURN_IF_ERROR(Decide([&](Books& books) { return Rest(books); }));
  rested = true;
  return absl::OkStatus();
}

absl::Status Scheduler::Impl::Rest(Books& books) {
  const bool sole_owner = options.poll == absl::InfiniteDuration();
  ASSIGN_OR_RETURN(std::vector<Session> sessions, books.rows().Sessions());
  for (Session& session : sessions) {
    if (session.state == SessionState::kAlive) {
      // Where others share the store, agents were heard all the while.
      if (!sole_owner) continue;
      absl::Duration until = clock.Steady() + 2 * options.lease;
      session.lease_until = session.boot == boot ? std::max(session.lease_until, until) : until;
      session.boot = boot;
      RETURN_IF_ERROR(books.rows().Put(session));
    } else if (books.now() - session.last_seen > core::kForgetSessionAfter) {
      RETURN_IF_ERROR(books.rows().Delete(session.id));
    }
  }
  return absl::OkStatus();
}

absl::Status Scheduler::Tick() {
  RETURN_IF_ERROR(impl_->RestOnce());
  return impl_->Decide([&](Books& books) { return impl_->EndLeases(books, {}); });
}

absl::StatusOr<std::vector<experiment::AgentInfo>> Scheduler::Agents() {
  std::vector<experiment::AgentInfo> agents;
  const absl::Duration steady = impl_->clock.Steady();
  absl::Status status = impl_->store.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Session> sessions, rows.Sessions());
    for (const Session& session : sessions) {
      if (session.state == SessionState::kSuperseded) continue;
      if (session.state == SessionState::kGone && impl_->clock.Now() - session.last_seen > core::kShowGoneFor) continue;
      experiment::AgentInfo info;
      info.name = session.agent;
      info.session = session.id;
      bool over = core::LeaseOver(session, impl_->boot, steady);
      if (session.state == SessionState::kGone) {
        info.state = "gone";
      } else if (session.state == SessionState::kLost || over) {
        info.state = "lost";
      } else {
        info.state = session.draining || session.drain_requested ? "draining" : "alive";
      }
      info.last_seen = session.last_seen;
      info.total = session.total;
      info.free = session.free;
      ASSIGN_OR_RETURN(std::vector<Entry> held, rows.LoadHeld(session.id));
      for (const Entry& entry : held) {
        info.running.push_back(entry.id);
        info.running_names.push_back(entry.name);
      }
      agents.push_back(std::move(info));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return agents;
}

}  // namespace expq::scheduler
