#include "agent/workers.h"

#include <utility>

namespace expq::agent {

Workers::~Workers() {
  std::vector<std::thread> threads;
  {
    sync::MutexLock lock(mutex_);
    closing_ = true;
    threads.swap(threads_);
  }
  more_.NotifyAll();
  for (std::thread& thread : threads) thread.join();
}

void Workers::Start(std::function<void()> work) {
  sync::MutexLock lock(mutex_);
  waiting_.push_back(std::move(work));
  if (idle_ < waiting_.size()) {
    threads_.emplace_back([this] { Serve(); });
  } else {
    more_.NotifyOne();
  }
}

void Workers::Serve() {
  for (;;) {
    std::function<void()> work;
    {
      sync::MutexLock lock(mutex_);
      ++idle_;
      while (waiting_.empty() && !closing_) more_.Wait(mutex_);
      --idle_;
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace expq::agent
