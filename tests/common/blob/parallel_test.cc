// A loop on several threads: everything once, an error ends it.
#include "common/blob/parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <vector>

namespace expq::blob {
namespace {

TEST(ForEach, CallsEveryIndexOnceWithAnyNumberOfThreads) {
  for (const size_t count : {0, 1, 2, 7, 100}) {
    for (const int threads : {0, 1, 2, 3, 8}) {
      std::vector<std::atomic<int>> calls(count);
      EXPECT_TRUE(ForEach(count, threads, [&](size_t i) {
                    ++calls[i];
                    return absl::OkStatus();
                  }).ok());
      EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), [](const std::atomic<int>& n) { return n == 1; }))
          << count << " on " << threads;
    }
  }
}

TEST(ForEach, OneThreadGoesInOrderAndStopsAtTheFirstError) {
  std::vector<size_t> seen;
  const absl::Status ended = ForEach(10, 1, [&](size_t i) {
    seen.push_back(i);
    return i == 3 ? absl::DataLossError("three") : absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsDataLoss(ended));
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 1, 2, 3));
}

TEST(ForEach, AnIdleThreadTakesOverWhatABusyOneHasNotBegun) {
  // Whoever gets the first index waits until all others of its stretch are done: somebody else must do them.
  constexpr size_t kCount = 8;
  sync::Mutex mutex;
  sync::CondVar changed;
  std::set<size_t> done;
  EXPECT_TRUE(ForEach(kCount, 2, [&](size_t i) {
                sync::MutexLock lock(mutex);
                while (i == 0 && done.size() < kCount - 1) changed.Wait(mutex);
                done.insert(i);
                changed.NotifyAll();
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(done.size(), kCount);
}

TEST(ForEach, StoppedItIsCancelled) {
  sync::StopToken stop;
  stop.Stop();
  EXPECT_TRUE(absl::IsCancelled(ForEach(3, 2, stop, [](size_t) { return absl::OkStatus(); })));
}

}  // namespace
}  // namespace expq::blob
