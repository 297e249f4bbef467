// experiment::Dispatcher over gRPC.
#pragma once

#include "common/experiment/interfaces.h"
#include "common/wire/connection.h"
#include "expq/v1/dispatcher.grpc.pb.h"

namespace expq::wire {

class DispatcherClient : public experiment::Dispatcher {
 public:
  explicit DispatcherClient(Connection& connection)
      : connection_(connection), stub_(v1::DispatcherService::NewStub(connection.channel())) {}

  absl::StatusOr<experiment::SyncOrders> Sync(const experiment::SyncReport& report) override;
  absl::Status AppendLog(const experiment::LogAppend& append) override;
  absl::Status ReportProgress(const std::vector<experiment::Progress>& progress) override;

 private:
  Connection& connection_;
  std::unique_ptr<v1::DispatcherService::Stub> stub_;
};

}  // namespace expq::wire
