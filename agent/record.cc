#include "agent/record.h"

#include <utility>

#include "common/params/params.h"
#include "common/status/status.h"
#include "common/submission/fields.h"
#include "common/submission/run_options.h"
#include "common/value/value.h"

namespace expq::agent {
namespace {

using experiment::Assignment;
using experiment::Experiment;
using experiment::Outcome;
using value::List;
using value::Map;
using value::Value;

// What an attempt reads of its experiment; the rest is the scheduler's.
Value EncodeExperiment(const Experiment& experiment) {
  Map map;
  map.Set("id", experiment.id.value);
  map.Set("project", experiment.project.value);
  map.Set("submission", experiment.submission.value);
  map.Set("name", experiment.name);
  map.Set("message", experiment.message);
  map.Set("baseline", experiment.baseline.value);
  map.Set("snapshot", experiment.snapshot.value);
  map.Set("overrides", submission::TextsJson(experiment.overrides));
  map.Set("options", submission::OptionsJson(experiment.options));
  map.Set("need", submission::NeedJson(experiment.need));
  map.Set("retries", experiment.retries);
  map.Set("failures", experiment.failures);
  if (experiment.timeout < absl::InfiniteDuration()) {
    map.Set("timeout_ms", absl::ToInt64Milliseconds(experiment.timeout));
  }
  return map;
}

void ReadExperiment(submission::Fields& in, Experiment* experiment) {
  in.Needed("id", &experiment->id.value);
  in.Text("project", &experiment->project.value);
  in.Text("submission", &experiment->submission.value);
  in.Text("name", &experiment->name);
  in.Text("message", &experiment->message);
  in.Text("baseline", &experiment->baseline.value);
  in.Needed("snapshot", &experiment->snapshot.value);
  in.Texts("overrides", &experiment->overrides);
  in.Within("options", [&](submission::Fields& options) { submission::ReadOptions(options, &experiment->options); });
  in.Within("need", [&](submission::Fields& need) { submission::ReadNeed(need, &experiment->need); });
  in.Number("retries", &experiment->retries);
  in.Number("failures", &experiment->failures);
  int64_t timeout_ms = -1;
  in.Number("timeout_ms", &timeout_ms);
  if (timeout_ms >= 0) experiment->timeout = absl::Milliseconds(timeout_ms);
}

}  // namespace

std::string EncodeAssignment(const Assignment& assignment) {
  Map map;
  map.Set("experiment", EncodeExperiment(assignment.experiment));
  map.Set("attempt", assignment.attempt);
  map.Set("gpu_ids", submission::TextsJson(assignment.gpu_ids));
  return value::ToJson(map) + "\n";
}

absl::StatusOr<Assignment> DecodeAssignment(absl::string_view text) {
  ASSIGN_OR_RETURN(Value value, params::ParseJson(text, "assignment"));
  submission::Fields in(value, "assignment");
  Assignment assignment;
  in.Within("experiment", [&](submission::Fields& inner) { ReadExperiment(inner, &assignment.experiment); });
  in.Number("attempt", &assignment.attempt);
  in.Texts("gpu_ids", &assignment.gpu_ids);
  RETURN_IF_ERROR(in.status());
  if (assignment.experiment.id.empty() || assignment.experiment.snapshot.empty() || assignment.attempt < 1) {
    return absl::DataLossError("assignment: incomplete");
  }
  return assignment;
}

std::string EncodeOutcome(const Outcome& outcome) {
  Map map;
  map.Set("kind", experiment::Name(outcome.kind));
  map.Set("cause", experiment::Name(outcome.cause));
  map.Set("error", outcome.error);
  map.Set("stage", outcome.stage);
  map.Set("revision", outcome.revision.value);
  List blobs;
  for (const digest::Digest& blob : outcome.blobs) blobs.emplace_back(blob.text());
  map.Set("blobs", std::move(blobs));
  map.Set("params", outcome.params_json);
  map.Set("metrics", outcome.metrics_json);
  map.Set("workspace", outcome.workspace);
  return value::ToJson(map) + "\n";
}

absl::StatusOr<Outcome> DecodeOutcome(absl::string_view text) {
  ASSIGN_OR_RETURN(Value value, params::ParseJson(text, "outcome"));
  submission::Fields in(value, "outcome");
  std::string kind_name, cause_name;
  std::vector<std::string> blobs;
  Outcome outcome;
  in.Needed("kind", &kind_name);
  in.Text("cause", &cause_name);
  in.Text("error", &outcome.error);
  in.Text("stage", &outcome.stage);
  in.Text("revision", &outcome.revision.value);
  in.Texts("blobs", &blobs);
  in.Text("params", &outcome.params_json);
  in.Text("metrics", &outcome.metrics_json);
  in.Text("workspace", &outcome.workspace);
  RETURN_IF_ERROR(in.status());
  auto kind = experiment::ParseOutcomeKind(kind_name);
  auto cause = experiment::ParseCause(cause_name);
  if (!kind || !cause) return absl::DataLossError("outcome: unknown kind or cause");
  outcome.kind = *kind;
  outcome.cause = *cause;
  for (const std::string& blob : blobs) {
    ASSIGN_OR_RETURN(digest::Digest digest, digest::Digest::Parse(blob));
    outcome.blobs.push_back(digest);
  }
  return outcome;
}

}  // namespace expq::agent
