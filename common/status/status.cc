#include "common/status/status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/cord.h"

namespace expq::status {
namespace {

constexpr char kHintUrl[] = "expq/hint";
constexpr char kDiskFullUrl[] = "expq/disk-full";

}  // namespace

absl::Status WithHint(absl::Status status, absl::string_view hint) {
  if (!status.ok()) status.SetPayload(kHintUrl, absl::Cord(hint));
  return status;
}

std::string Hint(const absl::Status& status) {
  auto payload = status.GetPayload(kHintUrl);
  return payload ? std::string(*payload) : std::string();
}

absl::Status WithMessage(const absl::Status& status, absl::string_view message) {
  if (status.ok()) return status;
  absl::Status with(status.code(), message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { with.SetPayload(url, payload); });
  return with;
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  return WithMessage(status, absl::StrCat(context, ": ", status.message()));
}

absl::Status DiskFull(absl::string_view message) {
  absl::Status status = absl::ResourceExhaustedError(message);
  status.SetPayload(kDiskFullUrl, absl::Cord());
  return status;
}

bool IsDiskFull(const absl::Status& status) { return status.GetPayload(kDiskFullUrl).has_value(); }

absl::Status FromErrno(int error, absl::string_view what) {
  std::string message = absl::StrCat(what, ": ", strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case ENOSPC:
    case EDQUOT:
      return DiskFull(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
      return absl::FailedPreconditionError(message);
    default:  // tidy: errno is an open set
      return absl::InternalError(message);
  }
}

}  // namespace expq::status
