#include <sys/file.h>

#include "common/fs/descriptor.h"
#include "common/fs/filesystem.h"

namespace expq::fs {

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::TryLock(const std::string& path) {
  ASSIGN_OR_RETURN(Descriptor file, Open(path, O_RDWR | O_CREAT, 0666, "lock"));
  if (Uninterrupted([&] { return flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return absl::UnavailableError(absl::StrCat(path, " is locked by somebody else"));
    return Failed("lock", path);
  }
  return std::unique_ptr<FileLock>(new FileLock(file.Release()));
}

FileLock::~FileLock() { close(fd_); }

}  // namespace expq::fs
