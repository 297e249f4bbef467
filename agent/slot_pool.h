// The workspaces of one data folder, shared by all agents that use it (two `run-all` at once): a slot is whose lock one
// holds. Slots are kept locked until the pool is destroyed, so that this process's next attempt finds them as they
// were.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/slot.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe.
class SlotPool {
 public:
  // `resumable`: the next process may go on with attempts of this one.
  SlotPool(fs::Filesystem& fs, AgentLayout layout, bool resumable)
      : fs_(fs), layout_(std::move(layout)), resumable_(resumable) {}
  ~SlotPool();

  // A free slot, best one that holds files of that repository, reset. Never waits: there is always another number.
  absl::StatusOr<std::unique_ptr<Slot>> Acquire(const std::string& objects_dir);
  // The slot that an earlier process prepared for this attempt, as it is. NotFound when there is none.
  absl::StatusOr<std::unique_ptr<Slot>> Resume(const AttemptKey& key);
  void Release(std::unique_ptr<Slot> slot);

 private:
  static void Save(Slot& slot);
  std::unique_ptr<Slot> TakeIdle(const std::string& objects_dir) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::unique_ptr<Slot>> LockFree(const std::string& objects_dir) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::unique_ptr<Slot>> LockNumber(int number);

  fs::Filesystem& fs_;
  const AgentLayout layout_;
  const bool resumable_;
  sync::Mutex mutex_;
  std::vector<std::unique_ptr<Slot>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::agent
