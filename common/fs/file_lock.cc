#include <sys/file.h>
#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/fs/descriptor.h"
#include "common/fs/filesystem.h"

namespace expq::fs {

namespace {

// False when the file was removed after it was opened: its lock is nobody's then.
bool IsStillAt(int fd, const std::string& path) {
  struct stat held, there;
  return fstat(fd, &held) == 0 && stat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::TryLock(const std::string& path, File after) {
  while (true) {
    ASSIGN_OR_RETURN(Descriptor file, Open(path, O_RDWR | O_CREAT, 0666, "lock"));
    if (Uninterrupted([&] { return flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return absl::UnavailableError(absl::StrCat(path, " is locked by somebody else"));
      return Failed("lock", path);
    }
    if (!IsStillAt(file.get(), path)) continue;
    return std::unique_ptr<FileLock>(new FileLock(file.Release(), after == File::kGoes ? path : ""));
  }
}

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::TryLink(const std::string& path) {
  const std::string claim = TemporaryName(path);
  ASSIGN_OR_RETURN(Descriptor file, Open(claim, O_WRONLY | O_CREAT | O_EXCL, 0666, "make"));
  absl::Status made = WriteAll(file.get(), claim, claim);
  // Others break a lock whose time is over.
  constexpr time_t kYear = 365 * 24 * 3600;
  const timespec until = {.tv_sec = PosixFilesystem().StampNs() / 1'000'000'000 + kYear, .tv_nsec = 0};
  const timespec times[] = {until, until};
  if (made.ok() && futimens(file.get(), times) != 0) made = Failed("stamp", claim);
  if (made.ok() && link(claim.c_str(), path.c_str()) != 0) {
    made = errno == EEXIST ? absl::UnavailableError(absl::StrCat(path, " is locked by somebody else"))
                           : Failed("lock", path);
  }
  if (made.ok()) return std::unique_ptr<FileLock>(new FileLock(path, claim));
  unlink(claim.c_str());
  return made;
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    // While it is still held: whoever opened it meanwhile sees that it is gone, and makes a new one.
    if (!path_.empty()) unlink(path_.c_str());
    close(fd_);
    return;
  }
  unlink(path_.c_str());
  unlink(claim_.c_str());
}

}  // namespace expq::fs
