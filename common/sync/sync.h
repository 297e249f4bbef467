// Locks that clang's thread-safety analysis understands, and a stop flag that can be waited on.
// They wrap std::mutex because Debian's absl::Mutex is not instrumented: the thread sanitizer would see no order.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace expq::sync {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Wait in a loop that checks the condition: wake-ups may be spurious.
class CondVar {
 public:
  void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // False when `timeout` passed first.
  bool WaitFor(Mutex& mutex, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

// "Please stop": set once, seen by all copies, waitable. Thread-safe; copies share one state.
class StopToken {
 public:
  StopToken();
  bool Stopped() const;
  void Stop();
  // True when stopped within `timeout`.
  bool WaitFor(absl::Duration timeout) const;
  // Calls `callback` once when stopped (at once when it already is), on the stopping thread; the callback must be
  // short and must not call into the token. It is forgotten when the returned handle is destroyed, but may be running
  // then: it owns what it touches.
  std::shared_ptr<void> OnStop(std::function<void()> callback) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace expq::sync
