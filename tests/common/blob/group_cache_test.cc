// `cache.shared = group`: whoever writes something into the cache, the whole group can go on there.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/blob/cache.h"
#include "common/blob/directory_remote.h"
#include "common/blob/run_folder.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

// Of a person who shares nothing of his own accord.
class StrictUmask {
 public:
  StrictUmask() : before_(umask(077)) {}
  ~StrictUmask() { umask(before_); }
  StrictUmask(const StrictUmask&) = delete;
  StrictUmask& operator=(const StrictUmask&) = delete;

 private:
  const mode_t before_;
};

class GroupCacheTest : public ::testing::Test {
 protected:
  Cache Open(fs::LinkKind kind) const {
    return Cache(disk_, dir_ / "cache", index_, {.link_kinds = {kind}, .group_shared = true});
  }

  void CheckModes(const std::string& root) const {
    ASSERT_TRUE(disk_.Exists(root));
    EXPECT_EQ(disk_.Stat(root)->mode, 02775u) << root;
    const auto entries = disk_.List(root);
    ASSERT_TRUE(entries.ok()) << entries.status();
    for (const fs::DirEntry& entry : *entries) {
      const std::string path = fs::Join(root, entry.name);
      if (entry.kind == fs::Kind::kDirectory) {
        CheckModes(path);
      } else {
        const bool is_run = path.find("/runs/") != std::string::npos;
        EXPECT_EQ(disk_.Stat(path)->mode, is_run ? 0664u : 0444u) << path;
      }
    }
  }

  testing::TempDir dir_;
  mutable fs::PosixFilesystem disk_;
  mutable HashIndex index_{disk_, ""};
  const StrictUmask umask_;
};

TEST_F(GroupCacheTest, EveryWayInLeavesWhatTheGroupCanUse) {
  for (const fs::LinkKind kind : {fs::LinkKind::kCopy, fs::LinkKind::kHardlink, fs::LinkKind::kSymlink}) {
    dir_.Write("w/a", "a");
    dir_.Write("w/sub/b", "b");
    dir_.Write("big", std::string(17 << 20, 'b'));
    ASSERT_TRUE(disk_.RemoveTree(dir_ / "cache").ok());
    Cache cache = Open(kind);
    ASSERT_TRUE(cache.Store(dir_ / "w").ok());
    ASSERT_TRUE(cache.StoreCopy(dir_ / "big").ok());
    ASSERT_TRUE(cache.StoreBytes("bytes", false).ok());
    CheckModes(dir_ / "cache");
    ASSERT_TRUE(disk_.RemoveTree(dir_ / "w").ok());
  }
}

TEST_F(GroupCacheTest, SoDoesWhatCameFromElsewhere) {
  HashIndex other_index(disk_, "");
  Cache other(disk_, dir_ / "other", other_index);
  const digest::Digest one = *other.StoreBytes("one", false), two = *other.StoreBytes("two", false);
  Cache cache = Open(fs::LinkKind::kCopy);
  ASSERT_TRUE(cache.Adopt({one}, other).ok());
  ASSERT_TRUE(Transfer(experiment::ProjectName(""), {two}, other, cache).ok());
  dir_.Write("other/runs/ab/abc/def", "cmd: x\n", 0600);
  ASSERT_TRUE(CopyRuns(disk_, dir_ / "other", dir_ / "cache", true).ok());
  CheckModes(dir_ / "cache");
}

TEST_F(GroupCacheTest, SoDoesARemoteOfAGroup) {
  Cache cache = Open(fs::LinkKind::kCopy);
  dir_.Write("w/a", "a");
  const digest::Digest folder = cache.Store(dir_ / "w")->digest;
  DirectoryRemote remote(disk_, dir_ / "remote", true);
  ASSERT_TRUE(Transfer(experiment::ProjectName(""), {folder}, cache, remote).ok());
  CheckModes(dir_ / "remote");
}

TEST_F(GroupCacheTest, UnprotectedFilesAreForTheGroupToo) {
  Cache cache = Open(fs::LinkKind::kHardlink);
  dir_.Write("w/a", "a");
  ASSERT_TRUE(cache.Store(dir_ / "w").ok());
  ASSERT_TRUE(cache.Unprotect(dir_ / "w").ok());
  EXPECT_EQ(disk_.Stat(dir_ / "w/a")->mode, 0664u);
}

}  // namespace
}  // namespace expq::blob
