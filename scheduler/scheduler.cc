#include "scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/names.h"
#include "scheduler/impl.h"

namespace expq::scheduler {

using core::Entry;
using core::Session;
using experiment::Event;
using experiment::Experiment;

Scheduler::Scheduler(store::Store& store, clock::Clock& clock, random::Random& /*random*/, experiment::Records& records,
                     blob::BlobStore& blobs, Options options)
    : impl_(std::make_unique<Impl>(store, clock, records, blobs, std::move(options))) {}

Scheduler::~Scheduler() = default;

void Scheduler::Stop() { impl_->wakeups.Stop(); }

absl::Status Scheduler::Impl::Decide(absl::FunctionRef<absl::Status(Books&)> decision) {
  bool told = false;
  RETURN_IF_ERROR(store.Transact([&](store::Transaction& rows) -> absl::Status {
    Books books(rows, clock.Now());
    RETURN_IF_ERROR(decision(books));
    RETURN_IF_ERROR(books.Write());
    told = books.told();
    return absl::OkStatus();
  }));
  if (told) wakeups.Notify();
  return absl::OkStatus();
}

std::vector<Experiment> ForPeople(std::vector<Entry> entries) {
  return {std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end())};
}

absl::StatusOr<std::vector<Event>> Scheduler::Watch(const experiment::ProjectName& project, int64_t after,
                                                    absl::Duration timeout) {
  std::vector<Event> events;
  while (true) {
    Moment before = impl_->wakeups.Now();
    RETURN_IF_ERROR(impl_->store.Read([&](store::Reader& rows) -> absl::Status {
      ASSIGN_OR_RETURN(events, rows.Events(project, after, core::kMaxEvents));
      return absl::OkStatus();
    }));
    if (!events.empty() || !impl_->wakeups.Wait(before, timeout)) return events;
  }
}

absl::Status Scheduler::ReportProgress(const std::vector<experiment::Progress>& progress) {
  return impl_->Decide([&](Books& books) { return impl_->NoteProgress(books, progress); });
}

absl::Status Scheduler::Drain(const std::string& agent) {
  return impl_->Decide([&](Books& books) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Session> sessions, books.rows().AliveSessions());
    std::vector<std::string> names;
    for (Session& session : sessions) {
      names.push_back(session.agent);
      if (session.agent != agent) continue;
      session.drain_requested = true;
      RETURN_IF_ERROR(books.rows().Put(session));
      // An event of no experiment: it wakes the agent's own waiting call.
      books.Tell(Entry{}, "draining", agent);
      return absl::OkStatus();
    }
    auto near = core::NearName(agent, names);
    return status::WithHint(absl::NotFoundError(absl::StrCat("no agent '", agent, "' is alive")),
                            near ? absl::StrCat("did you mean '", *near, "'?") : "expq agents lists them");
  });
}

}  // namespace expq::scheduler
