#include "scheduler/results.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "scheduler/core/attempts.h"

namespace expq::scheduler {

using core::Entry;
using experiment::AttemptReport;
using experiment::Experiment;
using experiment::ExperimentId;
using experiment::Outcome;
using experiment::OutcomeKind;
using experiment::State;

bool Results::IsComplete(const Entry& entry, const Outcome& outcome) {
  std::string who = absl::StrCat("result of '", entry.name, "' attempt ", entry.attempt);
  if (!records_.HasCommit(entry.project, outcome.revision)) {
    log::Warning(absl::StrCat(who, ": commit ", outcome.revision.value, " is not here yet"));
    return false;
  }
  if (outcome.blobs.empty()) return true;
  auto missing = blobs_.Missing(entry.project, outcome.blobs);
  if (!missing.ok()) {
    log::Warning(absl::StrCat(who, ": ", missing.status().message()));
    return false;
  }
  if (missing->empty()) return true;
  log::Warning(
      absl::StrCat(who, ": ", missing->size(), " blobs are not here yet, ", missing->front().text(), " first"));
  return false;
}

absl::Status Results::Publish(const experiment::SyncReport& report) {
  std::vector<ExperimentId> ids;
  std::map<ExperimentId, const AttemptReport*> reports;
  for (const AttemptReport& attempt : report.attempts) {
    if (!attempt.outcome || attempt.outcome->kind != OutcomeKind::kSucceeded) continue;
    ids.push_back(attempt.experiment);
    reports[attempt.experiment] = &attempt;
  }
  if (ids.empty()) return absl::OkStatus();
  std::vector<Entry> entries;
  RETURN_IF_ERROR(store_.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(entries, rows.Load(ids));
    return absl::OkStatus();
  }));
  for (Entry& entry : entries) {
    const AttemptReport& attempt = *reports[entry.id];
    auto verdict = core::DecideHolding(&entry, attempt, report.session, report.agent);
    if (verdict == core::Verdict::kDrop || entry.cancel_requested) continue;
    Outcome outcome = *attempt.outcome;
    if (!IsComplete(entry, outcome)) continue;
    entry.revision = outcome.revision;
    // From the second attempt on, what has this name may be its own, from an attempt whose row was never written.
    absl::Status status = records_.PublishResult(entry, entry.force_name || entry.attempt > 1);
    if (absl::IsAlreadyExists(status)) {
      outcome = Outcome{.kind = OutcomeKind::kFailed, .cause = experiment::Cause::kInfrastructure};
      outcome.error = absl::StrCat("another result is named '", entry.name, "'; this one, ", entry.revision.value,
                                   ", was not published");
      outcome.params_json = attempt.outcome->params_json;
      outcome.metrics_json = attempt.outcome->metrics_json;
      outcome.workspace = attempt.outcome->workspace;
    } else if (!status.ok()) {
      log::Warning(absl::StrCat("result of '", entry.name, "': ", status.message()));
      continue;
    } else {
      published_.push_back(std::move(entry));
    }
    ready_.emplace(std::pair(attempt.experiment, attempt.attempt), std::move(outcome));
  }
  return absl::OkStatus();
}

const Outcome* Results::Acceptable(const Entry& entry, const AttemptReport& report) const {
  if (!report.outcome) return nullptr;
  // A cancelled one needs no result.
  if (report.outcome->kind != OutcomeKind::kSucceeded || entry.cancel_requested) return &*report.outcome;
  auto it = ready_.find({report.experiment, report.attempt});
  return it == ready_.end() ? nullptr : &it->second;
}

absl::Status Results::DropUnwanted(const std::vector<ExperimentId>& recorded) {
  std::set<ExperimentId> wanted_now(recorded.begin(), recorded.end());
  std::erase_if(published_, [&](const Experiment& e) { return wanted_now.contains(e.id); });
  if (published_.empty()) return absl::OkStatus();
  std::vector<ExperimentId> ids;
  for (const Experiment& e : published_) ids.push_back(e.id);
  std::vector<Entry> entries;
  RETURN_IF_ERROR(store_.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(entries, rows.Load(ids));
    return absl::OkStatus();
  }));
  std::map<ExperimentId, const Entry*> by_id;
  for (const Entry& entry : entries) by_id[entry.id] = &entry;
  for (const Experiment& e : published_) {
    auto it = by_id.find(e.id);
    bool wanted = it != by_id.end() && it->second->state == State::kSucceeded && it->second->revision == e.revision;
    if (!wanted) RETURN_IF_ERROR(records_.Forget(e.project, {e}, {}));
  }
  return absl::OkStatus();
}

}  // namespace expq::scheduler
