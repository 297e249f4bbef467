#include "agent/disk_watch.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_filesystem.h"

namespace expq::agent {
namespace {

using testing::FakeClock;

// Disks of a given size, by folder.
class Disks : public testing::MemoryFilesystem {
 public:
  absl::StatusOr<int64_t> FreeBytes(const std::string& path) const override {
    for (const auto& [folder, free] : free_bytes) {
      if (fs::IsWithin(path, folder)) return free;
    }
    return absl::InternalError("nobody knows");
  }
  std::map<std::string, int64_t> free_bytes;
};

class DiskWatchTest : public ::testing::Test {
 protected:
  Disks disks_;
  FakeClock clock_;
  DiskWatch watch_{disks_, clock_};
};

TEST_F(DiskWatchTest, NamesTheFolderWhoseDiskIsFullUntilThereIsRoom) {
  ASSERT_TRUE(disks_.MakeDirs("/work").ok());
  ASSERT_TRUE(disks_.MakeDirs("/big/cache").ok());
  watch_.Watch("/work");
  watch_.Watch("/big/cache");
  disks_.free_bytes = {{"/work", 1000}, {"/big", int64_t{1} << 30}};
  EXPECT_EQ(watch_.Trouble(), "the disk of /work is full");
  disks_.free_bytes["/work"] = int64_t{1} << 30;
  EXPECT_EQ(watch_.Trouble(), "");
  disks_.free_bytes["/big"] = 0;
  EXPECT_EQ(watch_.Trouble(), "the disk of /big/cache is full");
}

TEST_F(DiskWatchTest, LooksAtTheFolderAboveOneThatIsNotThereYet) {
  ASSERT_TRUE(disks_.MakeDirs("/data").ok());
  watch_.Watch("/data/projects/p/cache");
  disks_.free_bytes = {{"/data", 0}};
  EXPECT_EQ(watch_.Trouble(), "the disk of /data/projects/p/cache is full");
}

TEST_F(DiskWatchTest, TakesADiskThatNobodyKnowsForOneWithRoom) {
  watch_.Watch("/odd");
  EXPECT_EQ(watch_.Trouble(), "");
}

TEST_F(DiskWatchTest, WaitsAfterAFullDiskAndLongerEachTimeInARow) {
  watch_.MetFull("cannot write /c/x: no space");
  EXPECT_EQ(watch_.Trouble(), "a disk is full: cannot write /c/x: no space");
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(watch_.Trouble(), "");
  watch_.MetFull("again");
  clock_.Advance(absl::Seconds(19));
  EXPECT_EQ(watch_.Trouble(), "a disk is full: again");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(watch_.Trouble(), "");
  for (int i = 0; i < 10; ++i) watch_.MetFull("and again");
  clock_.Advance(absl::Minutes(5));
  EXPECT_EQ(watch_.Trouble(), "") << "it tries again every five minutes";
}

TEST_F(DiskWatchTest, NamesTheFolderThatTheAttemptMet) {
  for (const char* folder : {"/repo/.git", "/repo/.git/expq", "/cache"}) watch_.Watch(folder);
  watch_.MetFull("stage 's': cannot write /repo/.git/expq/x.tmp: no space");
  EXPECT_EQ(watch_.Trouble(), "the disk of /repo/.git/expq is full");
}

TEST_F(DiskWatchTest, BeginsAnewAfterASuccess) {
  for (int i = 0; i < 5; ++i) watch_.MetFull("full");
  watch_.MetRoom();
  watch_.MetFull("full");
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(watch_.Trouble(), "");
}

}  // namespace
}  // namespace expq::agent
