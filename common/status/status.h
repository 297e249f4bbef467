// The error vocabulary of the whole project: absl::Status outward, CHECK inward.
//
// Codes are contract: NotFound, InvalidArgument (the caller's fault), FailedPrecondition (the state's),
// AlreadyExists (a name is taken), Aborted (a stale attempt), Unavailable (retry), Cancelled (asked to stop),
// ResourceExhausted (disk full, a bound exceeded), DataLoss (bytes do not have the digest they claim).
// A message is lower case, has no full stop, and names the file, line and thing.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace expq::status {

// The same status with `hint` attached: one line that says what to do, shown as `hint: …`. No-op on OK.
absl::Status WithHint(absl::Status status, absl::string_view hint);

// The hint attached to `status`, or empty. It survives Annotate.
std::string Hint(const absl::Status& status);

// The same status with another message. No-op on OK.
absl::Status WithMessage(const absl::Status& status, absl::string_view message);

// The same status, its message prefixed "context: ". No-op on OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

// ResourceExhausted because a disk or a quota is full. What tells it from an exceeded bound survives Annotate, but not
// a wire: the far side's disk is not ours.
absl::Status DiskFull(absl::string_view message);
bool IsDiskFull(const absl::Status& status);

// A status for a failed system call: ENOENT → NotFound, ENOSPC/EDQUOT → DiskFull, EEXIST → AlreadyExists,
// EACCES/EPERM/EROFS → PermissionDenied, ENOTDIR/EISDIR/ENOTEMPTY → FailedPrecondition, otherwise Internal.
absl::Status FromErrno(int error, absl::string_view what);

}  // namespace expq::status

// Leaves the function with the status when the expression is not OK.
#define RETURN_IF_ERROR(expr)                    \
  do {                                           \
    absl::Status expq_status_ = (expr);          \
    if (!expq_status_.ok()) return expq_status_; \
  } while (false)

#define EXPQ_CONCAT_INNER_(a, b) a##b
#define EXPQ_CONCAT_(a, b) EXPQ_CONCAT_INNER_(a, b)

// ASSIGN_OR_RETURN(auto x, F()): x is F()'s value, or the function returns F()'s status.
#define ASSIGN_OR_RETURN(lhs, expr) EXPQ_ASSIGN_OR_RETURN_(EXPQ_CONCAT_(expq_or_, __LINE__), lhs, expr)
#define EXPQ_ASSIGN_OR_RETURN_(tmp, lhs, expr)   \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = std::move(tmp).value()
