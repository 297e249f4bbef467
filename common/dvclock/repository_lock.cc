#include "common/dvclock/repository_lock.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/process/identity.h"
#include "common/status/status.h"

namespace expq::dvclock {
namespace {

// Neither way of locking can wait, so it is asked again, less and less often.
constexpr absl::Duration kFirstPause = absl::Milliseconds(2);
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);

// The number in a lock file; 0 when there is none.
int64_t HolderOf(const fs::FileReader& fs, const std::string& path) {
  const auto text = fs.Read(path);
  int64_t pid = 0;
  return text.ok() && absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &pid) && pid > 0 ? pid : 0;
}

absl::StatusOr<std::unique_ptr<fs::FileLock>> Try(const LockPlace& place, const std::string& path) {
  return place.hardlink ? fs::FileLock::TryLink(path) : fs::FileLock::TryLock(path);
}

absl::Status Busy(const fs::FileReader& fs, const std::string& path) {
  const int64_t pid = HolderOf(fs, path);
  const std::string command = pid == 0 ? "" : process::CommandLineOf(static_cast<pid_t>(pid));
  // A number of another machine (NFS), or of a process that died and whose child still holds the file.
  const std::string who = command.empty() ? "another process" : Described(pid, command);
  return status::WithHint(absl::FailedPreconditionError(absl::StrCat("the repository is locked by ", who)),
                          absl::StrCat("wait until it is done; the lock is ", path));
}

}  // namespace

std::string Described(int64_t pid, const std::string& command) {
  return absl::StrCat("process ", pid, command.empty() ? "" : absl::StrCat(" (", command, ")"));
}

absl::StatusOr<std::unique_ptr<fs::FileLock>> TakeLockFile(fs::Filesystem& fs, const LockPlace& place,
                                                           const std::string& name, absl::Duration patience,
                                                           const sync::StopToken& stop) {
  const std::string path = fs::Join(place.dir, name);
  absl::Duration waited;
  for (absl::Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto lock = Try(place, path);
    if (absl::IsNotFound(lock.status())) {
      RETURN_IF_ERROR(fs.MakeDirs(place.dir));
      lock = Try(place, path);
    }
    if (lock.ok() && !place.hardlink) {
      RETURN_IF_ERROR(fs.Overwrite(path, absl::StrCat(" ", process::SelfPid(), "\n")));
    }
    if (lock.ok() || !absl::IsUnavailable(lock.status())) return lock;
    if (waited >= patience) return Busy(fs, path);
    if (stop.WaitFor(pause)) return absl::CancelledError(absl::StrCat("stopped while waiting for ", path));
    waited += pause;
  }
}

absl::StatusOr<std::unique_ptr<RepositoryLock>> RepositoryLock::Acquire(fs::Filesystem& fs, const LockPlace& place,
                                                                        absl::Duration patience,
                                                                        const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(std::unique_ptr<fs::FileLock> lock, TakeLockFile(fs, place, "lock", patience, stop));
  return std::unique_ptr<RepositoryLock>(new RepositoryLock(std::move(lock)));
}

}  // namespace expq::dvclock
