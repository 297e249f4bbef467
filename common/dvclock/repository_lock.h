// DVC's lock files, so that a DVC that runs beside us waits for us and we for it.
//
//   <dir>/lock         held while a command may look at or change the repository; not while a stage's command runs
//   <dir>/rwlock.lock  held while <dir>/rwlock is read and written (path_locks.h)
//
// Both hold " PID\n" and are locked with flock; they stay when they are let go. With core.hardlink_lock (for NFS) they
// are there only while held: hard links to a claim file of the holder.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::dvclock {

// As long as DVC waits.
constexpr absl::Duration kPatience = absl::Seconds(3);

// Where the locks of one repository are.
struct LockPlace {
  std::string dir;  // ".dvc/tmp", absolute
  bool hardlink = false;
};

// Held until destroyed, or until the process ends.
class RepositoryLock {
 public:
  // Waits at most `patience`; makes the folder. FailedPrecondition names who holds it; Cancelled when stopped first.
  static absl::StatusOr<std::unique_ptr<RepositoryLock>> Acquire(fs::Filesystem& fs, const LockPlace& place,
                                                                 absl::Duration patience, const sync::StopToken& stop);

 private:
  explicit RepositoryLock(std::unique_ptr<fs::FileLock> lock) : lock_(std::move(lock)) {}
  const std::unique_ptr<fs::FileLock> lock_;
};

// The lock file `name` of the place, in the same manner.
absl::StatusOr<std::unique_ptr<fs::FileLock>> TakeLockFile(fs::Filesystem& fs, const LockPlace& place,
                                                           const std::string& name, absl::Duration patience,
                                                           const sync::StopToken& stop);

// "process 123 (dvc repro)", for messages.
std::string Described(int64_t pid, const std::string& command);

}  // namespace expq::dvclock
