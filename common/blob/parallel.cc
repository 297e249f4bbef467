#include "common/blob/parallel.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/sync/sync.h"

namespace expq::blob {
namespace {

// Each thread has a stretch of its own: neighbours often lie in one folder, which the kernel locks for each new name.
// Who is done with his stretch helps with the others'.
class Loop {
 public:
  Loop(size_t count, size_t threads, const std::function<absl::Status(size_t)>& work)
      : threads_(threads), work_(work), stretches_(new Stretch[threads]) {
    for (size_t i = 0; i < threads; ++i) {
      stretches_[i].next = count / threads * i + std::min(i, count % threads);
      stretches_[i].end = count / threads * (i + 1) + std::min(i + 1, count % threads);
    }
  }

  void Run(size_t thread) {
    for (size_t i = 0; i < threads_; ++i) RunStretch(stretches_[(thread + i) % threads_]);
  }

  absl::Status first_error() {
    sync::MutexLock lock(mutex_);
    return first_error_;
  }

 private:
  struct alignas(64) Stretch {
    std::atomic<size_t> next{0};
    size_t end = 0;
  };

  void RunStretch(Stretch& stretch) {
    while (!failed_) {
      const size_t i = stretch.next++;
      if (i >= stretch.end) return;
      const absl::Status status = work_(i);
      if (status.ok()) continue;
      failed_ = true;
      sync::MutexLock lock(mutex_);
      first_error_.Update(status);
    }
  }

  const size_t threads_;
  const std::function<absl::Status(size_t)>& work_;
  const std::unique_ptr<Stretch[]> stretches_;
  std::atomic<bool> failed_{false};

  sync::Mutex mutex_;
  absl::Status first_error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status ForEach(size_t count, int threads, const std::function<absl::Status(size_t)>& work) {
  if (count == 0) return absl::OkStatus();
  const size_t wanted = threads > 0 ? static_cast<size_t>(threads) : std::max(1u, std::thread::hardware_concurrency());
  const size_t used = std::min(wanted, count);
  Loop loop(count, used, work);
  std::vector<std::thread> others;
  for (size_t i = 1; i < used; ++i) others.emplace_back([&loop, i] { loop.Run(i); });
  loop.Run(0);
  for (std::thread& other : others) other.join();
  return loop.first_error();
}

absl::Status ForEach(size_t count, int threads, const sync::StopToken& stop,
                     const std::function<absl::Status(size_t)>& work) {
  return ForEach(count, threads, [&](size_t i) { return stop.Stopped() ? absl::CancelledError("stopped") : work(i); });
}

}  // namespace expq::blob
