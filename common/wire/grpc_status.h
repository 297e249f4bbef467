// absl::Status ⇄ grpc::Status: the codes are the same numbers; the hint travels as the details.
#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace expq::wire {

grpc::Status ToGrpc(const absl::Status& status);
// `address` names the peer in the message of an Unavailable one.
absl::Status FromGrpc(const grpc::Status& status, absl::string_view address);

}  // namespace expq::wire
