// A file descriptor that closes itself, and the loops that POSIX leaves to its callers. Only for this room.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/filesystem.h"
#include "common/status/status.h"

namespace expq::fs {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  // Some file systems report a failed write only here.
  int Close() { return close(Release()); }

 private:
  int fd_;
};

// Repeats a system call that a signal interrupted.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// FromErrno(errno, "cannot <verb> <path>").
inline absl::Status Failed(absl::string_view verb, absl::string_view path) {
  return status::FromErrno(errno, absl::StrCat("cannot ", verb, " ", path));
}

absl::StatusOr<Descriptor> Open(const std::string& path, int flags, uint32_t mode, absl::string_view verb);
FileInfo InfoOf(const struct stat& found);
absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path);
absl::Status SyncFolder(const std::string& dir);

}  // namespace expq::fs
