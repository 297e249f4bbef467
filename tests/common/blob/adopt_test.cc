// Two caches on a real disk: links between them are the file system's business.
#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

class AdoptTest : public ::testing::Test {
 protected:
  uint64_t Inode(const std::string& path) { return disk_.Stat(path)->inode; }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
  Cache ours_{disk_, dir_ / "ours", index_};
  Cache theirs_{disk_, dir_ / "theirs", index_};
};

TEST_F(AdoptTest, TakesFilesAndFoldersWithoutCopyingThem) {
  dir_.Write("w/d/a", "1\n");
  dir_.Write("w/d/sub/b", "2\n");
  const digest::Digest folder = theirs_.Store(dir_ / "w/d")->digest;
  const digest::Digest file = *theirs_.StoreBytes("three", false);
  ASSERT_TRUE(ours_.StoreBytes("2\n", false).ok());
  const digest::Digest nowhere = digest::Md5Of("nowhere");
  ASSERT_TRUE(ours_.Adopt({folder, file, nowhere}, theirs_).ok());
  EXPECT_TRUE(ours_.HasAll(folder));
  EXPECT_TRUE(ours_.Has(file));
  EXPECT_FALSE(ours_.Has(nowhere));
  EXPECT_EQ(Inode(ours_.ObjectPath(file)), Inode(theirs_.ObjectPath(file)));
  ASSERT_TRUE(ours_.Checkout(folder, dir_ / "out").ok());
  EXPECT_EQ(dir_.Read("out/sub/b"), "2\n");
}

TEST_F(AdoptTest, LeavesWhatIsDamagedWhereItIs) {
  const digest::Digest damaged = *theirs_.StoreBytes("good", false);
  const std::string object = theirs_.ObjectPath(damaged);
  ASSERT_TRUE(disk_.Write(object, "evil", fs::Durability::kAtomic, 0444).ok());
  ASSERT_TRUE(ours_.Adopt({damaged}, theirs_).ok());
  EXPECT_FALSE(ours_.Has(damaged));
  EXPECT_EQ(*disk_.Read(object), "evil");
}

TEST_F(AdoptTest, OfAFolderThatIsNotWholeTakesNoManifest) {
  dir_.Write("w/d/a", "1\n");
  dir_.Write("w/d/b", "2\n");
  const digest::Digest folder = theirs_.Store(dir_ / "w/d")->digest;
  ASSERT_TRUE(disk_.Remove(theirs_.ObjectPath(digest::Md5Of("1\n"))).ok());
  ASSERT_TRUE(ours_.Adopt({folder}, theirs_).ok());
  EXPECT_FALSE(ours_.Has(folder));
  EXPECT_TRUE(ours_.Has(digest::Md5Of("2\n")));
}

}  // namespace
}  // namespace expq::blob
