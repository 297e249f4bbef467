#include "cli/exit_code.h"

namespace expq::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return ExitCode::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return ExitCode::kConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:  // tidy: absl's enum is open; Internal, DataLoss, ResourceExhausted, PermissionDenied, Unknown
      return ExitCode::kFailed;
  }
}

absl::string_view CodeName(ExitCode code) {
  switch (code) {
    case ExitCode::kDone:
      return "done";
    case ExitCode::kFailed:
      return "failed";
    case ExitCode::kUsage:
      return "usage";
    case ExitCode::kNotFound:
      return "not-found";
    case ExitCode::kConflict:
      return "conflict";
    case ExitCode::kUnreachable:
      return "unreachable";
    case ExitCode::kInterrupted:
      return "interrupted";
  }
  return "";
}

}  // namespace expq::cli
