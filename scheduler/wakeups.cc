#include "scheduler/wakeups.h"

#include <algorithm>

namespace expq::scheduler {

void Wakeups::Notify() {
  {
    sync::MutexLock lock(mutex_);
    ++changes_;
  }
  changed_.NotifyAll();
}

void Wakeups::Stop() {
  {
    sync::MutexLock lock(mutex_);
    stopped_ = true;
  }
  changed_.NotifyAll();
}

bool Wakeups::Stopped() const {
  sync::MutexLock lock(mutex_);
  return stopped_;
}

int64_t Wakeups::OthersVersion() const {
  if (poll_ == absl::InfiniteDuration()) return 0;
  // A store that cannot say wakes nobody; whoever waits meets its error when the wait is over.
  return store_.DataVersion().value_or(0);
}

Moment Wakeups::Now() const {
  Moment moment;
  moment.data_version = OthersVersion();
  sync::MutexLock lock(mutex_);
  moment.changes = changes_;
  return moment;
}

bool Wakeups::Wait(const Moment& moment, absl::Duration& timeout) {
  while (timeout > absl::ZeroDuration()) {
    absl::Duration slice = std::min(timeout, poll_);
    {
      sync::MutexLock lock(mutex_);
      bool notified = true;
      while (notified && changes_ == moment.changes && !stopped_) notified = changed_.WaitFor(mutex_, slice);
      if (stopped_) return false;
      if (changes_ != moment.changes) return true;
    }
    timeout -= slice;
    if (OthersVersion() != moment.data_version) return true;
  }
  return false;
}

}  // namespace expq::scheduler
