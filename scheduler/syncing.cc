// One Sync: what the agent is doing against what it should be doing.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/attempts.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/transition.h"
#include "scheduler/impl.h"
#include "scheduler/results.h"

namespace expq::scheduler {
namespace {

using core::Entry;
using core::Session;
using core::SessionState;
using experiment::Assignment;
using experiment::AttemptReport;
using experiment::ExperimentId;
using experiment::OutcomeKind;
using experiment::State;
using experiment::SyncOrders;
using experiment::SyncReport;

// One pass over a report, within one transaction.
class Reconciliation {
 public:
  Reconciliation(Scheduler::Impl& impl, Books& books, const SyncReport& report, const Results& results, bool is_first)
      : impl_(impl), books_(books), report_(report), results_(results), is_first_(is_first) {}

  absl::StatusOr<SyncOrders> Run();
  // Whose success is in the books.
  const std::vector<ExperimentId>& recorded() const { return recorded_; }

 private:
  absl::Status Register();
  absl::Status SupersedeOlder();
  absl::Status LoadAll();
  absl::Status Reconcile(const AttemptReport& attempt);
  absl::Status AcceptOutcome(Entry& entry, const AttemptReport& attempt, const experiment::Outcome& outcome);
  absl::Status ReconcileUnlisted(Entry& entry);
  absl::Status Grant();
  absl::StatusOr<std::vector<Entry>> LoadCandidates(const experiment::Offer& available);
  absl::Status Count();
  absl::StatusOr<bool> AnyReady(const std::vector<store::Tally>& tallies);
  void Start(const Entry& entry);

  Scheduler::Impl& impl_;
  Books& books_;
  const SyncReport& report_;
  const Results& results_;
  const bool is_first_;  // not again after a wait: then the report is no news
  Session session_;
  std::map<ExperimentId, Entry> entries_;  // all that the report names, and all that the session holds
  SyncOrders orders_;
  std::vector<ExperimentId> recorded_;
};

absl::StatusOr<SyncOrders> Reconciliation::Run() {
  orders_.lease = impl_.options.lease;
  orders_.call_again = impl_.options.call_again;
  RETURN_IF_ERROR(Register());
  RETURN_IF_ERROR(impl_.EndLeases(books_, report_.session));
  RETURN_IF_ERROR(books_.Write());
  RETURN_IF_ERROR(LoadAll());
  std::set<ExperimentId> listed;
  for (const AttemptReport& attempt : report_.attempts) {
    RETURN_IF_ERROR(Reconcile(attempt));
    auto it = entries_.find(attempt.experiment);
    if (it != entries_.end() && it->second.attempt == attempt.attempt) listed.insert(attempt.experiment);
  }
  for (auto& [id, entry] : entries_) {
    bool held = entry.state == State::kRunning && entry.session == session_.id;
    if (held && !listed.contains(id)) RETURN_IF_ERROR(ReconcileUnlisted(entry));
  }
  RETURN_IF_ERROR(books_.Write());
  if (!session_.draining && !session_.drain_requested) RETURN_IF_ERROR(Grant());
  // Not again for a call that waits: a pass that finds nothing writes nothing, else waiting processes wake each other.
  if (is_first_ || !orders_.start.empty()) RETURN_IF_ERROR(books_.rows().Put(session_));
  RETURN_IF_ERROR(books_.Write());
  RETURN_IF_ERROR(Count());
  orders_.drain = session_.drain_requested;
  return std::move(orders_);
}

absl::Status Reconciliation::Register() {
  ASSIGN_OR_RETURN(std::optional<Session> known, books_.rows().FindSession(report_.session));
  if (known && known->state == SessionState::kSuperseded) {
    return absl::AbortedError(absl::StrCat("a newer process of agent '", report_.agent, "' took over from this one"));
  }
  if (known) session_ = *std::move(known);
  if (!is_first_) return absl::OkStatus();
  if (session_.id.empty()) RETURN_IF_ERROR(SupersedeOlder());
  session_.id = report_.session;
  session_.agent = report_.agent;
  session_.state = SessionState::kAlive;
  session_.draining = session_.draining || report_.draining;  // a late call must not take it back
  session_.boot = impl_.boot;
  session_.lease_until = impl_.clock.Steady() + impl_.options.lease;
  session_.last_seen = books_.now();
  session_.projects = report_.projects;
  session_.total = report_.total;
  session_.free = report_.free;
  return absl::OkStatus();
}

// A new process of an agent takes its name over. What the old one ran is lost, unless this one goes on with it: then
// its report says so, now or later.
absl::Status Reconciliation::SupersedeOlder() {
  ASSIGN_OR_RETURN(std::vector<Session> sessions, books_.rows().Sessions());
  for (Session& older : sessions) {
    if (older.agent != report_.agent || older.state == SessionState::kSuperseded) continue;
    ASSIGN_OR_RETURN(std::vector<Entry> held, books_.rows().LoadHeld(older.id));
    for (const Entry& entry : held) {
      ASSIGN_OR_RETURN(Entry after, core::DecideLeaseEnd(entry, books_.now()));
      bool adopted = std::ranges::any_of(report_.attempts, [&](const AttemptReport& a) {
        return a.experiment == entry.id && a.attempt == entry.attempt;
      });
      if (!adopted) books_.Change(entry, std::move(after), "lost", entry.agent);
    }
    older.state = SessionState::kSuperseded;
    older.last_seen = books_.now();
    RETURN_IF_ERROR(books_.rows().Put(older));
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::LoadAll() {
  ASSIGN_OR_RETURN(std::vector<Entry> held, books_.rows().LoadHeld(session_.id));
  for (Entry& entry : held) entries_.emplace(entry.id, std::move(entry));
  std::vector<ExperimentId> others;
  for (const AttemptReport& attempt : report_.attempts) {
    if (!entries_.contains(attempt.experiment)) others.push_back(attempt.experiment);
  }
  ASSIGN_OR_RETURN(std::vector<Entry> loaded, books_.rows().Load(others));
  for (Entry& entry : loaded) entries_.emplace(entry.id, std::move(entry));
  return absl::OkStatus();
}

absl::Status Reconciliation::Reconcile(const AttemptReport& attempt) {
  auto it = entries_.find(attempt.experiment);
  Entry* entry = it == entries_.end() ? nullptr : &it->second;
  core::Verdict verdict = core::DecideHolding(entry, attempt, session_.id, report_.agent);
  if (verdict == core::Verdict::kDrop) {
    orders_.drop.emplace_back(attempt.experiment, attempt.attempt);
    return absl::OkStatus();
  }
  const experiment::Outcome* outcome = results_.Acceptable(*entry, attempt);
  if (outcome != nullptr) return AcceptOutcome(*entry, attempt, *outcome);
  if (verdict == core::Verdict::kResume) {
    ASSIGN_OR_RETURN(Entry after,
                     core::Transition(*entry, core::Reappeared{.attempt = attempt.attempt, .session = session_.id}));
    books_.Change(*entry, after, "resumed", report_.agent);
    *entry = std::move(after);
  }
  if (is_first_ && entry->stage != attempt.stage && !attempt.outcome) {
    core::Progressed progressed{
        .attempt = attempt.attempt, .stage = attempt.stage, .params_json = "", .metrics_json = ""};
    ASSIGN_OR_RETURN(Entry after, core::Transition(*entry, progressed));
    books_.Change(*entry, after, "progress", attempt.stage);
    *entry = std::move(after);
  }
  if (entry->cancel_requested) orders_.cancel.emplace_back(entry->id, entry->attempt);
  return absl::OkStatus();
}

absl::Status Reconciliation::AcceptOutcome(Entry& entry, const AttemptReport& attempt,
                                           const experiment::Outcome& outcome) {
  ASSIGN_OR_RETURN(Entry after, core::DecideOutcome(entry, attempt.attempt, outcome, books_.now()));
  std::string detail = outcome.kind == OutcomeKind::kSucceeded ? outcome.revision.value : outcome.error;
  if (after.state == State::kSucceeded) recorded_.push_back(after.id);
  orders_.drop.emplace_back(entry.id, attempt.attempt);
  books_.Change(entry, after, WhatHappened(after), std::move(detail));
  entry = std::move(after);
  return absl::OkStatus();
}

// Granted, but the agent does not know: the reply was lost. It is told again, or it never starts.
absl::Status Reconciliation::ReconcileUnlisted(Entry& entry) {
  if (entry.cancel_requested) {
    experiment::Outcome outcome{.kind = OutcomeKind::kCancelled};
    ASSIGN_OR_RETURN(Entry after, core::DecideOutcome(entry, entry.attempt, outcome, books_.now()));
    books_.Change(entry, after, WhatHappened(after));
    entry = std::move(after);
  } else if (session_.draining) {
    ASSIGN_OR_RETURN(Entry after, core::Transition(entry, core::HandedBack{}));
    books_.Change(entry, after, WhatHappened(after), "handed back");
    entry = std::move(after);
  } else {
    Start(entry);
  }
  return absl::OkStatus();
}

void Reconciliation::Start(const Entry& entry) {
  orders_.start.push_back(Assignment{.experiment = entry, .attempt = entry.attempt, .gpu_ids = entry.gpu_ids});
}

// Of every kind of need that the agent could ever serve, the head of its queue: as many as could fit, or one, which
// may be what the agent is held for.
absl::StatusOr<std::vector<Entry>> Reconciliation::LoadCandidates(const experiment::Offer& available) {
  std::vector<Entry> candidates;
  ASSIGN_OR_RETURN(std::vector<store::Tally> tallies, books_.rows().Tallies());
  for (const store::Tally& tally : tallies) {
    if (tally.state != State::kQueued || !core::Serves(session_, tally.project)) continue;
    if (!Satisfies(session_.total, tally.need)) continue;
    int limit = Satisfies(available, tally.need) ? std::min(available.slots, core::kMaxGrants) : 1;
    ASSIGN_OR_RETURN(std::vector<Entry> head, books_.rows().LoadQueue(tally.project, tally.need, limit));
    std::ranges::move(head, std::back_inserter(candidates));
  }
  std::ranges::sort(candidates, core::Before);
  if (candidates.size() > core::kMaxGrants) candidates.resize(core::kMaxGrants);
  return candidates;
}

absl::Status Reconciliation::Grant() {
  std::vector<const Entry*> live;
  for (const auto& [id, entry] : entries_) {
    if (entry.state == State::kRunning && entry.session == session_.id) live.push_back(&entry);
  }
  core::GrantQuestion question{.agent = &session_, .available = core::Available(report_, live), .now = books_.now()};
  if (question.available.slots < 1) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<Entry> candidates, LoadCandidates(question.available));
  if (candidates.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(question.fleet, books_.rows().AliveSessions());
  question.queue = &candidates;
  core::GrantAnswer answer = core::DecideGrants(question);
  session_.free = std::move(answer.rest);
  for (core::Grant& grant : answer.grants) {
    const Entry& entry = candidates[grant.index];
    core::Granted granted{
        .session = session_.id, .agent = session_.agent, .gpu_ids = std::move(grant.gpu_ids), .at = books_.now()};
    ASSIGN_OR_RETURN(Entry after, core::Transition(entry, granted));
    Start(after);
    books_.Change(entry, std::move(after), "started", session_.agent);
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::Count() {
  ASSIGN_OR_RETURN(std::vector<store::Tally> tallies, books_.rows().Tallies());
  for (const store::Tally& tally : tallies) {
    if (core::IsFinished(tally.state) || !core::Serves(session_, tally.project)) continue;
    orders_.unfinished += tally.count;
    if (tally.state == State::kRunning) orders_.running += tally.count;
    if (tally.state == State::kQueued && Satisfies(session_.total, tally.need)) orders_.queued += tally.count;
  }
  if (orders_.running > 0 || orders_.queued == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(bool any_ready, AnyReady(tallies));
  if (!any_ready) orders_.queued = 0;
  return absl::OkStatus();
}

// When nothing runs, what waits for others will go on waiting: no end of a run can release it.
absl::StatusOr<bool> Reconciliation::AnyReady(const std::vector<store::Tally>& tallies) {
  for (const store::Tally& tally : tallies) {
    if (tally.state != State::kQueued || !core::Serves(session_, tally.project)) continue;
    if (!Satisfies(session_.total, tally.need)) continue;
    ASSIGN_OR_RETURN(std::vector<Entry> head, books_.rows().LoadQueue(tally.project, tally.need, 1));
    if (!head.empty()) return true;
  }
  return false;
}

bool HasNews(const SyncOrders& orders) {
  return !orders.start.empty() || !orders.cancel.empty() || !orders.drop.empty() || !orders.forget.empty() ||
         orders.drain;
}

absl::Status CheckReport(const SyncReport& report) {
  if (report.session.empty() || report.agent.empty()) {
    return absl::InvalidArgumentError("a report needs a session and the agent's name");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SyncOrders> Scheduler::Sync(const SyncReport& report) {
  RETURN_IF_ERROR(CheckReport(report));
  RETURN_IF_ERROR(impl_->RestOnce());
  Results results(impl_->store, impl_->records, impl_->blobs);
  RETURN_IF_ERROR(results.Publish(report));
  ASSIGN_OR_RETURN(const std::vector<ExperimentId> forget, impl_->strangers.FindRemoved(impl_->store, report.kept));
  // The lease runs while the call is held: nothing may be held so long that the next one comes too late.
  absl::Duration wait = std::min(report.wait, impl_->options.lease / 3);
  SyncOrders orders;
  std::vector<ExperimentId> recorded;
  for (bool is_first = true;; is_first = false) {
    Moment before = impl_->wakeups.Now();
    RETURN_IF_ERROR(impl_->Decide([&](Books& books) -> absl::Status {
      Reconciliation reconciliation(*impl_, books, report, results, is_first);
      ASSIGN_OR_RETURN(orders, reconciliation.Run());
      recorded = reconciliation.recorded();
      return absl::OkStatus();
    }));
    if (is_first) RETURN_IF_ERROR(results.DropUnwanted(recorded));
    orders.forget = forget;
    // That all is finished is news to who waits for it, not to an agent that asks again and again on an empty queue.
    bool has_ended = !is_first && orders.queued == 0 && orders.running == 0;
    if (HasNews(orders) || has_ended || !impl_->wakeups.Wait(before, wait)) return orders;
  }
}

absl::Status Scheduler::Impl::NoteProgress(Books& books, const std::vector<experiment::Progress>& progress) {
  for (const experiment::Progress& p : progress) {
    ASSIGN_OR_RETURN(std::vector<Entry> found, books.rows().Load({p.experiment}));
    if (found.empty()) continue;
    const Entry& entry = found.front();
    core::Progressed progressed{
        .attempt = p.attempt, .stage = p.stage, .params_json = p.params_json, .metrics_json = p.metrics_json};
    auto after = core::Transition(entry, progressed);
    if (!after.ok()) continue;  // of an older attempt: it changes nothing
    bool changed = after->stage != entry.stage || after->params_json != entry.params_json ||
                   after->metrics_json != entry.metrics_json;
    if (changed) books.Change(entry, *std::move(after), "progress", p.stage);
  }
  return absl::OkStatus();
}

}  // namespace expq::scheduler
