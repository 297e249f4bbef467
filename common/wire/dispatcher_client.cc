#include "common/wire/dispatcher_client.h"

#include "common/codec/codec.h"
#include "common/status/status.h"

namespace expq::wire {

absl::StatusOr<experiment::SyncOrders> DispatcherClient::Sync(const experiment::SyncReport& report) {
  v1::SyncReport message;
  codec::Encode(report, &message);
  v1::SyncOrders reply;
  Connection::Call call(connection_, report.wait + kPollSlack);
  RETURN_IF_ERROR(connection_.Wrap(stub_->Sync(call.context(), message, &reply)));
  return codec::Decode(reply);
}

absl::Status DispatcherClient::AppendLog(const experiment::LogAppend& append) {
  v1::LogAppend message;
  codec::Encode(append, &message);
  v1::AppendLogReply reply;
  Connection::Call call(connection_, kCallDeadline);
  return connection_.Wrap(stub_->AppendLog(call.context(), message, &reply));
}

absl::Status DispatcherClient::ReportProgress(const std::vector<experiment::Progress>& progress) {
  v1::ProgressReport message;
  for (const experiment::Progress& item : progress) codec::Encode(item, message.add_progress());
  v1::ProgressReply reply;
  Connection::Call call(connection_, kCallDeadline);
  return connection_.Wrap(stub_->ReportProgress(call.context(), message, &reply));
}

}  // namespace expq::wire
