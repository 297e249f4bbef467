#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "tests/support/memory_filesystem.h"

namespace expq::blob {
namespace {

const digest::Digest kA = digest::Md5Of("a"), kB = digest::Md5Of("b");

class HashIndexTest : public ::testing::Test {
 protected:
  HashIndexTest() {
    Must(disk_.MakeDirs("/w"));
    Must(disk_.Write("/w/f", "a", fs::Durability::kAtomic));
    disk_.Advance(HashIndex::kTickNs * 2);
  }
  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  bool Knows(const HashIndex& index, const std::string& path) const {
    return index.Find(*disk_.Lstat(path)) != nullptr;
  }

  testing::MemoryFilesystem disk_;
};

TEST_F(HashIndexTest, KnowsAFileUntilItChanges) {
  HashIndex index(disk_, "");
  EXPECT_FALSE(Knows(index, "/w/f"));
  index.Remember(*disk_.Lstat("/w/f"), kA);
  EXPECT_EQ(*index.Find(*disk_.Lstat("/w/f")), kA);
  disk_.ChangeInPlace("/w/f", "b");
  EXPECT_FALSE(Knows(index, "/w/f"));
}

TEST_F(HashIndexTest, DoesNotTrustAFileThatChangedWithinTheTickBeforeItWasRead) {
  HashIndex index(disk_, "");
  disk_.ChangeInPlace("/w/f", "b");
  index.Remember(*disk_.Lstat("/w/f"), kB);
  EXPECT_FALSE(Knows(index, "/w/f"));
  disk_.Advance(HashIndex::kTickNs + 1);
  index.Remember(*disk_.Lstat("/w/f"), kB);
  EXPECT_TRUE(Knows(index, "/w/f"));
}

TEST_F(HashIndexTest, ForgetsTheOldDigestOfAnInodeThatIsTooYoungToTrust) {
  HashIndex index(disk_, "/i");
  fs::FileInfo info = *disk_.Lstat("/w/f");
  index.Remember(info, kA);
  Must(index.Save());
  index.Remember(info, kB, info.mtime_ns);
  EXPECT_FALSE(Knows(index, "/w/f"));
  Must(index.Save());
  EXPECT_FALSE(Knows(HashIndex(disk_, "/i"), "/w/f"));
}

TEST_F(HashIndexTest, AWritableFileIsCheckedByItsCtimeToo) {
  HashIndex index(disk_, "");
  index.Remember(*disk_.Lstat("/w/f"), kA);
  Must(disk_.Chmod("/w/f", 0600));
  EXPECT_FALSE(Knows(index, "/w/f"));
}

TEST_F(HashIndexTest, AReadOnlyFileStaysKnownWhenLinksToItComeAndGo) {
  HashIndex index(disk_, "");
  index.Remember(*disk_.Lstat("/w/f"), kA);
  Must(disk_.Chmod("/w/f", 0444));
  Must(disk_.Link(fs::LinkKind::kHardlink, "/w/f", "/w/g"));
  EXPECT_TRUE(Knows(index, "/w/g"));
  Must(disk_.Remove("/w/g"));
  EXPECT_TRUE(Knows(index, "/w/f"));
}

TEST_F(HashIndexTest, SavesAndLoadsAndMergesWithWhatOthersSaved) {
  Must(disk_.Write("/w/g", "b", fs::Durability::kAtomic));
  disk_.Advance(HashIndex::kTickNs * 2);
  HashIndex one(disk_, "/deep/index"), other(disk_, "/deep/index");
  one.Remember(*disk_.Lstat("/w/f"), kA);
  other.Remember(*disk_.Lstat("/w/g"), kB);
  Must(one.Save());
  Must(other.Save());
  HashIndex both(disk_, "/deep/index");
  EXPECT_EQ(*both.Find(*disk_.Lstat("/w/f")), kA);
  EXPECT_EQ(*both.Find(*disk_.Lstat("/w/g")), kB);
}

TEST_F(HashIndexTest, WritesNothingWhenItLearntNothing) {
  HashIndex index(disk_, "/i");
  EXPECT_FALSE(Knows(index, "/w/f"));
  Must(index.Save());
  EXPECT_FALSE(disk_.Exists("/i"));
}

TEST_F(HashIndexTest, IgnoresADamagedOrForeignFileAndReplacesIt) {
  {
    HashIndex index(disk_, "/i");
    index.Remember(*disk_.Lstat("/w/f"), kA);
    Must(index.Save());
  }
  std::string good = *disk_.Read("/i");
  std::vector<std::string> bad = {"", "expq-hash-index 9\n", "something else", std::string(100, '\0')};
  for (size_t i = 0; i < good.size(); ++i) {
    bad.push_back(good.substr(0, i));
    bad.push_back(good);
    bad.back()[i] ^= 1;
  }
  for (const std::string& bytes : bad) {
    disk_.ChangeInPlace("/i", bytes);
    HashIndex index(disk_, "/i");
    EXPECT_FALSE(Knows(index, "/w/f"));
    index.Remember(*disk_.Lstat("/w/f"), kA);
    Must(index.Save());
    EXPECT_TRUE(Knows(HashIndex(disk_, "/i"), "/w/f"));
  }
}

}  // namespace
}  // namespace expq::blob
