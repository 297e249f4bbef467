// Time, passed in. Wall time is for display; every deadline is a duration on the steady clock.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace expq::clock {

// Thread-safe. The twin is tests/support/fake_clock.h.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time, for display and records only: it may jump.
  virtual absl::Time Now() const = 0;
  // Time since this machine booted (CLOCK_BOOTTIME): never jumps, the same in every process of one boot.
  virtual absl::Duration Steady() const = 0;
};

class SystemClock : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Steady() const override;
};

// Identifies this boot of this machine: steady times are comparable only within one. Empty when the kernel has none.
std::string BootId();

}  // namespace expq::clock
