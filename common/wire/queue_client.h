// experiment::Queue, LogReader and Fleet over gRPC.
#pragma once

#include "common/experiment/interfaces.h"
#include "common/wire/connection.h"
#include "expq/v1/queue.grpc.pb.h"

namespace expq::wire {

class QueueClient : public experiment::Queue, public experiment::LogReader, public experiment::Fleet {
 public:
  explicit QueueClient(Connection& connection)
      : connection_(connection), stub_(v1::QueueService::NewStub(connection.channel())) {}

  absl::StatusOr<experiment::Submission> Submit(const experiment::SubmitRequest& request) override;
  absl::StatusOr<std::vector<experiment::Experiment>> List(const experiment::ListRequest& request) override;
  absl::StatusOr<std::vector<experiment::Event>> Watch(const experiment::ProjectName& project, int64_t after,
                                                       absl::Duration timeout) override;
  absl::StatusOr<std::vector<experiment::Experiment>> Cancel(const experiment::Selection& selection) override;
  absl::StatusOr<std::vector<experiment::Experiment>> Retry(const experiment::Selection& selection) override;
  absl::StatusOr<std::vector<experiment::Experiment>> Remove(const experiment::Selection& selection) override;
  absl::StatusOr<experiment::Experiment> Update(const experiment::UpdateRequest& request) override;
  absl::StatusOr<std::vector<experiment::LogSegment>> Segments(const experiment::ProjectName& project,
                                                               const experiment::ExperimentId& id) override;
  absl::StatusOr<std::string> ReadLog(const experiment::ProjectName& project, const experiment::ExperimentId& id,
                                      const experiment::LogSegment& segment, int64_t offset,
                                      int64_t max_bytes) override;
  absl::StatusOr<std::vector<experiment::AgentInfo>> Agents() override;
  absl::Status Drain(const std::string& agent) override;

 private:
  Connection& connection_;
  std::unique_ptr<v1::QueueService::Stub> stub_;
};

}  // namespace expq::wire
