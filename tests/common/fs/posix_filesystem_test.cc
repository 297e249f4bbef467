#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "common/fs/filesystem.h"
#include "tests/support/temp_dir.h"

namespace expq::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PosixFilesystemTest : public ::testing::Test {
 protected:
  std::vector<std::string> Names(const std::string& dir) const {
    std::vector<std::string> names;
    std::vector<DirEntry> entries = *disk_.List(dir);
    for (const DirEntry& entry : entries) names.push_back(entry.name);
    return names;
  }

  testing::TempDir dir_;
  PosixFilesystem disk_;
};

TEST_F(PosixFilesystemTest, WriteReplacesTheWholeFileAndLeavesNothingBeside) {
  std::string path = dir_ / "f";
  ASSERT_TRUE(disk_.Write(path, "a long first version", Durability::kDurable, 0666).ok());
  ASSERT_TRUE(disk_.Write(path, "short", Durability::kAtomic, 0600).ok());
  EXPECT_EQ(*disk_.Read(path), "short");
  EXPECT_EQ(disk_.Lstat(path)->mode, 0600u);
  EXPECT_THAT(Names(dir_.path()), ElementsAre("f"));
}

TEST_F(PosixFilesystemTest, WriteIntoAMissingFolderIsNotFoundAndNamesThePath) {
  absl::Status status = disk_.Write(dir_ / "no/f", "x", Durability::kAtomic, 0666);
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(dir_ / "no"));
}

TEST_F(PosixFilesystemTest, WriteOverAFolderFailsAndLeavesItAlone) {
  dir_.Write("d/f", "kept");
  EXPECT_FALSE(disk_.Write(dir_ / "d", "x", Durability::kAtomic, 0666).ok());
  EXPECT_EQ(dir_.Read("d/f"), "kept");
  EXPECT_THAT(Names(dir_.path()), ElementsAre("d"));
}

TEST_F(PosixFilesystemTest, ReadAtIsShorterAtTheEndAndEmptyBeyondIt) {
  std::string path = dir_.Write("f", "0123456789");
  EXPECT_EQ(*disk_.ReadAt(path, 2, 3), "234");
  EXPECT_EQ(*disk_.ReadAt(path, 8, 1 << 30), "89");
  EXPECT_EQ(*disk_.ReadAt(path, 99, 5), "");
  EXPECT_TRUE(absl::IsInvalidArgument(disk_.ReadAt(path, -1, 5).status()));
}

TEST_F(PosixFilesystemTest, ReadStreamGivesAllBytesInOrderAndStopsWithTheTakersError) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += std::to_string(i);
  std::string path = dir_.Write("f", bytes);
  std::string seen;
  ASSERT_TRUE(disk_
                  .ReadStream(path,
                              [&](absl::string_view piece) {
                                EXPECT_LE(piece.size(), 1u << 20);
                                seen.append(piece.data(), piece.size());
                                return absl::OkStatus();
                              })
                  .ok());
  EXPECT_TRUE(seen == bytes);
  EXPECT_TRUE(absl::IsAborted(disk_.ReadStream(path, [](absl::string_view) { return absl::AbortedError("enough"); })));
}

TEST_F(PosixFilesystemTest, ReadsFilesThatSayTheyAreEmptyButAreNot) {
  EXPECT_THAT(*disk_.Read("/proc/self/status"), HasSubstr("Pid:"));
}

TEST_F(PosixFilesystemTest, ReadingAFolderIsFailedPrecondition) {
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_.Read(dir_.path()).status()));
  EXPECT_TRUE(absl::IsNotFound(disk_.Read(dir_ / "none").status()));
}

TEST_F(PosixFilesystemTest, ReadingAPipeOrADeviceIsRefusedAndNeverWaits) {
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(symlink("/dev/zero", (dir_ / "zeros").c_str()), 0);
  for (const char* name : {"pipe", "zeros"}) {
    const std::string path = dir_ / name;
    EXPECT_TRUE(absl::IsFailedPrecondition(disk_.Read(path).status())) << disk_.Read(path).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(disk_.ReadAt(path, 0, 1).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(disk_.ReadStream(path, [](absl::string_view) { return absl::OkStatus(); })));
    EXPECT_THAT(std::string(disk_.Read(path).status().message()), HasSubstr(path));
  }
}

TEST_F(PosixFilesystemTest, ListIsSortedAndKnowsKinds) {
  dir_.Write("b", "");
  dir_.Write("a/f", "");
  ASSERT_TRUE(disk_.Link(LinkKind::kSymlink, "nowhere", dir_ / "c").ok());
  std::vector<DirEntry> entries = *disk_.List(dir_.path());
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].kind, Kind::kDirectory);
  EXPECT_EQ(entries[1].kind, Kind::kFile);
  EXPECT_EQ(entries[2].kind, Kind::kSymlink);
  EXPECT_EQ(*disk_.ReadLink(dir_ / "c"), "nowhere");
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_.ReadLink(dir_ / "b").status()));
  EXPECT_FALSE(disk_.Exists(dir_ / "c"));
}

TEST_F(PosixFilesystemTest, MakeDirsMakesParentsAndRefusesAFileInTheWay) {
  EXPECT_TRUE(disk_.MakeDirs(dir_ / "a/b/c").ok());
  EXPECT_TRUE(disk_.MakeDirs(dir_ / "a/b/c").ok());
  std::string file = dir_.Write("f", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_.MakeDirs(file)));
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_.MakeDirs(file + "/below")));
}

TEST_F(PosixFilesystemTest, RemoveTreeTakesReadOnlyFoldersAndDoesNotFollowLinks) {
  dir_.Write("outside/kept", "");
  dir_.Write("tree/locked/f", "");
  ASSERT_TRUE(disk_.Link(LinkKind::kSymlink, dir_ / "outside", dir_ / "tree/link").ok());
  ASSERT_TRUE(disk_.Chmod(dir_ / "tree/locked", 0500).ok());
  EXPECT_TRUE(disk_.RemoveTree(dir_ / "tree").ok());
  EXPECT_TRUE(disk_.RemoveTree(dir_ / "tree").ok());
  EXPECT_THAT(Names(dir_.path()), ElementsAre("outside"));
  EXPECT_THAT(Names(dir_ / "outside"), ElementsAre("kept"));
}

TEST_F(PosixFilesystemTest, RemoveRefusesAFullFolderAndIsFineWithNothing) {
  dir_.Write("d/f", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_.Remove(dir_ / "d")));
  EXPECT_TRUE(disk_.Remove(dir_ / "d/f").ok());
  EXPECT_TRUE(disk_.Remove(dir_ / "d").ok());
  EXPECT_TRUE(disk_.Remove(dir_ / "d").ok());
}

TEST_F(PosixFilesystemTest, AHardLinkSharesTheInodeAndACopyDoesNot) {
  std::string from = dir_.Write("from", "bytes", 0755);
  ASSERT_TRUE(disk_.Link(LinkKind::kHardlink, from, dir_ / "hard").ok());
  ASSERT_TRUE(disk_.Link(LinkKind::kCopy, from, dir_ / "copy").ok());
  FileInfo original = *disk_.Lstat(from), copy = *disk_.Lstat(dir_ / "copy");
  EXPECT_EQ(disk_.Lstat(dir_ / "hard")->inode, original.inode);
  EXPECT_EQ(original.links, 2u);
  EXPECT_NE(copy.inode, original.inode);
  EXPECT_EQ(copy.mode, 0755u);
  EXPECT_EQ(copy.mtime_ns, original.mtime_ns);
  EXPECT_EQ(dir_.Read("copy"), "bytes");
}

TEST_F(PosixFilesystemTest, EveryKindOfLinkRefusesToReplace) {
  std::string from = dir_.Write("from", "x"), to = dir_.Write("to", "kept");
  for (LinkKind kind : {LinkKind::kReflink, LinkKind::kHardlink, LinkKind::kSymlink, LinkKind::kCopy}) {
    EXPECT_TRUE(absl::IsAlreadyExists(disk_.Link(kind, from, to)));
  }
  EXPECT_EQ(dir_.Read("to"), "kept");
}

TEST_F(PosixFilesystemTest, AReflinkWorksOrIsUnimplementedAndLeavesNothing) {
  std::string from = dir_.Write("from", "bytes");
  absl::Status linked = disk_.Link(LinkKind::kReflink, from, dir_ / "to");
  if (linked.ok()) {
    EXPECT_EQ(dir_.Read("to"), "bytes");
  } else {
    EXPECT_TRUE(absl::IsUnimplemented(linked)) << linked;
    EXPECT_FALSE(disk_.Lstat(dir_ / "to").ok());
  }
}

TEST_F(PosixFilesystemTest, AHardLinkAcrossFileSystemsIsUnimplemented) {
  struct stat here, there;
  if (stat(dir_.path().c_str(), &here) != 0 || stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) {
    GTEST_SKIP() << "there is only one file system";
  }
  std::string from = dir_.Write("from", "x"), to = TemporaryName("/dev/shm/expq-test");
  EXPECT_TRUE(absl::IsUnimplemented(disk_.Link(LinkKind::kHardlink, from, to)));
  EXPECT_TRUE(disk_.Link(LinkKind::kCopy, from, to).ok());
  EXPECT_EQ(*disk_.Read(to), "x");
  EXPECT_TRUE(disk_.Remove(to).ok());
}

TEST_F(PosixFilesystemTest, AFileIsNeverStampedEarlierThanTheStampBefore) {
  for (int i = 0; i < 50; ++i) {
    int64_t before = disk_.StampNs();
    std::string path = dir_.Write("f", std::to_string(i));
    EXPECT_GE(disk_.Lstat(path)->mtime_ns, before);
  }
}

TEST_F(PosixFilesystemTest, WalkGoesInOrderOfComponentsAndOnlyWhereItMay) {
  for (const char* name : {"sub/b", "sub-x", "skip/c", "a"}) dir_.Write(name, "");
  std::vector<std::string> seen;
  auto visit = [&](const std::string& relative, Kind) {
    seen.push_back(relative);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Walk(disk_, dir_.path(), visit, [](const std::string& dir) { return dir != "skip"; }).ok());
  EXPECT_THAT(seen, ElementsAre("a", "sub/b", "sub-x"));
}

TEST_F(PosixFilesystemTest, OverwriteKeepsTheFileUnlessOthersWouldSeeIt) {
  std::string path = dir_.Write("f", "a long first version");
  uint64_t inode = disk_.Lstat(path)->inode;
  ASSERT_TRUE(disk_.Overwrite(path, "short").ok());
  EXPECT_EQ(*disk_.Read(path), "short");
  EXPECT_EQ(disk_.Lstat(path)->inode, inode);
  ASSERT_TRUE(disk_.Overwrite(path, "now a program", 0777).ok());
  EXPECT_NE(disk_.Lstat(path)->mode & 0100, 0u);
  ASSERT_TRUE(disk_.Link(LinkKind::kHardlink, path, dir_ / "object").ok());
  ASSERT_TRUE(disk_.Overwrite(path, "changed", 0777).ok());
  EXPECT_EQ(*disk_.Read(dir_ / "object"), "now a program");
  ASSERT_TRUE(disk_.Link(LinkKind::kSymlink, "object", dir_ / "link").ok());
  ASSERT_TRUE(disk_.Overwrite(dir_ / "link", "no link").ok());
  EXPECT_EQ(*disk_.Read(dir_ / "object"), "now a program");
  ASSERT_TRUE(disk_.Overwrite(dir_ / "new", "made").ok());
  EXPECT_EQ(*disk_.Read(dir_ / "new"), "made");
}

TEST_F(PosixFilesystemTest, ALockIsHeldOnceUntilItIsDestroyed) {
  std::string path = dir_ / "lock";
  auto first = FileLock::TryLock(path);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsUnavailable(FileLock::TryLock(path).status()));
  first->reset();
  EXPECT_TRUE(FileLock::TryLock(path).ok());
  EXPECT_TRUE(absl::IsNotFound(FileLock::TryLock(dir_ / "no/lock").status()));
}

TEST_F(PosixFilesystemTest, ALockWhoseFileGoesLeavesNothingBehindAndIsHeldOnceAllTheSame) {
  const std::string path = dir_ / "lock";
  auto first = FileLock::TryLock(path, FileLock::File::kGoes);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsUnavailable(FileLock::TryLock(path, FileLock::File::kGoes).status()));
  first->reset();
  EXPECT_TRUE(absl::IsNotFound(disk_.Lstat(path).status()));

  std::atomic<int> holders = 0, taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int mine = 0; mine < 200;) {
        const auto lock = FileLock::TryLock(path, FileLock::File::kGoes);
        if (!lock.ok()) {
          ASSERT_TRUE(absl::IsUnavailable(lock.status())) << lock.status();
          continue;
        }
        ASSERT_EQ(holders.fetch_add(1), 0);
        holders.fetch_sub(1);
        ++taken;
        ++mine;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 800);
  EXPECT_TRUE(absl::IsNotFound(disk_.Lstat(path).status()));
}

TEST_F(PosixFilesystemTest, FreeBytesAreThoseOfTheDiskThatThePathIsOn) {
  const auto free = disk_.FreeBytes(dir_.path());
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_GT(*free, 0);
  EXPECT_TRUE(absl::IsNotFound(disk_.FreeBytes(dir_ / "absent").status()));
}

TEST_F(PosixFilesystemTest, AppendAddsAtTheEndAndSyncTakesFilesAndFolders) {
  std::string path = dir_ / "log";
  EXPECT_TRUE(disk_.Append(path, "one ").ok());
  EXPECT_TRUE(disk_.Append(path, "two").ok());
  EXPECT_EQ(*disk_.Read(path), "one two");
  EXPECT_TRUE(disk_.Sync(path).ok());
  EXPECT_TRUE(disk_.Sync(dir_.path()).ok());
  EXPECT_TRUE(absl::IsNotFound(disk_.Sync(dir_ / "none")));
}

TEST(Umask, IsWhatNewFilesLack) {
  const testing::TempDir dir;
  PosixFilesystem disk;
  ASSERT_TRUE(disk.Write(dir / "x", "", Durability::kAtomic, 0777).ok());
  EXPECT_EQ(disk.Stat(dir / "x")->mode, 0777u & ~Umask());
}

}  // namespace
}  // namespace expq::fs
