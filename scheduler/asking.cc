// What people ask: list, cancel, retry, remove, update.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/explain.h"
#include "scheduler/core/requests.h"
#include "scheduler/impl.h"
#include "scheduler/selection.h"

namespace expq::scheduler {
namespace {

using core::Entry;
using experiment::Experiment;
using experiment::Selection;
using experiment::State;

bool IsNotRunning(const Entry& entry) { return entry.state != State::kRunning; }

absl::StatusOr<std::vector<core::Dependency>> FindDependencies(store::Reader& rows, const Entry& entry) {
  std::vector<core::Dependency> dependencies;
  for (const auto& id : entry.after) {
    ASSIGN_OR_RETURN(std::vector<Entry> found, rows.Load({id}));
    if (found.empty()) {
      dependencies.push_back({.name = id.value, .exists = false, .state = {}});
    } else {
      dependencies.push_back({.name = found.front().name, .exists = true, .state = found.front().state});
    }
  }
  return dependencies;
}

// The ready ones of `entries`, in the order of the queue.
std::vector<core::Place> Places(const std::vector<Entry>& entries) {
  std::vector<core::Place> places;
  for (const Entry& entry : entries) {
    if (entry.state == State::kQueued && entry.ready) places.push_back(core::PlaceOf(entry));
  }
  std::ranges::sort(places);
  return places;
}

absl::Status ExplainAll(store::Reader& rows, const experiment::ListRequest& request, std::vector<Entry>& entries) {
  core::Surroundings around;
  ASSIGN_OR_RETURN(around.alive, rows.AliveSessions());
  std::vector<core::Place> queue;
  if (request.selectors.empty() && request.states.empty()) {
    queue = Places(entries);
  } else {
    ASSIGN_OR_RETURN(std::vector<Entry> queued, rows.LoadProject(request.project, {State::kQueued}));
    queue = Places(queued);
  }
  for (Entry& entry : entries) {
    if (entry.state != State::kQueued) continue;
    around.ahead = std::ranges::lower_bound(queue, core::PlaceOf(entry)) - queue.begin();
    ASSIGN_OR_RETURN(around.dependencies, FindDependencies(rows, entry));
    entry.waiting_because = core::Explain(entry, around);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Experiment>> Scheduler::List(const experiment::ListRequest& request) {
  std::vector<Entry> entries;
  RETURN_IF_ERROR(impl_->store.Read([&](store::Reader& rows) -> absl::Status {
    if (request.selectors.empty()) {
      ASSIGN_OR_RETURN(entries, rows.LoadProject(request.project, request.states));
    } else {
      ASSIGN_OR_RETURN(entries, ResolveAll(rows, request.project, request.selectors));
      std::erase_if(entries, [&](const Entry& e) {
        return !request.states.empty() && std::ranges::find(request.states, e.state) == request.states.end();
      });
    }
    return request.explain ? ExplainAll(rows, request, entries) : absl::OkStatus();
  }));
  return ForPeople(std::move(entries));
}

absl::StatusOr<std::vector<Experiment>> Scheduler::Cancel(const Selection& selection) {
  std::vector<Entry> cancelled;
  RETURN_IF_ERROR(impl_->Decide([&](Books& books) -> absl::Status {
    auto open = [](const Entry& e) { return !core::IsFinished(e.state); };
    ASSIGN_OR_RETURN(std::vector<Entry> entries, Select(books.rows(), selection, open));
    for (const Entry& entry : entries) {
      ASSIGN_OR_RETURN(Entry after, core::DecideCancel(entry, books.now()));
      cancelled.push_back(after);
      bool changed = after.state != entry.state || after.cancel_requested != entry.cancel_requested;
      if (!changed) continue;
      books.Change(entry, after, after.state == State::kCancelled ? "cancelled" : "cancelling");
    }
    return absl::OkStatus();
  }));
  return ForPeople(std::move(cancelled));
}

absl::StatusOr<std::vector<Experiment>> Scheduler::Retry(const Selection& selection) {
  std::vector<Entry> retried;
  RETURN_IF_ERROR(impl_->Decide([&](Books& books) -> absl::Status {
    auto fits = [&](const Entry& e) {
      return e.state == State::kFailed || (selection.all && e.state == State::kCancelled);
    };
    ASSIGN_OR_RETURN(std::vector<Entry> entries, Select(books.rows(), selection, fits));
    for (const Entry& entry : entries) {
      ASSIGN_OR_RETURN(Entry after, core::DecideRetry(entry));
      retried.push_back(after);
      books.Change(entry, std::move(after), "requeued", "retry");
    }
    return absl::OkStatus();
  }));
  return ForPeople(std::move(retried));
}

absl::StatusOr<std::vector<Experiment>> Scheduler::Remove(const Selection& selection) {
  std::vector<Entry> removed;
  std::vector<experiment::SubmissionId> emptied;
  RETURN_IF_ERROR(impl_->Decide([&](Books& books) -> absl::Status {
    ASSIGN_OR_RETURN(removed, Select(books.rows(), selection, IsNotRunning));
    std::set<experiment::SubmissionId> submissions;
    for (const Entry& entry : removed) {
      RETURN_IF_ERROR(core::DecideRemove(entry));
      submissions.insert(entry.submission);
      books.Tell(entry, "removed");
    }
    RETURN_IF_ERROR(books.rows().Delete(removed));
    ASSIGN_OR_RETURN(emptied, books.rows().DeleteEmpty({submissions.begin(), submissions.end()}));
    return absl::OkStatus();
  }));
  impl_->RemoveLogs(removed);
  std::vector<Experiment> experiments = ForPeople(std::move(removed));
  absl::Status forgotten = impl_->records.Forget(selection.project, experiments, emptied);
  if (!forgotten.ok()) return status::Annotate(forgotten, "removed from the queue, but their refs are still there");
  return experiments;
}

absl::StatusOr<Experiment> Scheduler::Update(const experiment::UpdateRequest& request) {
  // The result's ref moves in three steps: the new one is made, the row is changed, the old one is dropped. So a crash
  // in between leaves one ref too many, never one too few.
  std::optional<Experiment> old_result;
  if (request.name) {
    ASSIGN_OR_RETURN(old_result, impl_->PublishRenamed(request.project, request.selector, *request.name));
  }
  Entry after;
  absl::Status status = impl_->Decide([&](Books& books) -> absl::Status {
    ASSIGN_OR_RETURN(Entry entry, Resolve(books.rows(), request.project, request.selector));
    after = entry;
    if (request.name && *request.name != entry.name) {
      ASSIGN_OR_RETURN(std::vector<Entry> same,
                       books.rows().LoadKeys(request.project, {{.baseline = entry.baseline, .name = *request.name}}));
      ASSIGN_OR_RETURN(after, core::DecideRename(entry, *request.name, !same.empty()));
      RETURN_IF_ERROR(books.rows().Rename(after));
    }
    if (request.priority) {
      ASSIGN_OR_RETURN(after, core::DecidePriority(after, *request.priority));
    }
    for (const auto& [key, value] : request.properties) {
      if (value.empty()) {
        after.properties.erase(key);
      } else {
        after.properties[key] = value;
      }
    }
    books.Change(entry, after, "updated");
    return absl::OkStatus();
  });
  if (old_result) {
    if (!status.ok()) old_result->name = *request.name;  // it is the new ref that nobody wants
    absl::Status forgotten = impl_->records.Forget(request.project, {*old_result}, {});
    if (status.ok()) status = forgotten;
  }
  RETURN_IF_ERROR(status);
  return static_cast<Experiment>(after);
}

absl::StatusOr<std::optional<Experiment>> Scheduler::Impl::PublishRenamed(const experiment::ProjectName& project,
                                                                          const std::string& selector,
                                                                          const std::string& name) {
  Entry entry;
  bool taken = false;
  RETURN_IF_ERROR(store.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(entry, Resolve(rows, project, selector));
    ASSIGN_OR_RETURN(std::vector<Entry> same, rows.LoadKeys(project, {{.baseline = entry.baseline, .name = name}}));
    taken = !same.empty();
    return absl::OkStatus();
  }));
  if (name == entry.name) return std::nullopt;
  taken = taken || records.ResultExists(project, entry.baseline, name);
  ASSIGN_OR_RETURN(Entry renamed, core::DecideRename(entry, name, taken));
  if (entry.state != State::kSucceeded) return std::nullopt;
  RETURN_IF_ERROR(records.PublishResult(renamed, /*replace=*/false));
  return static_cast<Experiment>(entry);
}

}  // namespace expq::scheduler
