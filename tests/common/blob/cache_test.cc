// The cache on a real disk: links, modes and inodes are the file system's business.
#include "common/blob/cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const experiment::ProjectName kProject("p");

// Puts a stamp on a file that is older than the clock's tick: as if it had been there for a while.
void Age(const std::string& path) {
  const timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), long_ago, 0), 0);
}

class CacheTest : public ::testing::Test {
 protected:
  static CacheOptions With(std::vector<fs::LinkKind> kinds) {
    CacheOptions options;
    options.link_kinds = std::move(kinds);
    return options;
  }
  static CacheOptions Hardlinks() { return With({fs::LinkKind::kHardlink}); }
  static CacheOptions Copies() { return With({fs::LinkKind::kCopy}); }

  Cache Make(CacheOptions options) { return Cache(disk_, dir_ / "cache", index_, std::move(options)); }
  fs::FileInfo Info(const std::string& path) { return *disk_.Lstat(path); }
  std::vector<std::string> Tree(const std::string& root) {
    std::vector<std::string> found;
    EXPECT_TRUE(fs::Walk(disk_, root, [&](const std::string& relative, fs::Kind) {
                  found.push_back(relative);
                  return absl::OkStatus();
                }).ok());
    return found;
  }
  // Every object has the bytes of its name and nothing else is in the cache.
  void ExpectCacheIsSound() {
    if (!disk_.Exists(dir_ / "cache/files/md5")) return;
    for (const std::string& name : Tree(dir_ / "cache/files/md5")) {
      std::string hex = name.substr(0, 2) + name.substr(3);
      auto digest = digest::Digest::Parse(hex);
      ASSERT_TRUE(digest.ok()) << name;
      std::string bytes = *disk_.Read(dir_ / "cache/files/md5/" + name);
      EXPECT_EQ(digest::Md5Of(bytes, digest->is_dir()), *digest);
      EXPECT_EQ(Info(dir_ / "cache/files/md5/" + name).mode, 0444u);
    }
  }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
};

TEST_F(CacheTest, HashesAFileAndAFolderAsDvcDoes) {
  Cache cache = Make(Hardlinks());
  std::string file = dir_.Write("w/d/z.txt", "1\n");
  dir_.Write("w/d/sub/a.txt", "2\n");
  EXPECT_EQ(cache.Hash(file)->digest.text(), "b026324c6904b2a9cb4b88d6d61c81d1");
  Content content = *cache.Hash(dir_ / "w/d");
  EXPECT_EQ(content.digest.text(), "cd79995fc7bcc2f0501a8f6fd54b8ab8.dir");
  EXPECT_EQ(content.nfiles, 2);
  EXPECT_EQ(content.size, 4);
  ASSERT_TRUE(disk_.MakeDirs(dir_ / "w/empty/below").ok());
  EXPECT_EQ(cache.Hash(dir_ / "w/empty")->digest.text(), "d751713988987e9331980363e24189ce.dir");
  EXPECT_TRUE(absl::IsNotFound(cache.Hash(dir_ / "w/none").status()));
}

TEST_F(CacheTest, HashesALargeFileAndRemembersItThoughItWasJustWritten) {
  Cache cache = Make(Hardlinks());
  std::string bytes(17 << 20, 'x');
  bytes[5 << 20] = 'y';
  std::string file = dir_.Write("large", bytes);
  EXPECT_EQ(cache.Hash(file)->digest, digest::Md5Of(bytes));
  EXPECT_NE(index_.Find(Info(file)), nullptr);
}

TEST_F(CacheTest, HashesALinkAsWhatItLeadsToAndLeavesOutLinksToFolders) {
  Cache cache = Make(Hardlinks());
  dir_.Write("elsewhere/f", "1\n");
  ASSERT_TRUE(disk_.MakeDirs(dir_ / "d").ok());
  ASSERT_TRUE(disk_.Link(fs::LinkKind::kSymlink, "../elsewhere/f", dir_ / "d/to-file").ok());
  ASSERT_TRUE(disk_.Link(fs::LinkKind::kSymlink, "../elsewhere", dir_ / "d/to-folder").ok());
  Content content = *cache.Hash(dir_ / "d");
  ASSERT_EQ(content.files.size(), 1u);
  EXPECT_EQ(content.files[0].relpath, "to-file");
  EXPECT_EQ(content.files[0].digest.text(), "b026324c6904b2a9cb4b88d6d61c81d1");
}

TEST_F(CacheTest, ABrokenLinkIsNamed) {
  Cache cache = Make(Hardlinks());
  dir_.Write("d/f", "");
  ASSERT_TRUE(disk_.Link(fs::LinkKind::kSymlink, "nowhere", dir_ / "d/broken").ok());
  absl::Status status = cache.Hash(dir_ / "d").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("d/broken"));
}

TEST_F(CacheTest, LeavesOutWhatIsIgnoredAndRepositories) {
  CacheOptions options = Hardlinks();
  options.ignored = [](const std::string& path, bool is_dir) { return !is_dir && path.ends_with(".pyc"); };
  Cache cache = Make(options);
  dir_.Write("d/f", "1\n");
  dir_.Write("d/f.pyc", "x");
  dir_.Write("d/.git/config", "x");
  EXPECT_EQ(cache.Hash(dir_ / "d")->nfiles, 1);
}

TEST_F(CacheTest, StoreWithHardLinksMakesTheWorkspaceFileTheObject) {
  Cache cache = Make(Hardlinks());
  std::string file = dir_.Write("w/f", "bytes");
  Content content = *cache.Store(file);
  EXPECT_EQ(Info(file).inode, Info(cache.ObjectPath(content.digest)).inode);
  EXPECT_EQ(Info(file).mode, 0444u);
  EXPECT_EQ(dir_.Read("w/f"), "bytes");
  ExpectCacheIsSound();
}

TEST_F(CacheTest, StoringTheSameBytesAgainReplacesTheSecondFileByALink) {
  Cache cache = Make(Hardlinks());
  std::string first = dir_.Write("w/1", "bytes"), second = dir_.Write("w/2", "bytes");
  ASSERT_TRUE(cache.Store(first).ok());
  ASSERT_TRUE(cache.Store(second).ok());
  EXPECT_EQ(Info(first).inode, Info(second).inode);
  EXPECT_THAT(Tree(dir_ / "w"), ElementsAre("1", "2"));
}

TEST_F(CacheTest, AnExecutableKeepsItsOwnInodeAndMode) {
  Cache cache = Make(Hardlinks());
  std::string file = dir_.Write("w/run.sh", "#!/bin/sh\n", 0755);
  Content content = *cache.Store(file);
  EXPECT_TRUE(content.is_exec);
  EXPECT_EQ(Info(file).mode, 0755u);
  EXPECT_EQ(Info(cache.ObjectPath(content.digest)).mode, 0444u);
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "v/run.sh", /*is_exec=*/true).ok());
  EXPECT_EQ(Info(dir_ / "v/run.sh").mode, 0755u);
  EXPECT_EQ(Info(cache.ObjectPath(content.digest)).mode, 0444u);
}

TEST_F(CacheTest, StoreCopyAndCopiesLeaveTheWorkspaceAsItIs) {
  std::string one = dir_.Write("w/1", "one"), two = dir_.Write("w/2", "two");
  fs::FileInfo before_one = Info(one), before_two = Info(two);
  ASSERT_TRUE(Make(Hardlinks()).StoreCopy(one).ok());
  ASSERT_TRUE(Make(Copies()).Store(two).ok());
  EXPECT_EQ(Info(one).inode, before_one.inode);
  EXPECT_EQ(Info(one).mode, 0644u);
  EXPECT_EQ(Info(two).inode, before_two.inode);
  EXPECT_EQ(Info(two).mode, 0644u);
  EXPECT_EQ(Info(one).links, 1u);
  ExpectCacheIsSound();
}

TEST_F(CacheTest, AFileWithOtherNamesIsCopiedSoThatNobodyWritesIntoTheCache) {
  Cache cache = Make(Hardlinks());
  std::string file = dir_.Write("w/f", "bytes");
  ASSERT_TRUE(disk_.Link(fs::LinkKind::kHardlink, file, dir_ / "theirs").ok());
  Content content = *cache.Store(file);
  EXPECT_NE(Info(dir_ / "theirs").inode, Info(cache.ObjectPath(content.digest)).inode);
  EXPECT_EQ(Info(dir_ / "theirs").mode, 0644u);
}

TEST_F(CacheTest, SymbolicLinksLeadToTheObject) {
  Cache cache = Make(With({fs::LinkKind::kSymlink}));
  std::string file = dir_.Write("w/f", "bytes");
  Content content = *cache.Store(file);
  EXPECT_EQ(*disk_.ReadLink(file), cache.ObjectPath(content.digest));
  EXPECT_EQ(dir_.Read("w/f"), "bytes");
  EXPECT_EQ(cache.Store(file)->digest, content.digest);
  ASSERT_TRUE(cache.Checkout(content.digest, file).ok());
  EXPECT_EQ(*disk_.ReadLink(file), cache.ObjectPath(content.digest));
  ExpectCacheIsSound();
}

TEST_F(CacheTest, AFolderGoesIntoTheCacheAndComesBack) {
  for (const CacheOptions& options : {Hardlinks(), Copies(), With({fs::LinkKind::kSymlink}), CacheOptions{}}) {
    testing::TempDir dir;
    HashIndex index(disk_, "");
    Cache cache(disk_, dir / "cache", index, options);
    dir.Write("w/a", "same");
    dir.Write("w/deep/er/b", "same");
    dir.Write("w/deep/empty", "");
    dir.Write("w/\xff", "odd name");
    Content content = *cache.Store(dir / "w");
    EXPECT_EQ(content.nfiles, 4);
    EXPECT_TRUE(cache.HasAll(content.digest));
    ASSERT_TRUE(cache.Checkout(content.digest, dir / "v/new").ok());
    EXPECT_EQ(dir.Read("v/new/deep/er/b"), "same");
    EXPECT_EQ(dir.Read("v/new/\xff"), "odd name");
    EXPECT_EQ(cache.Hash(dir / "v/new")->digest, content.digest);
  }
}

TEST_F(CacheTest, CheckoutIsADifference) {
  Cache cache = Make(Hardlinks());
  for (const char* name : {"keep", "change", "sub/lost", "kind/f"}) dir_.Write(std::string("w/") + name, name);
  Content content = *cache.Store(dir_ / "w");
  uint64_t kept = Info(dir_ / "w/keep").inode;
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "w/sub").ok());
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "w/kind").ok());
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "w/change").ok());
  dir_.Write("w/kind", "a file where a folder was");
  dir_.Write("w/change/into", "a folder where a file was");
  dir_.Write("w/extra/x", "");
  dir_.Write("w/extra.txt", "");
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "w").ok());
  EXPECT_THAT(Tree(dir_ / "w"), ElementsAre("change", "keep", "kind/f", "sub/lost"));
  EXPECT_EQ(Info(dir_ / "w/keep").inode, kept);
  EXPECT_EQ(dir_.Read("w/change"), "change");
}

TEST_F(CacheTest, CheckoutReplacesAFileThatWasRewritten) {
  Cache cache = Make(Hardlinks());
  dir_.Write("w/f", "right");
  Content content = *cache.Store(dir_ / "w");
  dir_.Write("w/f", "wrong");
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "w").ok());
  EXPECT_EQ(dir_.Read("w/f"), "right");
  EXPECT_THAT(Tree(dir_ / "w"), ElementsAre("f"));
}

TEST_F(CacheTest, CheckoutOfAFileReplacesAFolderInItsPlace) {
  Cache cache = Make(Hardlinks());
  Content content = *cache.Store(dir_.Write("w/f", "bytes"));
  dir_.Write("v/f/below", "");
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "v/f").ok());
  EXPECT_EQ(dir_.Read("v/f"), "bytes");
}

TEST_F(CacheTest, ALinkToAFolderInsideTheTargetIsReplacedAndNotFollowed) {
  Cache cache = Make(Hardlinks());
  dir_.Write("w/sub/f", "bytes");
  Content content = *cache.Store(dir_ / "w");
  dir_.Write("outside/precious", "");
  ASSERT_TRUE(disk_.MakeDirs(dir_ / "v").ok());
  ASSERT_TRUE(disk_.Link(fs::LinkKind::kSymlink, dir_ / "outside", dir_ / "v/sub").ok());
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "v").ok());
  EXPECT_THAT(Tree(dir_ / "outside"), ElementsAre("precious"));
  EXPECT_EQ(dir_.Read("v/sub/f"), "bytes");
}

TEST_F(CacheTest, AMissingObjectIsNamedBeforeAnythingIsChanged) {
  Cache cache = Make(Copies());
  dir_.Write("w/a", "a");
  dir_.Write("w/b", "b");
  Content content = *cache.Store(dir_ / "w");
  ASSERT_TRUE(disk_.Remove(cache.ObjectPath(digest::Md5Of("b"))).ok());
  dir_.Write("v/mine", "");
  absl::Status status = cache.Checkout(content.digest, dir_ / "v");
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(digest::Md5Of("b").text()));
  EXPECT_THAT(Tree(dir_ / "v"), ElementsAre("mine"));
  EXPECT_FALSE(cache.HasAll(content.digest));
}

TEST_F(CacheTest, ADamagedObjectIsFoundMovedAsideAndCanBeStoredAgain) {
  Cache cache = Make(Copies());
  dir_.Write("w/f", "bytes");
  Content content = *cache.Store(dir_ / "w");
  std::string object = cache.ObjectPath(digest::Md5Of("bytes"));
  ASSERT_TRUE(disk_.Write(object, "bytez", fs::Durability::kAtomic, 0444).ok());
  Age(object);
  absl::Status status = cache.Checkout(content.digest, dir_ / "v");
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(object));
  EXPECT_EQ(*disk_.Read(object + ".corrupt"), "bytez");
  EXPECT_FALSE(disk_.Exists(dir_ / "v"));
  EXPECT_TRUE(absl::IsNotFound(cache.Checkout(content.digest, dir_ / "v")));
  ASSERT_TRUE(cache.Store(dir_ / "w").ok());
  EXPECT_TRUE(cache.Checkout(content.digest, dir_ / "v").ok());
}

TEST_F(CacheTest, AnObjectChangedThroughAHardLinkIsNoticed) {
  Cache cache = Make(Hardlinks());
  std::string file = dir_.Write("w/f", "bytes");
  Age(file);
  Content content = *cache.Store(file);
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "v/f").ok());
  ASSERT_TRUE(disk_.Chmod(file, 0644).ok());
  ASSERT_TRUE(disk_.Append(file, "!").ok());
  EXPECT_TRUE(absl::IsDataLoss(cache.Checkout(content.digest, dir_ / "u/f")));
}

TEST_F(CacheTest, StoreDoesNotReplaceTheUsersFileByADamagedObject) {
  Cache cache = Make(Hardlinks());
  Content content = *cache.StoreCopy(dir_.Write("w/f", "bytes"));
  std::string object = cache.ObjectPath(content.digest);
  ASSERT_TRUE(disk_.Write(object, "junk!", fs::Durability::kAtomic, 0444).ok());
  ASSERT_TRUE(cache.Store(dir_ / "w/f").ok());
  EXPECT_EQ(dir_.Read("w/f"), "bytes");
  EXPECT_EQ(*disk_.Read(object), "bytes");
}

TEST_F(CacheTest, ADamagedManifestIsMovedAside) {
  Cache cache = Make(Hardlinks());
  dir_.Write("w/f", "bytes");
  Content content = *cache.Store(dir_ / "w");
  ASSERT_TRUE(disk_.Write(cache.ObjectPath(content.digest), "[]", fs::Durability::kAtomic, 0444).ok());
  EXPECT_TRUE(absl::IsDataLoss(cache.ReadManifest(content.digest).status()));
  EXPECT_TRUE(absl::IsNotFound(cache.ReadManifest(content.digest).status()));
}

TEST_F(CacheTest, UnprotectMakesLinksWritableFilesOfTheirOwn) {
  for (fs::LinkKind kind : {fs::LinkKind::kHardlink, fs::LinkKind::kSymlink}) {
    testing::TempDir dir;
    Cache cache(disk_, dir / "cache", index_, With({kind}));
    dir.Write("w/sub/f", "bytes");
    Content content = *cache.Store(dir / "w");
    ASSERT_TRUE(cache.Unprotect(dir / "w").ok());
    EXPECT_EQ(Info(dir / "w/sub/f").kind, fs::Kind::kFile);
    EXPECT_EQ(Info(dir / "w/sub/f").mode, 0644u);
    ASSERT_TRUE(disk_.Append(dir / "w/sub/f", " and more").ok());
    EXPECT_EQ(dir.Read("w/sub/f"), "bytes and more");
    EXPECT_EQ(*disk_.Read(cache.ObjectPath(digest::Md5Of("bytes"))), "bytes");
    EXPECT_TRUE(cache.Unprotect(dir / "none").ok());
  }
}

TEST_F(CacheTest, ADamagedPutIsRefusedAndLeavesNothing) {
  Cache cache = Make(Hardlinks());
  std::vector<std::string> pieces = {"", "bytes"};
  auto source = [&]() -> absl::StatusOr<std::string> {
    std::string piece = pieces.back();
    pieces.pop_back();
    return piece;
  };
  EXPECT_TRUE(absl::IsDataLoss(cache.Put(kProject, digest::Md5Of("other"), source)));
  pieces = {"", "second", "first "};
  digest::Digest digest = digest::Md5Of("first second");
  EXPECT_TRUE(cache.Put(kProject, digest, source).ok());
  std::string got;
  ASSERT_TRUE(cache
                  .Get(kProject, digest,
                       [&](absl::string_view piece) {
                         got += std::string(piece);
                         return absl::OkStatus();
                       })
                  .ok());
  EXPECT_EQ(got, "first second");
  pieces = {""};
  EXPECT_TRUE(cache.Put(kProject, digest::Md5Of(""), source).ok());
  EXPECT_TRUE(cache.Has(digest::Md5Of("")));
  EXPECT_THAT(*cache.Missing(kProject, {digest, digest::Md5Of("x")}), ElementsAre(digest::Md5Of("x")));
  ExpectCacheIsSound();
}

TEST_F(CacheTest, ManyThreadsStoringTheSameTreeAgree) {
  CacheOptions options = Hardlinks();
  options.hash_threads = 8;
  Cache cache = Make(options);
  for (int i = 0; i < 200; ++i) dir_.Write("w/" + std::to_string(i), std::to_string(i % 5));
  Content content = *cache.Store(dir_ / "w");
  ASSERT_TRUE(cache.Checkout(content.digest, dir_ / "v").ok());
  EXPECT_EQ(cache.Hash(dir_ / "v")->digest, content.digest);
  EXPECT_EQ(Tree(dir_ / "w").size(), 200u);
  ExpectCacheIsSound();
}

}  // namespace
}  // namespace expq::blob
