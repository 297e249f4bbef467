#include "common/blob/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "common/sync/sync.h"

namespace expq::blob {
namespace {

struct Loop {
  const size_t count;
  const std::function<absl::Status(size_t)>& work;

  std::atomic<size_t> next{0};

  sync::Mutex mutex;
  absl::Status first_error ABSL_GUARDED_BY(mutex);

  void Run() {
    for (size_t i = next++; i < count; i = next++) {
      absl::Status status = work(i);
      if (status.ok()) continue;
      next = count;
      sync::MutexLock lock(mutex);
      first_error.Update(status);
    }
  }
};

}  // namespace

absl::Status ForEach(size_t count, int threads, const std::function<absl::Status(size_t)>& work) {
  size_t wanted = threads > 0 ? static_cast<size_t>(threads) : std::max(1u, std::thread::hardware_concurrency());
  Loop loop{count, work};
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(wanted, count); ++i) others.emplace_back([&loop] { loop.Run(); });
  loop.Run();
  for (std::thread& other : others) other.join();
  sync::MutexLock lock(loop.mutex);
  return loop.first_error;
}

absl::Status ForEach(size_t count, int threads, const sync::StopToken& stop,
                     const std::function<absl::Status(size_t)>& work) {
  return ForEach(count, threads, [&](size_t i) { return stop.Stopped() ? absl::CancelledError("stopped") : work(i); });
}

}  // namespace expq::blob
