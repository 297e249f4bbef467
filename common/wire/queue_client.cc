#include "common/wire/queue_client.h"

#include "common/codec/codec.h"
#include "common/status/status.h"

namespace expq::wire {
namespace {

using Selecting = grpc::Status (v1::QueueService::Stub::*)(grpc::ClientContext*, const v1::Selection&,
                                                           v1::Experiments*);

absl::StatusOr<std::vector<experiment::Experiment>> Select(Connection& connection, v1::QueueService::Stub& stub,
                                                           Selecting method, const experiment::Selection& selection) {
  v1::Selection message;
  codec::Encode(selection, &message);
  v1::Experiments reply;
  Connection::Call call(connection, kCallDeadline);
  RETURN_IF_ERROR(connection.Wrap((stub.*method)(call.context(), message, &reply)));
  return codec::Decode(reply);
}

}  // namespace

absl::StatusOr<experiment::Submission> QueueClient::Submit(const experiment::SubmitRequest& request) {
  v1::SubmitRequest message;
  codec::Encode(request, &message);
  v1::Submission reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->Submit(call.context(), message, &reply)));
  return codec::Decode(reply);
}

absl::StatusOr<std::vector<experiment::Experiment>> QueueClient::List(const experiment::ListRequest& request) {
  v1::ListRequest message;
  codec::Encode(request, &message);
  v1::Experiments reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->List(call.context(), message, &reply)));
  return codec::Decode(reply);
}

absl::StatusOr<std::vector<experiment::Event>> QueueClient::Watch(const experiment::ProjectName& project, int64_t after,
                                                                  absl::Duration timeout) {
  v1::WatchRequest message;
  message.set_project(project.value);
  message.set_after(after);
  message.set_timeout_us(absl::ToInt64Microseconds(timeout));
  v1::WatchReply reply;
  Connection::Call call(connection_, timeout + kPollSlack);
  RETURN_IF_ERROR(connection_.Wrap(stub_->Watch(call.context(), message, &reply)));
  std::vector<experiment::Event> events;
  for (const v1::Event& event : reply.events()) events.push_back(codec::Decode(event));
  return events;
}

absl::StatusOr<std::vector<experiment::Experiment>> QueueClient::Cancel(const experiment::Selection& selection) {
  return Select(connection_, *stub_, &v1::QueueService::Stub::Cancel, selection);
}

absl::StatusOr<std::vector<experiment::Experiment>> QueueClient::Retry(const experiment::Selection& selection) {
  return Select(connection_, *stub_, &v1::QueueService::Stub::Retry, selection);
}

absl::StatusOr<std::vector<experiment::Experiment>> QueueClient::Remove(const experiment::Selection& selection) {
  return Select(connection_, *stub_, &v1::QueueService::Stub::Remove, selection);
}

absl::StatusOr<experiment::Experiment> QueueClient::Update(const experiment::UpdateRequest& request) {
  v1::UpdateRequest message;
  codec::Encode(request, &message);
  v1::Experiment reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->Update(call.context(), message, &reply)));
  return codec::Decode(reply);
}

absl::StatusOr<std::vector<experiment::LogSegment>> QueueClient::Segments(const experiment::ProjectName& project,
                                                                          const experiment::ExperimentId& id) {
  v1::SegmentsRequest message;
  message.set_project(project.value);
  message.set_experiment(id.value);
  v1::SegmentsReply reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->Segments(call.context(), message, &reply)));
  std::vector<experiment::LogSegment> segments;
  for (const v1::LogSegment& segment : reply.segments()) segments.push_back(codec::Decode(segment));
  return segments;
}

absl::StatusOr<std::string> QueueClient::ReadLog(const experiment::ProjectName& project,
                                                 const experiment::ExperimentId& id,
                                                 const experiment::LogSegment& segment, int64_t offset,
                                                 int64_t max_bytes) {
  v1::ReadLogRequest message;
  message.set_project(project.value);
  message.set_experiment(id.value);
  codec::Encode(segment, message.mutable_segment());
  message.set_offset(offset);
  message.set_max_bytes(max_bytes);
  v1::ReadLogReply reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->ReadLog(call.context(), message, &reply)));
  return std::move(*reply.mutable_data());
}

absl::StatusOr<std::vector<experiment::AgentInfo>> QueueClient::Agents() {
  v1::AgentsReply reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->Agents(call.context(), {}, &reply)));
  std::vector<experiment::AgentInfo> agents;
  for (const v1::AgentInfo& agent : reply.agents()) agents.push_back(codec::Decode(agent));
  return agents;
}

absl::Status QueueClient::Drain(const std::string& agent) {
  v1::DrainRequest message;
  message.set_agent(agent);
  v1::DrainReply reply;
  Connection::Call call(connection_, kCallDeadline);
  return connection_.Wrap(stub_->Drain(call.context(), message, &reply));
}

}  // namespace expq::wire
