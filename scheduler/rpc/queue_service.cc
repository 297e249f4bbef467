#include "common/codec/codec.h"
#include "common/wire/grpc_status.h"
#include "scheduler/rpc/services.h"

namespace expq::rpc {
namespace {

using wire::ToGrpc;

// Encodes a StatusOr's value into the reply, or gives back its status.
template <typename Value, typename Reply>
grpc::Status Answer(const absl::StatusOr<Value>& value, Reply* reply) {
  if (!value.ok()) return ToGrpc(value.status());
  codec::Encode(*value, reply);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status QueueService::Submit(grpc::ServerContext*, const v1::SubmitRequest* request, v1::Submission* reply) {
  auto decoded = codec::Decode(*request);
  if (!decoded.ok()) return ToGrpc(decoded.status());
  return Answer(served_.queue.Submit(*decoded), reply);
}

grpc::Status QueueService::List(grpc::ServerContext*, const v1::ListRequest* request, v1::Experiments* reply) {
  auto decoded = codec::Decode(*request);
  if (!decoded.ok()) return ToGrpc(decoded.status());
  return Answer(served_.queue.List(*decoded), reply);
}

grpc::Status QueueService::Watch(grpc::ServerContext*, const v1::WatchRequest* request, v1::WatchReply* reply) {
  auto events = served_.queue.Watch({request->project()}, request->after(), absl::Microseconds(request->timeout_us()));
  if (!events.ok()) return ToGrpc(events.status());
  for (const experiment::Event& event : *events) codec::Encode(event, reply->add_events());
  return grpc::Status::OK;
}

grpc::Status QueueService::Cancel(grpc::ServerContext*, const v1::Selection* request, v1::Experiments* reply) {
  return Answer(served_.queue.Cancel(codec::Decode(*request)), reply);
}

grpc::Status QueueService::Retry(grpc::ServerContext*, const v1::Selection* request, v1::Experiments* reply) {
  return Answer(served_.queue.Retry(codec::Decode(*request)), reply);
}

grpc::Status QueueService::Remove(grpc::ServerContext*, const v1::Selection* request, v1::Experiments* reply) {
  return Answer(served_.queue.Remove(codec::Decode(*request)), reply);
}

grpc::Status QueueService::Update(grpc::ServerContext*, const v1::UpdateRequest* request, v1::Experiment* reply) {
  return Answer(served_.queue.Update(codec::Decode(*request)), reply);
}

grpc::Status QueueService::Segments(grpc::ServerContext*, const v1::SegmentsRequest* request,
                                    v1::SegmentsReply* reply) {
  auto segments = served_.logs.Segments({request->project()}, {request->experiment()});
  if (!segments.ok()) return ToGrpc(segments.status());
  for (const experiment::LogSegment& segment : *segments) codec::Encode(segment, reply->add_segments());
  return grpc::Status::OK;
}

grpc::Status QueueService::ReadLog(grpc::ServerContext*, const v1::ReadLogRequest* request, v1::ReadLogReply* reply) {
  auto bytes = served_.logs.ReadLog({request->project()}, {request->experiment()}, codec::Decode(request->segment()),
                                    request->offset(), request->max_bytes());
  if (!bytes.ok()) return ToGrpc(bytes.status());
  reply->set_data(std::move(*bytes));
  return grpc::Status::OK;
}

grpc::Status QueueService::Agents(grpc::ServerContext*, const v1::AgentsRequest*, v1::AgentsReply* reply) {
  auto agents = served_.fleet.Agents();
  if (!agents.ok()) return ToGrpc(agents.status());
  for (const experiment::AgentInfo& agent : *agents) codec::Encode(agent, reply->add_agents());
  return grpc::Status::OK;
}

grpc::Status QueueService::Drain(grpc::ServerContext*, const v1::DrainRequest* request, v1::DrainReply*) {
  return ToGrpc(served_.fleet.Drain(request->agent()));
}

}  // namespace expq::rpc
