// How attempts, signals and timers wake the sync loop: a counter that only grows, and waiting until it has.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe.
class Wakeup {
 public:
  void Notify() {
    {
      sync::MutexLock lock(mutex_);
      ++count_;
    }
    changed_.NotifyAll();
  }
  uint64_t Count() const {
    sync::MutexLock lock(mutex_);
    return count_;
  }
  // Until the count is no longer `seen`, or `timeout` has passed.
  void WaitPast(uint64_t seen, absl::Duration timeout) {
    sync::MutexLock lock(mutex_);
    while (count_ == seen && changed_.WaitFor(mutex_, timeout)) {
    }
  }

 private:
  mutable sync::Mutex mutex_;
  sync::CondVar changed_;
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace expq::agent
