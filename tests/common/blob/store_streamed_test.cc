// Large files go into the cache while they are hashed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/blob/cache.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

class StoreStreamedTest : public ::testing::Test {
 protected:
  static std::string Bytes() {
    std::string bytes(17 << 20, 'x');
    bytes[5 << 20] = 'y';
    return bytes;
  }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
  CacheOptions options_{.link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kCopy}};
};

TEST_F(StoreStreamedTest, TheObjectHasTheBytesAndBothAreKnownAfterwards) {
  Cache cache(disk_, dir_ / "cache", index_, options_);
  const std::string file = dir_.Write("w/large", Bytes());
  const Content content = *cache.Store(file);
  EXPECT_EQ(content.digest, digest::Md5Of(Bytes()));
  EXPECT_EQ(content.size, 17 << 20);
  const std::string object = cache.ObjectPath(content.digest);
  EXPECT_EQ(*disk_.Read(object), Bytes());
  EXPECT_EQ(disk_.Lstat(object)->mode, 0444u);
  EXPECT_EQ(disk_.Lstat(file)->mode, 0644u);
  EXPECT_NE(index_.Find(*disk_.Lstat(file)), nullptr);
  EXPECT_NE(index_.Find(*disk_.Lstat(object)), nullptr);
}

TEST_F(StoreStreamedTest, OneThatIsThereAlreadyIsStoredOnce) {
  Cache cache(disk_, dir_ / "cache", index_, options_);
  const Content first = *cache.Store(dir_.Write("w/1", Bytes()));
  const uint64_t inode = disk_.Lstat(cache.ObjectPath(first.digest))->inode;
  EXPECT_EQ(cache.Store(dir_.Write("w/2", Bytes()))->digest, first.digest);
  EXPECT_EQ(disk_.Lstat(cache.ObjectPath(first.digest))->inode, inode);
  EXPECT_EQ(disk_.List(dir_ / "cache/files/md5")->size(), 1u) << "no temporary file is left";
}

TEST_F(StoreStreamedTest, StoppedHalfWayLeavesNothing) {
  options_.stop.Stop();
  Cache cache(disk_, dir_ / "cache", index_, options_);
  EXPECT_TRUE(absl::IsCancelled(cache.Store(dir_.Write("w/large", Bytes())).status()));
  EXPECT_EQ(disk_.List(dir_ / "cache/files/md5")->size(), 0u);
}

TEST_F(StoreStreamedTest, AGroupsCacheHasFoldersOfTheGroup) {
  options_.group_shared = true;
  Cache cache(disk_, dir_ / "cache", index_, options_);
  const Content content = *cache.Store(dir_.Write("w/small", "1"));
  for (std::string folder = fs::Dirname(cache.ObjectPath(content.digest)); folder != dir_.path();
       folder = fs::Dirname(folder)) {
    EXPECT_EQ(disk_.Lstat(folder)->mode, 02775u) << folder;
  }
}

}  // namespace
}  // namespace expq::blob
