// Calls that wait for something to happen, in this process or in another that shares the store.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "common/sync/sync.h"
#include "scheduler/store/store.h"

namespace expq::scheduler {

// Where the world stood before somebody looked at the store; what happened since ends a wait.
struct Moment {
  int64_t changes = 0;       // of this process
  int64_t data_version = 0;  // of the store, when others write it too
};

// Thread-safe.
class Wakeups {
 public:
  // `poll`: how often the store is looked at for the changes of others; infinite = there are no others.
  Wakeups(store::Store& store, absl::Duration poll) : store_(store), poll_(poll) {}

  // Something that others may wait for was committed.
  void Notify();
  // Ends all waits, now and later.
  void Stop();
  bool Stopped() const;

  Moment Now() const;
  // True when something happened since `moment`; false when `timeout` passed first, or Stop was called. Takes off
  // `timeout` what it waited, so that a caller can go on waiting.
  bool Wait(const Moment& moment, absl::Duration& timeout);

 private:
  int64_t OthersVersion() const;

  store::Store& store_;
  const absl::Duration poll_;

  mutable sync::Mutex mutex_;
  sync::CondVar changed_;
  int64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace expq::scheduler
