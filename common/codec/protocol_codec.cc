#include "common/codec/codec.h"
#include "common/codec/fields.h"
#include "common/status/status.h"

namespace expq::codec {
namespace {

void EncodeId(const experiment::ExperimentId& experiment, int attempt, v1::AttemptId* out) {
  out->set_experiment(experiment.value);
  out->set_attempt(attempt);
}

using AttemptPairs = std::vector<std::pair<experiment::ExperimentId, int>>;

void EncodePairs(const AttemptPairs& in, google::protobuf::RepeatedPtrField<v1::AttemptId>* out) {
  for (const auto& [experiment, attempt] : in) EncodeId(experiment, attempt, out->Add());
}

AttemptPairs DecodePairs(const google::protobuf::RepeatedPtrField<v1::AttemptId>& in) {
  AttemptPairs out;
  for (const v1::AttemptId& id : in) out.emplace_back(experiment::ExperimentId{id.experiment()}, id.attempt());
  return out;
}

}  // namespace

void Encode(const experiment::SubmitRequest& in, v1::SubmitRequest* out) {
  out->set_project(in.project.value);
  out->set_id(in.id.value);
  out->set_commit(in.commit.value);
  for (const experiment::Experiment& item : in.experiments) Encode(item, out->add_experiments());
  out->set_force(in.force);
}

absl::StatusOr<experiment::SubmitRequest> Decode(const v1::SubmitRequest& in) {
  experiment::SubmitRequest out{
      .project = {in.project()}, .id = {in.id()}, .commit = {in.commit()}, .force = in.force()};
  for (const v1::Experiment& item : in.experiments()) {
    ASSIGN_OR_RETURN(experiment::Experiment decoded, Decode(item));
    out.experiments.push_back(std::move(decoded));
  }
  return out;
}

void Encode(const experiment::Submission& in, v1::Submission* out) {
  out->set_id(in.id.value);
  out->set_commit(in.commit.value);
  for (const experiment::Experiment& item : in.experiments) Encode(item, out->add_experiments());
}

absl::StatusOr<experiment::Submission> Decode(const v1::Submission& in) {
  experiment::Submission out{.id = {in.id()}, .commit = {in.commit()}};
  for (const v1::Experiment& item : in.experiments()) {
    ASSIGN_OR_RETURN(experiment::Experiment decoded, Decode(item));
    out.experiments.push_back(std::move(decoded));
  }
  return out;
}

void Encode(const experiment::ListRequest& in, v1::ListRequest* out) {
  out->set_project(in.project.value);
  Put(in.selectors, out->mutable_selectors());
  for (experiment::State state : in.states) {
    v1::Experiment holder;
    experiment::Experiment with_state;
    with_state.state = state;
    Encode(with_state, &holder);
    out->add_states(holder.state());
  }
  out->set_explain(in.explain);
}

absl::StatusOr<experiment::ListRequest> Decode(const v1::ListRequest& in) {
  experiment::ListRequest out{.project = {in.project()}, .selectors = Get(in.selectors()), .explain = in.explain()};
  for (int state : in.states()) {
    v1::Experiment holder;
    holder.set_state(static_cast<v1::State>(state));
    ASSIGN_OR_RETURN(experiment::Experiment decoded, Decode(holder));
    out.states.push_back(decoded.state);
  }
  return out;
}

void Encode(const experiment::Event& in, v1::Event* out) {
  out->set_sequence(in.sequence);
  out->set_experiment(in.experiment.value);
  out->set_name(in.name);
  out->set_what(in.what);
  out->set_detail(in.detail);
  if (IsSet(in.at)) out->set_at_us(absl::ToUnixMicros(in.at));
}

experiment::Event Decode(const v1::Event& in) {
  experiment::Event out{.sequence = in.sequence(),
                        .experiment = {in.experiment()},
                        .name = in.name(),
                        .what = in.what(),
                        .detail = in.detail()};
  if (in.has_at_us()) out.at = absl::FromUnixMicros(in.at_us());
  return out;
}

void Encode(const experiment::UpdateRequest& in, v1::UpdateRequest* out) {
  out->set_project(in.project.value);
  out->set_selector(in.selector);
  if (in.name) out->set_name(*in.name);
  if (in.priority) out->set_priority(*in.priority);
  Put(in.properties, out->mutable_properties());
}

experiment::UpdateRequest Decode(const v1::UpdateRequest& in) {
  experiment::UpdateRequest out{.project = {in.project()}, .selector = in.selector()};
  if (in.has_name()) out.name = in.name();
  if (in.has_priority()) out.priority = in.priority();
  out.properties = Get(in.properties());
  return out;
}

void Encode(const experiment::Selection& in, v1::Selection* out) {
  out->set_project(in.project.value);
  Put(in.selectors, out->mutable_selectors());
  out->set_all_failed(in.all_failed);
  out->set_all_queued(in.all_queued);
  out->set_all(in.all);
}

experiment::Selection Decode(const v1::Selection& in) {
  return {.project = {in.project()},
          .selectors = Get(in.selectors()),
          .all_failed = in.all_failed(),
          .all_queued = in.all_queued(),
          .all = in.all()};
}

void Encode(const experiment::LogSegment& in, v1::LogSegment* out) {
  out->set_attempt(in.attempt);
  out->set_index(in.index);
  out->set_stage(in.stage);
  out->set_size(in.size);
}

experiment::LogSegment Decode(const v1::LogSegment& in) {
  return {.attempt = in.attempt(), .index = in.index(), .stage = in.stage(), .size = in.size()};
}

void Encode(const experiment::AgentInfo& in, v1::AgentInfo* out) {
  out->set_name(in.name);
  out->set_session(in.session.value);
  out->set_state(in.state);
  if (IsSet(in.last_seen)) out->set_last_seen_us(absl::ToUnixMicros(in.last_seen));
  Put(in.running, out->mutable_running());
  Put(in.running_names, out->mutable_running_names());
  Encode(in.total, out->mutable_total());
  Encode(in.free, out->mutable_free());
}

experiment::AgentInfo Decode(const v1::AgentInfo& in) {
  experiment::AgentInfo out{.name = in.name(), .session = {in.session()}, .state = in.state()};
  if (in.has_last_seen_us()) out.last_seen = absl::FromUnixMicros(in.last_seen_us());
  out.running = GetIds<experiment::ExperimentId>(in.running());
  out.running_names = Get(in.running_names());
  out.total = Decode(in.total());
  out.free = Decode(in.free());
  return out;
}

void Encode(const experiment::SyncReport& in, v1::SyncReport* out) {
  out->set_session(in.session.value);
  out->set_agent(in.agent);
  Put(in.projects, out->mutable_projects());
  for (const experiment::AttemptReport& report : in.attempts) {
    v1::AttemptReport* item = out->add_attempts();
    EncodeId(report.experiment, report.attempt, item->mutable_id());
    item->set_stage(report.stage);
    if (report.outcome) Encode(*report.outcome, item->mutable_outcome());
  }
  Encode(in.total, out->mutable_total());
  Encode(in.free, out->mutable_free());
  Put(in.kept, out->mutable_kept());
  out->set_draining(in.draining);
  out->set_wait_us(absl::ToInt64Microseconds(in.wait));
}

absl::StatusOr<experiment::SyncReport> Decode(const v1::SyncReport& in) {
  experiment::SyncReport out{.session = {in.session()},
                             .agent = in.agent(),
                             .projects = GetIds<experiment::ProjectName>(in.projects()),
                             .total = Decode(in.total()),
                             .free = Decode(in.free()),
                             .kept = GetIds<experiment::ExperimentId>(in.kept()),
                             .draining = in.draining(),
                             .wait = absl::Microseconds(in.wait_us())};
  for (const v1::AttemptReport& item : in.attempts()) {
    experiment::AttemptReport report{
        .experiment = {item.id().experiment()}, .attempt = item.id().attempt(), .stage = item.stage()};
    if (item.has_outcome()) {
      ASSIGN_OR_RETURN(report.outcome, Decode(item.outcome()));
    }
    out.attempts.push_back(std::move(report));
  }
  return out;
}

void Encode(const experiment::SyncOrders& in, v1::SyncOrders* out) {
  for (const experiment::Assignment& assignment : in.start) {
    v1::Assignment* item = out->add_start();
    Encode(assignment.experiment, item->mutable_experiment());
    item->set_attempt(assignment.attempt);
    Put(assignment.gpu_ids, item->mutable_gpu_ids());
  }
  EncodePairs(in.cancel, out->mutable_cancel());
  EncodePairs(in.drop, out->mutable_drop());
  Put(in.forget, out->mutable_forget());
  out->set_drain(in.drain);
  out->set_queued(in.queued);
  out->set_unfinished(in.unfinished);
  out->set_running(in.running);
  out->set_lease_us(absl::ToInt64Microseconds(in.lease));
  out->set_call_again_us(absl::ToInt64Microseconds(in.call_again));
}

absl::StatusOr<experiment::SyncOrders> Decode(const v1::SyncOrders& in) {
  experiment::SyncOrders out;
  for (const v1::Assignment& item : in.start()) {
    ASSIGN_OR_RETURN(experiment::Experiment decoded, Decode(item.experiment()));
    out.start.push_back({.experiment = std::move(decoded), .attempt = item.attempt(), .gpu_ids = Get(item.gpu_ids())});
  }
  out.cancel = DecodePairs(in.cancel());
  out.drop = DecodePairs(in.drop());
  out.forget = GetIds<experiment::ExperimentId>(in.forget());
  out.drain = in.drain();
  out.queued = in.queued();
  out.unfinished = in.unfinished();
  out.running = in.running();
  out.lease = absl::Microseconds(in.lease_us());
  out.call_again = absl::Microseconds(in.call_again_us());
  return out;
}

void Encode(const experiment::LogAppend& in, v1::LogAppend* out) {
  EncodeId(in.experiment, in.attempt, out->mutable_id());
  out->set_index(in.index);
  out->set_stage(in.stage);
  out->set_offset(in.offset);
  out->set_data(in.bytes);
}

experiment::LogAppend Decode(const v1::LogAppend& in) {
  return {.experiment = {in.id().experiment()},
          .attempt = in.id().attempt(),
          .index = in.index(),
          .stage = in.stage(),
          .offset = in.offset(),
          .bytes = in.data()};
}

void Encode(const experiment::Progress& in, v1::Progress* out) {
  EncodeId(in.experiment, in.attempt, out->mutable_id());
  out->set_stage(in.stage);
  out->set_params_json(in.params_json);
  out->set_metrics_json(in.metrics_json);
}

experiment::Progress Decode(const v1::Progress& in) {
  return {.experiment = {in.id().experiment()},
          .attempt = in.id().attempt(),
          .stage = in.stage(),
          .params_json = in.params_json(),
          .metrics_json = in.metrics_json()};
}

}  // namespace expq::codec
