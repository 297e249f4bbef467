#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/submit.h"
#include "scheduler/impl.h"

namespace expq::scheduler {
namespace {

using core::Entry;
using experiment::CommitId;
using experiment::Experiment;
using experiment::ExperimentId;
using experiment::State;
using experiment::Submission;
using experiment::SubmitRequest;
using Pairs = std::vector<std::pair<ExperimentId, ExperimentId>>;

absl::StatusOr<core::Taken> FindTaken(store::Reader& rows, const SubmitRequest& request) {
  core::Taken taken;
  std::vector<store::NameKey> keys;
  std::vector<ExperimentId> ids;
  for (const Experiment& e : request.experiments) {
    keys.push_back({.baseline = e.baseline, .name = e.name});
    ids.push_back(e.id);
  }
  ASSIGN_OR_RETURN(taken.entries, rows.LoadKeys(request.project, keys));
  ASSIGN_OR_RETURN(std::vector<Entry> same_id, rows.Load(ids));
  for (const Entry& entry : same_id) taken.ids.push_back(entry.id);
  return taken;
}

// Names of results that the books know nothing of, DVC's own for example.
std::vector<std::string> FindResults(experiment::Records& records, const SubmitRequest& request) {
  std::map<CommitId, std::vector<std::string>> by_baseline;
  for (const Experiment& e : request.experiments) by_baseline[e.baseline].push_back(e.name);
  std::vector<std::string> results;
  for (const auto& [baseline, names] : by_baseline) {
    std::ranges::move(records.ExistingResults(request.project, baseline, names), std::back_inserter(results));
  }
  return results;
}

// Marks those that have to wait; returns who waits for whom (parent, child).
absl::StatusOr<Pairs> FindBlocked(store::Reader& rows, std::vector<Entry>& queued) {
  Pairs blocked;
  std::set<ExperimentId> earlier;
  for (Entry& entry : queued) {
    for (const ExperimentId& parent : entry.after) {
      bool open = earlier.contains(parent);
      if (!open) {
        ASSIGN_OR_RETURN(std::vector<Entry> found, rows.Load({parent}));
        if (found.empty() || found.front().project != entry.project) {
          return absl::NotFoundError(
              absl::StrCat("experiment '", entry.name, "' waits for ", parent.value, ", which does not exist"));
        }
        open = found.front().state != State::kSucceeded;
      }
      if (!open) continue;
      entry.ready = false;
      blocked.emplace_back(parent, entry.id);
    }
    earlier.insert(entry.id);
  }
  return blocked;
}

absl::StatusOr<std::optional<Submission>> FindRepeated(store::Reader& rows, const SubmitRequest& request) {
  ASSIGN_OR_RETURN(std::optional<store::SubmissionRow> row, rows.FindSubmission(request.id));
  if (!row) return std::nullopt;
  if (row->project != request.project || row->commit != request.commit) {
    return absl::AlreadyExistsError(
        absl::StrCat("submission ", request.id.value, " exists already, with other content"));
  }
  ASSIGN_OR_RETURN(std::vector<Entry> entries, rows.LoadSubmission(request.id));
  return Submission{.id = request.id, .commit = request.commit, .experiments = ForPeople(std::move(entries))};
}

struct Written {
  std::vector<Entry> queued;
  std::vector<Entry> replaced;
  std::vector<experiment::SubmissionId> emptied;
};

absl::Status Write(Books& books, const SubmitRequest& request, Written& written) {
  ASSIGN_OR_RETURN(Pairs blocked, FindBlocked(books.rows(), written.queued));
  std::set<experiment::SubmissionId> submissions;
  for (const Entry& entry : written.replaced) {
    submissions.insert(entry.submission);
    books.Tell(entry, "replaced");
  }
  RETURN_IF_ERROR(books.rows().Delete(written.replaced));
  RETURN_IF_ERROR(books.rows().Insert(store::SubmissionRow{
      .id = request.id, .project = request.project, .commit = request.commit, .created = books.now()}));
  RETURN_IF_ERROR(books.rows().Insert(written.queued));
  RETURN_IF_ERROR(books.rows().Block(blocked));
  ASSIGN_OR_RETURN(written.emptied, books.rows().DeleteEmpty({submissions.begin(), submissions.end()}));
  for (const Entry& entry : written.queued) books.Tell(entry, "submitted");
  return absl::OkStatus();
}

}  // namespace

// Looks first, so that a refused submit leaves no ref behind; then the ref; then the rows, looking again.
absl::StatusOr<Submission> Scheduler::Submit(const SubmitRequest& request) {
  RETURN_IF_ERROR(core::CheckSubmit(request));
  std::optional<Submission> repeated;
  std::vector<std::string> results;
  auto look = [&](store::Reader& rows) -> absl::StatusOr<core::SubmitDecision> {
    ASSIGN_OR_RETURN(core::Taken taken, FindTaken(rows, request));
    taken.results = results;
    return core::DecideSubmit(request, taken, impl_->clock.Now());
  };
  RETURN_IF_ERROR(impl_->store.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(repeated, FindRepeated(rows, request));
    return repeated ? absl::OkStatus() : look(rows).status();
  }));
  if (repeated) return *std::move(repeated);
  if (!request.force) results = FindResults(impl_->records, request);
  if (!impl_->records.HasCommit(request.project, request.commit)) {
    return absl::FailedPreconditionError(absl::StrCat("commit ", request.commit.value, " is not here yet"));
  }
  if (!results.empty()) RETURN_IF_ERROR(impl_->store.Read([&](store::Reader& rows) { return look(rows).status(); }));
  RETURN_IF_ERROR(impl_->records.PublishSubmission(request.project, request.id, request.commit));

  Written written;
  absl::Status status = impl_->Decide([&](Books& books) -> absl::Status {
    ASSIGN_OR_RETURN(repeated, FindRepeated(books.rows(), request));
    if (repeated) return absl::OkStatus();
    ASSIGN_OR_RETURN(core::SubmitDecision decision, look(books.rows()));
    written = {.queued = std::move(decision.queued), .replaced = std::move(decision.replaced), .emptied = {}};
    return Write(books, request, written);
  });
  if (!status.ok()) {
    // Unavailable may be repeated with the same id, and needs the ref again; else nobody will ask for it.
    if (!absl::IsUnavailable(status)) impl_->records.Forget(request.project, {}, {request.id}).IgnoreError();
    return status;
  }
  if (repeated) return *std::move(repeated);
  impl_->RemoveLogs(written.replaced);
  if (!written.emptied.empty()) RETURN_IF_ERROR(impl_->records.Forget(request.project, {}, written.emptied));
  return Submission{.id = request.id, .commit = request.commit, .experiments = ForPeople(std::move(written.queued))};
}

}  // namespace expq::scheduler
