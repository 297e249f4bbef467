#include "common/codec/codec.h"
#include "common/wire/grpc_status.h"
#include "scheduler/rpc/services.h"

namespace expq::rpc {

grpc::Status DispatcherService::Sync(grpc::ServerContext*, const v1::SyncReport* request, v1::SyncOrders* reply) {
  auto report = codec::Decode(*request);
  if (!report.ok()) return wire::ToGrpc(report.status());
  auto orders = served_.dispatcher.Sync(*report);
  if (!orders.ok()) return wire::ToGrpc(orders.status());
  codec::Encode(*orders, reply);
  return grpc::Status::OK;
}

grpc::Status DispatcherService::AppendLog(grpc::ServerContext*, const v1::LogAppend* request, v1::AppendLogReply*) {
  return wire::ToGrpc(served_.dispatcher.AppendLog(codec::Decode(*request)));
}

grpc::Status DispatcherService::ReportProgress(grpc::ServerContext*, const v1::ProgressReport* request,
                                               v1::ProgressReply*) {
  std::vector<experiment::Progress> progress;
  for (const v1::Progress& item : request->progress()) progress.push_back(codec::Decode(item));
  return wire::ToGrpc(served_.dispatcher.ReportProgress(progress));
}

}  // namespace expq::rpc
