#include <algorithm>

#include "common/codec/codec.h"
#include "common/codec/fields.h"
#include "common/status/status.h"
#include "common/value/value.h"

namespace expq::codec {
namespace {

using experiment::Cause;
using experiment::OutcomeKind;
using experiment::State;

v1::State EncodeState(State state) {
  switch (state) {
    case State::kQueued:
      return v1::STATE_QUEUED;
    case State::kRunning:
      return v1::STATE_RUNNING;
    case State::kSucceeded:
      return v1::STATE_SUCCEEDED;
    case State::kFailed:
      return v1::STATE_FAILED;
    case State::kCancelled:
      return v1::STATE_CANCELLED;
  }
  return v1::STATE_UNSPECIFIED;
}

absl::StatusOr<State> DecodeState(int state) {
  for (State known : {State::kQueued, State::kRunning, State::kSucceeded, State::kFailed, State::kCancelled}) {
    if (EncodeState(known) == state) return known;
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown experiment state ", state));
}

v1::Cause EncodeCause(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return v1::CAUSE_UNSPECIFIED;
    case Cause::kUserCode:
      return v1::CAUSE_USER_CODE;
    case Cause::kSetup:
      return v1::CAUSE_SETUP;
    case Cause::kBadParams:
      return v1::CAUSE_BAD_PARAMS;
    case Cause::kTimeout:
      return v1::CAUSE_TIMEOUT;
    case Cause::kOutOfMemory:
      return v1::CAUSE_OUT_OF_MEMORY;
    case Cause::kInfrastructure:
      return v1::CAUSE_INFRASTRUCTURE;
  }
  return v1::CAUSE_UNSPECIFIED;
}

// An unknown cause (from a newer peer) is "infrastructure": the outcome itself still counts.
Cause DecodeCause(int cause) {
  for (Cause known :
       {Cause::kNone, Cause::kUserCode, Cause::kSetup, Cause::kBadParams, Cause::kTimeout, Cause::kOutOfMemory}) {
    if (EncodeCause(known) == cause) return known;
  }
  return Cause::kInfrastructure;
}

v1::OutcomeKind EncodeKind(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kSucceeded:
      return v1::OUTCOME_KIND_SUCCEEDED;
    case OutcomeKind::kFailed:
      return v1::OUTCOME_KIND_FAILED;
    case OutcomeKind::kLost:
      return v1::OUTCOME_KIND_LOST;
    case OutcomeKind::kPreempted:
      return v1::OUTCOME_KIND_PREEMPTED;
    case OutcomeKind::kCancelled:
      return v1::OUTCOME_KIND_CANCELLED;
  }
  return v1::OUTCOME_KIND_UNSPECIFIED;
}

absl::StatusOr<OutcomeKind> DecodeKind(int kind) {
  for (OutcomeKind known : {OutcomeKind::kSucceeded, OutcomeKind::kFailed, OutcomeKind::kLost, OutcomeKind::kPreempted,
                            OutcomeKind::kCancelled}) {
    if (EncodeKind(known) == kind) return known;
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown outcome kind ", kind));
}

void EncodeIdentity(const experiment::Experiment& in, v1::Experiment* out) {
  out->set_id(in.id.value);
  out->set_project(in.project.value);
  out->set_submission(in.submission.value);
  out->set_sequence(in.sequence);
  out->set_name(in.name);
  out->set_message(in.message);
  out->set_baseline(in.baseline.value);
  out->set_snapshot(in.snapshot.value);
  Put(in.overrides, out->mutable_overrides());
  Encode(in.options, out->mutable_options());
  Encode(in.need, out->mutable_need());
  out->set_priority(in.priority);
  out->set_retries(in.retries);
  if (in.timeout != absl::InfiniteDuration()) out->set_timeout_us(absl::ToInt64Microseconds(in.timeout));
  Put(in.after, out->mutable_after());
  out->set_force_name(in.force_name);
}

void EncodeProgress(const experiment::Experiment& in, v1::Experiment* out) {
  out->set_state(EncodeState(in.state));
  out->set_attempt(in.attempt);
  out->set_losses(in.losses);
  out->set_failures(in.failures);
  out->set_cancel_requested(in.cancel_requested);
  out->set_agent(in.agent);
  out->set_stage(in.stage);
  out->set_error(in.error);
  out->set_cause(EncodeCause(in.cause));
  out->set_workspace(in.workspace);
  out->set_revision(in.revision.value);
  out->set_params_json(in.params_json);
  out->set_metrics_json(in.metrics_json);
  Put(in.properties, out->mutable_properties());
  if (IsSet(in.created)) out->set_created_us(absl::ToUnixMicros(in.created));
  if (IsSet(in.started)) out->set_started_us(absl::ToUnixMicros(in.started));
  if (IsSet(in.finished)) out->set_finished_us(absl::ToUnixMicros(in.finished));
  out->set_waiting_because(in.waiting_because);
}

void DecodeIdentity(const v1::Experiment& in, experiment::Experiment* out) {
  out->id.value = in.id();
  out->project.value = in.project();
  out->submission.value = in.submission();
  out->sequence = in.sequence();
  out->name = in.name();
  out->message = in.message();
  out->baseline.value = in.baseline();
  out->snapshot.value = in.snapshot();
  out->overrides = Get(in.overrides());
  out->options = Decode(in.options());
  out->need = Decode(in.need());
  out->priority = in.priority();
  out->retries = in.retries();
  if (in.has_timeout_us()) out->timeout = absl::Microseconds(in.timeout_us());
  out->after = GetIds<experiment::ExperimentId>(in.after());
  out->force_name = in.force_name();
}

void DecodeProgress(const v1::Experiment& in, experiment::Experiment* out) {
  out->attempt = in.attempt();
  out->losses = in.losses();
  out->failures = in.failures();
  out->cancel_requested = in.cancel_requested();
  out->agent = in.agent();
  out->stage = in.stage();
  out->error = in.error();
  out->cause = DecodeCause(in.cause());
  out->workspace = in.workspace();
  out->revision.value = in.revision();
  out->params_json = in.params_json();
  out->metrics_json = in.metrics_json();
  out->properties = Get(in.properties());
  if (in.has_created_us()) out->created = absl::FromUnixMicros(in.created_us());
  if (in.has_started_us()) out->started = absl::FromUnixMicros(in.started_us());
  if (in.has_finished_us()) out->finished = absl::FromUnixMicros(in.finished_us());
  out->waiting_because = in.waiting_because();
}

}  // namespace

void Encode(const experiment::Resources& in, v1::Resources* out) {
  out->set_cpus(in.cpus);
  out->set_memory(in.memory);
  out->set_gpus(in.gpus);
  Put(in.labels, out->mutable_labels());
}

experiment::Resources Decode(const v1::Resources& in) {
  return {.cpus = in.cpus(), .memory = in.memory(), .gpus = in.gpus(), .labels = Get(in.labels())};
}

void Encode(const experiment::Offer& in, v1::Offer* out) {
  out->set_slots(in.slots);
  out->set_cpus(in.cpus);
  out->set_memory(in.memory);
  Put(in.gpu_ids, out->mutable_gpu_ids());
  Put(in.labels, out->mutable_labels());
  out->set_closed(in.closed);
}

experiment::Offer Decode(const v1::Offer& in) {
  return {.slots = in.slots(),
          .cpus = in.cpus(),
          .memory = in.memory(),
          .gpu_ids = Get(in.gpu_ids()),
          .labels = Get(in.labels()),
          .closed = in.closed()};
}

void Encode(const experiment::RunOptions& in, v1::RunOptions* out) {
  Put(in.targets, out->mutable_targets());
  out->set_subdir(in.subdir);
  out->set_force(in.force);
  out->set_single_item(in.single_item);
  out->set_downstream(in.downstream);
  out->set_keep_going(in.keep_going);
  out->set_no_run_cache(in.no_run_cache);
  out->set_ignore_errors(in.ignore_errors);
  out->set_force_downstream(in.force_downstream);
  out->set_allow_missing(in.allow_missing);
  out->set_pull(in.pull);
  out->set_stage_jobs(in.stage_jobs);
  for (const auto& [key, value] : in.env) {
    v1::EnvVar* variable = out->add_env();
    variable->set_key(key);
    variable->set_value(value);
  }
}

experiment::RunOptions Decode(const v1::RunOptions& in) {
  experiment::RunOptions out{.targets = Get(in.targets()),
                             .subdir = in.subdir(),
                             .force = in.force(),
                             .single_item = in.single_item(),
                             .downstream = in.downstream(),
                             .keep_going = in.keep_going(),
                             .no_run_cache = in.no_run_cache(),
                             .ignore_errors = in.ignore_errors(),
                             .force_downstream = in.force_downstream(),
                             .allow_missing = in.allow_missing(),
                             .pull = in.pull(),
                             .stage_jobs = in.stage_jobs()};
  for (const v1::EnvVar& variable : in.env()) out.env.emplace_back(variable.key(), variable.value());
  return out;
}

void Encode(const experiment::Experiment& in, v1::Experiment* out) {
  EncodeIdentity(in, out);
  EncodeProgress(in, out);
}

absl::StatusOr<experiment::Experiment> Decode(const v1::Experiment& in) {
  experiment::Experiment out;
  DecodeIdentity(in, &out);
  DecodeProgress(in, &out);
  ASSIGN_OR_RETURN(out.state, DecodeState(in.state()));
  return out;
}

void Encode(const std::vector<experiment::Experiment>& in, v1::Experiments* out) {
  for (const experiment::Experiment& item : in) Encode(item, out->add_experiments());
}

absl::StatusOr<std::vector<experiment::Experiment>> Decode(const v1::Experiments& in) {
  std::vector<experiment::Experiment> out;
  out.reserve(in.experiments_size());
  for (const v1::Experiment& item : in.experiments()) {
    ASSIGN_OR_RETURN(experiment::Experiment decoded, Decode(item));
    out.push_back(std::move(decoded));
  }
  return out;
}

// An error may name a file of any bytes; an outcome that cannot be told would be tried for ever.
void Encode(const experiment::Outcome& in, v1::Outcome* out) {
  out->set_kind(EncodeKind(in.kind));
  out->set_cause(EncodeCause(in.cause));
  out->set_error(value::AsUtf8(in.error));
  out->set_stage(in.stage);
  out->set_revision(in.revision.value);
  for (const digest::Digest& blob : in.blobs) out->add_blobs(blob.text());
  out->set_params_json(in.params_json);
  out->set_metrics_json(in.metrics_json);
  out->set_workspace(value::AsUtf8(in.workspace));
}

absl::StatusOr<experiment::Outcome> Decode(const v1::Outcome& in) {
  experiment::Outcome out{.cause = DecodeCause(in.cause()), .error = in.error(), .stage = in.stage()};
  ASSIGN_OR_RETURN(out.kind, DecodeKind(in.kind()));
  out.revision.value = in.revision();
  for (const std::string& blob : in.blobs()) {
    ASSIGN_OR_RETURN(digest::Digest digest, digest::Digest::Parse(blob));
    out.blobs.push_back(std::move(digest));
  }
  out.params_json = in.params_json();
  out.metrics_json = in.metrics_json();
  out.workspace = in.workspace();
  return out;
}

}  // namespace expq::codec
