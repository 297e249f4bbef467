// Threads for attempts: one each while it runs, used again for the next.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe. Destroying it waits until all work has ended.
class Workers {
 public:
  ~Workers();
  // Never waits: a thread that has nothing to do takes it, or a new one.
  void Start(std::function<void()> work);

 private:
  void Serve();

  sync::Mutex mutex_;
  sync::CondVar more_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::agent
