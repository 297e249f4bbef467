#include "scheduler/core/submit.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/names.h"

namespace expq::core {
namespace {

using experiment::Experiment;
using experiment::SubmitRequest;

constexpr size_t kIdLength = 16;

bool IsId(absl::string_view id) { return id.size() == kIdLength && LooksLikeHex(id); }

absl::Status CheckExperiment(const Experiment& e) {
  if (!IsId(e.id.value)) return absl::InvalidArgumentError(absl::StrCat("bad experiment id '", e.id.value, "'"));
  RETURN_IF_ERROR(CheckName(e.name));
  if (e.need.cpus < 0 || e.need.memory < 0 || e.need.gpus < 0) {
    return absl::InvalidArgumentError(absl::StrCat("experiment '", e.name, "' asks for a negative resource"));
  }
  if (e.retries < 0) return absl::InvalidArgumentError(absl::StrCat("experiment '", e.name, "': retries below 0"));
  if (e.timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("experiment '", e.name, "': a timeout must be above 0"));
  }
  return absl::OkStatus();
}

absl::Status NameTaken(const std::string& name, absl::string_view state, bool finished) {
  auto status = absl::AlreadyExistsError(absl::StrCat("experiment '", name, "' exists already: ", state));
  return status::WithHint(status,
                          finished ? "-f replaces a finished one; -n gives another name" : "-n gives another name");
}

Entry Queued(const Experiment& wanted, const SubmitRequest& request, absl::Time now) {
  Entry entry;
  static_cast<Experiment&>(entry) = wanted;
  entry.project = request.project;
  entry.submission = request.id;
  entry.snapshot = request.commit;
  entry.force_name = wanted.force_name || request.force;
  entry.state = experiment::State::kQueued;
  entry.attempt = entry.losses = entry.failures = 0;
  entry.cancel_requested = false;
  entry.cause = experiment::Cause::kNone;
  entry.agent.clear();
  entry.stage.clear();
  entry.error.clear();
  entry.workspace.clear();
  entry.revision = {};
  entry.created = now;
  entry.started = entry.finished = absl::InfinitePast();
  entry.waiting_because.clear();
  return entry;
}

}  // namespace

absl::Status CheckSubmit(const SubmitRequest& request) {
  if (request.project.empty()) return absl::InvalidArgumentError("a submission needs a project");
  if (!IsId(request.id.value))
    return absl::InvalidArgumentError(absl::StrCat("bad submission id '", request.id.value, "'"));
  if (request.experiments.empty()) return absl::InvalidArgumentError("a submission needs an experiment");
  if (request.experiments.size() > kMaxExperiments) {
    return absl::ResourceExhaustedError(
        absl::StrCat(request.experiments.size(), " experiments in one submission; the limit is ", kMaxExperiments));
  }
  std::set<std::pair<absl::string_view, absl::string_view>> names;
  std::set<absl::string_view> ids;
  for (const Experiment& e : request.experiments) {
    RETURN_IF_ERROR(CheckExperiment(e));
    if (!names.emplace(e.baseline.value, e.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("two experiments are named '", e.name, "'"));
    }
    if (!ids.insert(e.id.value).second) {
      return absl::InvalidArgumentError(absl::StrCat("two experiments have the id ", e.id.value));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SubmitDecision> DecideSubmit(const SubmitRequest& request, const Taken& taken, absl::Time now) {
  if (!taken.ids.empty()) {
    return absl::AlreadyExistsError(absl::StrCat("experiment id ", taken.ids.front().value, " exists already"));
  }
  SubmitDecision decision;
  for (const Entry& entry : taken.entries) {
    bool finished = IsFinished(entry.state);
    if (!finished || !request.force) return NameTaken(entry.name, Name(entry.state), finished);
    decision.replaced.push_back(entry);
  }
  if (!taken.results.empty() && !request.force) {
    return NameTaken(taken.results.front(), "a result has that name", true);
  }
  decision.queued.reserve(request.experiments.size());
  for (const Experiment& e : request.experiments) decision.queued.push_back(Queued(e, request, now));
  return decision;
}

}  // namespace expq::core
