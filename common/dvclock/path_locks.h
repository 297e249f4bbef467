// DVC's locks of single paths, for the time in which a stage's command runs and the repository itself is not locked:
// who reads or writes what, for all programs on this machine to see.
//
//   <dir>/rwlock   {"write": {"/repo/out": {"pid": 12, "cmd": "dvc repro"}}, "read": {"/repo/in": [{…}, …]}}
//
// Entries of processes that are no more are taken out by whoever meets them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/dvclock/repository_lock.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::dvclock {

// Absolute paths.
struct Paths {
  std::vector<std::string> read;
  std::vector<std::string> write;
};

// Thread-safe. Two holds of one PathLocks never conflict: who runs stages keeps them apart.
class PathLocks {
 public:
  // `command` is what others are told is running here.
  PathLocks(fs::Filesystem& fs, LockPlace place, std::string command);

  // Lets go when destroyed; a failure to do so leaves an entry that others see through as soon as this process ends.
  class Hold {
   public:
    Hold(PathLocks& locks, Paths paths) : locks_(locks), paths_(std::move(paths)) {}
    ~Hold() { locks_.Release(paths_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    PathLocks& locks_;
    const Paths paths_;
  };

  // FailedPrecondition names the path and who is at it: another process writes what would be read or written, or reads
  // what would be written.
  absl::StatusOr<std::unique_ptr<Hold>> Acquire(Paths paths);
  // The same check without holding anything; costs one look where no command runs.
  absl::Status Check(const Paths& paths) const;

 private:
  void Release(const Paths& paths);

  fs::Filesystem& fs_;
  const LockPlace place_;
  const std::string command_;

  mutable sync::Mutex mutex_;
  std::map<std::string, int> reads_ ABSL_GUARDED_BY(mutex_);  // how many holds of ours have it
  std::map<std::string, int> writes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::dvclock
