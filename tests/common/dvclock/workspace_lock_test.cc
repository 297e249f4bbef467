#include "common/dvclock/workspace_lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/process/identity.h"
#include "common/status/status.h"
#include "tests/support/temp_dir.h"

namespace expq::dvclock {
namespace {

// Another program's locks are made by a second object: flock tells them apart, and entries of rwlock by their command.
class WorkspaceLockTest : public ::testing::Test {
 protected:
  std::unique_ptr<WorkspaceLock> Open() {
    auto lock = WorkspaceLock::Open(fs_, place_, "expq repro", [](const absl::Status&) {}, stop_);
    EXPECT_TRUE(lock.ok()) << lock.status();
    return lock.ok() ? *std::move(lock) : nullptr;
  }

  bool Free() { return fs::FileLock::TryLock(dir_ / "tmp/lock").ok(); }
  std::string Rwlock() { return dir_.Read("tmp/rwlock"); }
  std::string Self() { return absl::StrCat(process::SelfPid()); }

  expq::testing::TempDir dir_;
  fs::PosixFilesystem fs_;
  LockPlace place_{.dir = dir_ / "tmp"};
  sync::StopToken stop_;
};

TEST_F(WorkspaceLockTest, HoldsTheRepositoryUntilItIsDestroyedAndLeavesItsNumber) {
  auto lock = Open();
  EXPECT_FALSE(Free());
  EXPECT_EQ(dir_.Read("tmp/lock"), absl::StrCat(" ", Self(), "\n"));
  lock.reset();
  EXPECT_TRUE(Free());
}

TEST_F(WorkspaceLockTest, NamesWhoHoldsTheRepository) {
  const auto lock = Open();
  const auto second = RepositoryLock::Acquire(fs_, place_, absl::ZeroDuration(), stop_);
  ASSERT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(second.status().message(), absl::StrCat("locked by process ", Self(), " (")))
      << second.status();
  EXPECT_TRUE(absl::StrContains(status::Hint(second.status()), dir_ / "tmp/lock"));
}

TEST_F(WorkspaceLockTest, IsStoppedWhileItWaits) {
  const auto lock = Open();
  stop_.Stop();
  EXPECT_TRUE(absl::IsCancelled(RepositoryLock::Acquire(fs_, place_, absl::InfiniteDuration(), stop_).status()));
}

TEST_F(WorkspaceLockTest, LetsTheRepositoryGoWhileOnlyCommandsRun) {
  const auto lock = Open();
  ASSERT_TRUE(lock->Enter(stop_).ok());
  ASSERT_TRUE(lock->Enter(stop_).ok());
  lock->CommandStarts();
  EXPECT_FALSE(Free()) << "another thread is inside";
  lock->Leave();
  EXPECT_TRUE(Free());
  ASSERT_TRUE(lock->CommandEnds(stop_).ok());
  EXPECT_FALSE(Free());
  lock->Leave();
  EXPECT_FALSE(Free()) << "between two stages it stays ours";
}

TEST_F(WorkspaceLockTest, WritesWhatACommandReadsAndWritesAsDvcDoes) {
  const auto lock = Open();
  ASSERT_TRUE(lock->Enter(stop_).ok());
  auto paths = lock->Hold({.read = {"/r/in"}, .write = {"/r/out"}});
  ASSERT_TRUE(paths.ok()) << paths.status();
  const std::string self = absl::StrCat("{\"pid\": ", Self(), ", \"cmd\": \"expq repro\"}");
  EXPECT_EQ(Rwlock(), absl::StrCat("{\"write\": {\"/r/out\": ", self, "}, \"read\": {\"/r/in\": [", self, "]}}"));
  paths->reset();
  EXPECT_EQ(Rwlock(), "{}");
}

TEST_F(WorkspaceLockTest, TwoCommandsMayReadOnePath) {
  PathLocks locks(fs_, place_, "expq repro");
  auto one = locks.Acquire({.read = {"/r/in"}, .write = {}});
  auto two = locks.Acquire({.read = {"/r/in"}, .write = {}});
  ASSERT_TRUE(one.ok() && two.ok());
  one->reset();
  EXPECT_TRUE(absl::StrContains(Rwlock(), "/r/in"));
  two->reset();
  EXPECT_EQ(Rwlock(), "{}");
}

TEST_F(WorkspaceLockTest, RefusesPathsThatAnotherProgramIsAt) {
  PathLocks theirs(fs_, place_, "dvc repro");
  PathLocks ours(fs_, place_, "expq repro");
  const auto held = theirs.Acquire({.read = {"/r/in"}, .write = {"/r/dir"}});
  ASSERT_TRUE(held.ok());
  const std::string who = absl::StrCat(" is in use by process ", Self(), " (dvc repro)");
  EXPECT_EQ(ours.Check({.read = {"/r/dir/x"}, .write = {}}).message(), "/r/dir/x" + who);
  EXPECT_EQ(ours.Acquire({.read = {}, .write = {"/r/dir"}}).status().message(), "/r/dir" + who);
  EXPECT_EQ(ours.Check({.read = {}, .write = {"/r/in"}}).message(), "/r/in" + who);
  EXPECT_TRUE(ours.Check({.read = {"/r/in", "/r/directory"}, .write = {"/r/other"}}).ok());
}

TEST_F(WorkspaceLockTest, AListThatIsBeingWrittenIsNotTakenForADamagedOne) {
  PathLocks theirs(fs_, place_, "dvc repro");
  const PathLocks ours(fs_, place_, "expq repro");
  std::atomic<bool> done = false;
  std::thread writer([&] {
    std::vector<std::string> many;
    for (int i = 0; i < 50; ++i) many.push_back(absl::StrCat("/r/out", i));
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(theirs.Acquire({.read = {}, .write = many}).ok());
    done = true;
  });
  absl::Status status;
  while (status.ok() && !done) status = ours.Check({.read = {"/r/in"}, .write = {}});
  writer.join();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(WorkspaceLockTest, ForgetsWhatDeadProgramsLeft) {
  constexpr char kNobody[] = "999999999";  // above the kernel's largest
  dir_.Write("tmp/rwlock", absl::StrCat("{\"write\": {\"/r/out\": {\"pid\": ", kNobody, ", \"cmd\": \"dvc repro\"}},",
                                        " \"read\": {\"/r/out\": [{\"pid\": ", kNobody, ", \"cmd\": \"x\"}]}}"));
  PathLocks locks(fs_, place_, "expq repro");
  auto held = locks.Acquire({.read = {}, .write = {"/r/out"}});
  ASSERT_TRUE(held.ok()) << held.status();
  held->reset();
  EXPECT_EQ(Rwlock(), "{}");
}

TEST_F(WorkspaceLockTest, APathMayBeAsLongAsTheKernelTakes) {
  const std::string path = absl::StrCat("/r/", std::string(4'000, 'x'), "\xc3\xa9\"");
  PathLocks ours(fs_, place_, "expq repro"), theirs(fs_, place_, "dvc repro");
  const auto held = ours.Acquire({.read = {}, .write = {path}});
  ASSERT_TRUE(held.ok()) << held.status();
  const absl::Status clash = theirs.Check({.read = {path}, .write = {}});
  EXPECT_TRUE(absl::StrContains(clash.message(), "is in use by")) << clash;
}

TEST_F(WorkspaceLockTest, RefusesADamagedListOfPaths) {
  PathLocks locks(fs_, place_, "expq repro");
  for (const char* bytes :
       {"{", "[]", "{\"write\": 1}", "{\"write\": {\"a\": 1}}", "{\"read\": {\"a\": [{\"pid\": \"x\"}]}}"}) {
    dir_.Write("tmp/rwlock", bytes);
    EXPECT_EQ(locks.Check({}).code(), absl::StatusCode::kFailedPrecondition) << bytes;
  }
}

TEST_F(WorkspaceLockTest, ALinkIsThereOnlyWhileItIsHeld) {
  place_.hardlink = true;
  auto lock = Open();
  const auto info = fs_.Lstat(dir_ / "tmp/lock");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->links, 2u);
  EXPECT_GT(info->mtime_ns, fs_.StampNs() + absl::ToInt64Nanoseconds(absl::Hours(24 * 300)));
  EXPECT_TRUE(fs_.Exists(dir_.Read("tmp/lock"))) << "it names its claim";
  EXPECT_FALSE(RepositoryLock::Acquire(fs_, place_, absl::ZeroDuration(), stop_).ok());
  lock.reset();
  EXPECT_TRUE(fs_.List(dir_ / "tmp")->empty());
}

}  // namespace
}  // namespace expq::dvclock
