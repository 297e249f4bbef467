// Who works in the user's own workspace: as a DVC does it, the repository is locked while we look at it or change it,
// and only the paths of a stage while its command runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/dvclock/path_locks.h"
#include "common/dvclock/repository_lock.h"
#include "common/sync/sync.h"

namespace expq::dvclock {

// Thread-safe. The repository's lock is held from Open until destruction, except while commands run and no thread is
// between Enter and Leave.
class WorkspaceLock {
 public:
  // Waits at most kPatience: FailedPrecondition names who holds it. `say` is called when a lock that was let go for a
  // command is long in coming back; `fs` outlives it.
  static absl::StatusOr<std::unique_ptr<WorkspaceLock>> Open(fs::Filesystem& fs, LockPlace place, std::string command,
                                                             std::function<void(const absl::Status&)> say,
                                                             const sync::StopToken& stop);

  // A thread begins to look at the workspace and change it, and is done. Entering waits as long as it takes: what a
  // long command has made must not be lost. Cancelled when stopped.
  absl::Status Enter(const sync::StopToken& stop);
  void Leave();

  // Between Enter and Leave: others see which paths a stage reads and writes. FailedPrecondition when another process
  // is at one of them.
  absl::StatusOr<std::unique_ptr<PathLocks::Hold>> Hold(Paths paths) { return paths_.Acquire(std::move(paths)); }
  absl::Status Check(const Paths& paths) const { return paths_.Check(paths); }

  // Between Enter and Leave: the thread waits for a command meanwhile, and is back. CommandEnds waits like Enter.
  void CommandStarts();
  absl::Status CommandEnds(const sync::StopToken& stop);

 private:
  WorkspaceLock(fs::Filesystem& fs, LockPlace place, std::string command, std::function<void(const absl::Status&)> say,
                std::unique_ptr<RepositoryLock> held);
  absl::Status TakeBack(const sync::StopToken& stop) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LetGoIfIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  fs::Filesystem& fs_;
  const LockPlace place_;
  const std::function<void(const absl::Status&)> say_;
  PathLocks paths_;

  // Held while the repository's lock is waited for: whoever else enters needs it too.
  sync::Mutex mutex_;
  std::unique_ptr<RepositoryLock> held_ ABSL_GUARDED_BY(mutex_);
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  int commands_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace expq::dvclock
