#include "common/sync/sync.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace expq::sync {
namespace {

TEST(MutexLock, LetsOneThreadInAtATime) {
  Mutex mutex;
  int sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        MutexLock lock(mutex);
        ++sum;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 4000);
}

TEST(CondVar, WakesWhoeverWaitsForTheChange) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread setter([&] {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(mutex);
    while (!ready) changed.Wait(mutex);
  }
  setter.join();
  EXPECT_TRUE(ready);
}

TEST(CondVar, SaysWhenTheTimeIsUp) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  bool timed_out = false;
  while (!timed_out) timed_out = !never.WaitFor(mutex, absl::Milliseconds(1));
  EXPECT_TRUE(timed_out);
}

TEST(CondVar, CanBeAskedToWaitForever) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread setter([&] {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyOne();
  });
  {
    MutexLock lock(mutex);
    while (!ready) changed.WaitFor(mutex, absl::InfiniteDuration());
  }
  setter.join();
  EXPECT_TRUE(ready);
}

TEST(StopToken, IsSeenByEveryCopyAndEndsTheirWaits) {
  StopToken stop;
  const StopToken copy = stop;
  EXPECT_FALSE(copy.Stopped());
  EXPECT_FALSE(copy.WaitFor(absl::Milliseconds(1)));
  std::thread stopper([stop]() mutable { stop.Stop(); });
  EXPECT_TRUE(copy.WaitFor(absl::InfiniteDuration()));
  stopper.join();
  EXPECT_TRUE(copy.Stopped());
}

TEST(StopToken, CallsBackOnceHoweverOftenItIsStopped) {
  StopToken stop;
  int calls = 0;
  const auto subscription = stop.OnStop([&calls] { ++calls; });
  EXPECT_EQ(calls, 0);
  stop.Stop();
  stop.Stop();
  EXPECT_EQ(calls, 1);
}

TEST(StopToken, CallsBackAtOnceWhenItIsStoppedAlready) {
  StopToken stop;
  stop.Stop();
  int calls = 0;
  const auto subscription = stop.OnStop([&calls] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(StopToken, ForgetsACallbackWithItsHandle) {
  StopToken stop;
  int calls = 0;
  stop.OnStop([&calls] { ++calls; }).reset();
  stop.Stop();
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace expq::sync
