// A clock that stands still until the test moves it.
#pragma once

#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/sync/sync.h"

namespace expq::testing {

// Thread-safe.
class FakeClock : public clock::Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'700'000'000)) : now_(now) {}

  absl::Time Now() const override {
    sync::MutexLock lock(mutex_);
    return now_;
  }
  absl::Duration Steady() const override {
    sync::MutexLock lock(mutex_);
    return steady_;
  }

  // Time passes: both clocks move.
  void Advance(absl::Duration by) {
    sync::MutexLock lock(mutex_);
    now_ += by;
    steady_ += by;
  }
  // Somebody sets the wall clock: the steady one does not care.
  void JumpWall(absl::Duration by) {
    sync::MutexLock lock(mutex_);
    now_ += by;
  }

 private:
  mutable sync::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  absl::Duration steady_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
};

}  // namespace expq::testing
