// Submissions that only their refs remember: after a crash between ref and rows, or when the books are made anew.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/import.h"
#include "scheduler/impl.h"

namespace expq::scheduler {
namespace {

using core::Entry;
using core::Recorded;
using experiment::Experiment;
using experiment::ExperimentId;
using experiment::State;
using experiment::SubmissionId;
using Pairs = std::vector<std::pair<ExperimentId, ExperimentId>>;

absl::StatusOr<bool> IsKnown(store::Reader& rows, const SubmissionId& id) {
  ASSIGN_OR_RETURN(const std::optional<store::SubmissionRow> row, rows.FindSubmission(id));
  return row.has_value();
}

// True when the books told of it once: then it was removed, and only its ref was left. They tell of all of its
// experiments at once, so one stands for all.
absl::StatusOr<bool> WasRemoved(store::Reader& rows, const Recorded& recorded) {
  if (recorded.experiments.empty()) return false;
  return rows.Remembers(recorded.experiments.front().id);
}

absl::StatusOr<std::vector<Entry>> FindThere(store::Reader& rows, const experiment::ProjectName& project,
                                             const std::vector<Recorded>& recorded) {
  std::vector<store::NameKey> keys;
  std::vector<ExperimentId> ids;
  for (const Recorded& r : recorded) {
    for (const Experiment& e : r.experiments) {
      keys.push_back({.baseline = e.baseline, .name = e.name});
      ids.push_back(e.id);
    }
  }
  ASSIGN_OR_RETURN(std::vector<Entry> there, rows.LoadKeys(project, keys));
  ASSIGN_OR_RETURN(std::vector<Entry> same_id, rows.Load(ids));
  std::ranges::move(same_id, std::back_inserter(there));
  return there;
}

// Marks those that have to wait; returns who waits for whom (parent, child). A parent that was removed is waited for,
// as it is when it is removed later.
absl::StatusOr<Pairs> FindBlocked(store::Reader& rows, core::ImportDecision& decision) {
  std::map<ExperimentId, State> states;
  for (const auto& submission : decision.submissions) {
    for (const Entry& entry : submission.entries) states[entry.id] = entry.state;
  }
  Pairs blocked;
  for (auto& submission : decision.submissions) {
    for (Entry& entry : submission.entries) {
      if (entry.state != State::kQueued) continue;
      for (const ExperimentId& parent : entry.after) {
        if (!states.contains(parent)) {
          ASSIGN_OR_RETURN(std::vector<Entry> found, rows.Load({parent}));
          states[parent] = found.empty() ? State::kQueued : found.front().state;
        }
        if (states[parent] == State::kSucceeded) continue;
        entry.ready = false;
        blocked.emplace_back(parent, entry.id);
      }
    }
  }
  return blocked;
}

absl::Status Write(Books& books, const experiment::ProjectName& project, core::ImportDecision& decision,
                   Imported& imported) {
  ASSIGN_OR_RETURN(Pairs blocked, FindBlocked(books.rows(), decision));
  for (auto& submission : decision.submissions) {
    if (submission.entries.empty()) continue;
    RETURN_IF_ERROR(books.rows().Insert(store::SubmissionRow{
        .id = submission.id, .project = project, .commit = submission.commit, .created = submission.created}));
    RETURN_IF_ERROR(books.rows().Insert(submission.entries));
    for (const Entry& entry : submission.entries) {
      books.Tell(entry, "submitted", "imported");
      if (entry.state == State::kSucceeded) books.Tell(entry, "succeeded", "imported");
      (entry.state == State::kSucceeded ? imported.succeeded : imported.queued) += 1;
    }
  }
  return books.rows().Block(blocked);
}

}  // namespace

absl::StatusOr<std::vector<SubmissionId>> Scheduler::Unknown(const std::vector<SubmissionId>& ids) {
  std::vector<SubmissionId> unknown;
  RETURN_IF_ERROR(impl_->store.Read([&](store::Reader& rows) -> absl::Status {
    for (const SubmissionId& id : ids) {
      ASSIGN_OR_RETURN(const bool known, IsKnown(rows, id));
      if (!known) unknown.push_back(id);
    }
    return absl::OkStatus();
  }));
  return unknown;
}

// An attempt leaves a log. The next one's number must be larger than any that an agent may still hold.
int Scheduler::Impl::LastLoggedAttempt(const ExperimentId& id) const {
  int last = 0;
  const auto attempts = fs.List(logs.ExperimentDir(id));
  if (!attempts.ok()) return 0;
  for (const fs::DirEntry& entry : *attempts) {
    int number = 0;
    if (absl::SimpleAtoi(entry.name, &number)) last = std::max(last, number);
  }
  return last;
}

absl::StatusOr<Imported> Scheduler::Import(const experiment::ProjectName& project, std::vector<Recorded> recorded) {
  for (Recorded& r : recorded) {
    for (Experiment& e : r.experiments) e.attempt = impl_->LastLoggedAttempt(e.id);
  }
  Imported imported;
  std::vector<SubmissionId> removed;
  RETURN_IF_ERROR(impl_->Decide([&](Books& books) -> absl::Status {
    // Looked at in the transaction: somebody may be submitting one of them, or have removed it, this very moment.
    std::vector<Recorded> unknown;
    for (Recorded& r : recorded) {
      ASSIGN_OR_RETURN(const bool known, IsKnown(books.rows(), r.id));
      if (known) continue;
      ASSIGN_OR_RETURN(const bool was_removed, WasRemoved(books.rows(), r));
      if (was_removed) {
        removed.push_back(r.id);
      } else {
        unknown.push_back(std::move(r));
      }
    }
    ASSIGN_OR_RETURN(std::vector<Entry> there, FindThere(books.rows(), project, unknown));
    core::ImportDecision decision = core::DecideImport(project, std::move(unknown), there);
    imported.skipped = std::move(decision.skipped);
    return Write(books, project, decision, imported);
  }));
  if (!removed.empty()) RETURN_IF_ERROR(impl_->records.Forget(project, {}, removed));
  return imported;
}

}  // namespace expq::scheduler
