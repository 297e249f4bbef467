#include "common/wire/grpc_status.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::wire {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      status::Hint(status));
}

absl::Status FromGrpc(const grpc::Status& status, absl::string_view address) {
  if (status.ok()) return absl::OkStatus();
  auto code = static_cast<absl::StatusCode>(status.error_code());
  // A deadline passed on our side says as little about the call as a lost connection: try again.
  if (code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded) {
    return status::WithHint(absl::UnavailableError(absl::StrCat("the scheduler at ", address, " cannot be reached")),
                            "is it running? start one with: expq scheduler --listen " + std::string(address));
  }
  // gRPC itself gives no reason for what it could not write or read.
  const std::string why = status.error_message().empty()
                              ? absl::StrCat("the scheduler at ", address, " does not take it")
                              : status.error_message();
  absl::Status result(code, why);
  return status.error_details().empty() ? result : status::WithHint(std::move(result), status.error_details());
}

}  // namespace expq::wire
