// What every Filesystem promises, asked of the real disk and of its twin alike: so that a test on the twin says
// something about the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs/filesystem.h"
#include "tests/support/faulty_filesystem.h"
#include "tests/support/memory_filesystem.h"
#include "tests/support/temp_dir.h"

namespace expq::fs {
namespace {

using ::testing::ElementsAre;

class OnDisk {
 public:
  Filesystem& fs() { return disk_; }
  std::string root() const { return dir_.path(); }

 private:
  testing::TempDir dir_;
  PosixFilesystem disk_;
};

class InMemory {
 public:
  InMemory() { EXPECT_TRUE(memory_.MakeDirs(root()).ok()); }
  Filesystem& fs() { return unbroken_; }
  std::string root() const { return "/root"; }

 private:
  testing::MemoryFilesystem memory_;
  testing::FaultyFilesystem unbroken_{memory_};
};

template <typename World>
class FilesystemContract : public ::testing::Test {
 protected:
  Filesystem& fs() { return world_.fs(); }
  std::string At(const std::string& relative) const { return Join(world_.root(), relative); }
  void Write(const std::string& relative, const std::string& bytes) {
    ASSERT_TRUE(fs().MakeDirs(Dirname(At(relative))).ok());
    ASSERT_TRUE(fs().Write(At(relative), bytes, Durability::kAtomic).ok());
  }
  std::vector<std::string> Names(const std::string& relative) {
    std::vector<std::string> names;
    std::vector<DirEntry> entries = *fs().List(At(relative));
    for (const DirEntry& entry : entries) names.push_back(entry.name);
    return names;
  }

  World world_;
};

using Worlds = ::testing::Types<OnDisk, InMemory>;
TYPED_TEST_SUITE(FilesystemContract, Worlds);

TYPED_TEST(FilesystemContract, AbsentThingsAreNotFound) {
  Filesystem& fs = this->fs();
  std::string none = this->At("none");
  EXPECT_TRUE(absl::IsNotFound(fs.Lstat(none).status()));
  EXPECT_TRUE(absl::IsNotFound(fs.Stat(none).status()));
  EXPECT_TRUE(absl::IsNotFound(fs.Read(none).status()));
  EXPECT_TRUE(absl::IsNotFound(fs.ReadStream(none, [](absl::string_view) { return absl::OkStatus(); })));
  EXPECT_TRUE(absl::IsNotFound(fs.List(none).status()));
  EXPECT_TRUE(absl::IsNotFound(fs.Write(none + "/f", "", Durability::kAtomic)));
  EXPECT_TRUE(absl::IsNotFound(fs.Append(none + "/f", "")));
  EXPECT_TRUE(absl::IsNotFound(fs.Rename(none, none + "2")));
  EXPECT_TRUE(absl::IsNotFound(fs.Link(LinkKind::kHardlink, none, none + "2")));
  EXPECT_TRUE(absl::IsNotFound(fs.Link(LinkKind::kCopy, none, none + "2")));
  EXPECT_TRUE(absl::IsNotFound(fs.Chmod(none, 0600)));
  EXPECT_TRUE(fs.Remove(none).ok());
  EXPECT_TRUE(fs.RemoveTree(none).ok());
}

TYPED_TEST(FilesystemContract, ANewInodeIsWrittenAndAnOldOneIsAppendedTo) {
  this->Write("f", "one");
  uint64_t inode = this->fs().Lstat(this->At("f"))->inode;
  ASSERT_TRUE(this->fs().Append(this->At("f"), " two").ok());
  EXPECT_EQ(this->fs().Lstat(this->At("f"))->inode, inode);
  EXPECT_EQ(this->fs().Lstat(this->At("f"))->size, 7);
  EXPECT_EQ(*this->fs().ReadAt(this->At("f"), 4, 99), "two");
  ASSERT_TRUE(this->fs().Link(LinkKind::kHardlink, this->At("f"), this->At("g")).ok());
  this->Write("f", "new");
  EXPECT_EQ(*this->fs().Read(this->At("g")), "one two");
  EXPECT_EQ(this->fs().Lstat(this->At("g"))->links, 1u);
}

TYPED_TEST(FilesystemContract, RenamingReplacesAFileButNotAFullFolder) {
  this->Write("a", "a");
  this->Write("b", "b");
  this->Write("d/f", "f");
  EXPECT_TRUE(this->fs().Rename(this->At("a"), this->At("b")).ok());
  EXPECT_FALSE(this->fs().Rename(this->At("b"), this->At("d")).ok());
  ASSERT_TRUE(this->fs().MakeDirs(this->At("e")).ok());
  EXPECT_TRUE(this->fs().Rename(this->At("d"), this->At("e")).ok());
  EXPECT_EQ(*this->fs().Read(this->At("b")), "a");
  EXPECT_EQ(*this->fs().Read(this->At("e/f")), "f");
  EXPECT_THAT(this->Names(""), ElementsAre("b", "e"));
}

TYPED_TEST(FilesystemContract, RenamingOneNameOfAFileToItsOtherNameDoesNothing) {
  this->Write("a", "a");
  ASSERT_TRUE(this->fs().Link(LinkKind::kHardlink, this->At("a"), this->At("b")).ok());
  EXPECT_TRUE(this->fs().Rename(this->At("a"), this->At("b")).ok());
  EXPECT_THAT(this->Names(""), ElementsAre("a", "b"));
}

TYPED_TEST(FilesystemContract, LinksAreFollowedByStatAndReadButNotByLstatAndRemove) {
  this->Write("d/f", "bytes");
  ASSERT_TRUE(this->fs().Link(LinkKind::kSymlink, "d/f", this->At("link")).ok());
  EXPECT_EQ(this->fs().Lstat(this->At("link"))->kind, Kind::kSymlink);
  EXPECT_EQ(this->fs().Stat(this->At("link"))->kind, Kind::kFile);
  EXPECT_EQ(*this->fs().Read(this->At("link")), "bytes");
  ASSERT_TRUE(this->fs().Link(LinkKind::kCopy, this->At("link"), this->At("copy")).ok());
  EXPECT_EQ(this->fs().Lstat(this->At("copy"))->kind, Kind::kFile);
  EXPECT_TRUE(this->fs().RemoveTree(this->At("link")).ok());
  EXPECT_EQ(*this->fs().Read(this->At("d/f")), "bytes");
}

TYPED_TEST(FilesystemContract, AFileIsNoFolderAndAFolderNoFile) {
  this->Write("d/f", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(this->fs().Read(this->At("d")).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(this->fs().List(this->At("d/f")).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(this->fs().MakeDirs(this->At("d/f"))));
  EXPECT_TRUE(absl::IsFailedPrecondition(this->fs().Remove(this->At("d"))));
  EXPECT_FALSE(this->fs().Write(this->At("d"), "", Durability::kAtomic).ok());
}

TYPED_TEST(FilesystemContract, AChangeMovesMtimeAndALinkMovesCtimeOnly) {
  this->Write("f", "bytes");
  FileInfo before = *this->fs().Lstat(this->At("f"));
  ASSERT_TRUE(this->fs().Link(LinkKind::kHardlink, this->At("f"), this->At("g")).ok());
  FileInfo linked = *this->fs().Lstat(this->At("f"));
  EXPECT_EQ(linked.mtime_ns, before.mtime_ns);
  EXPECT_GE(linked.ctime_ns, before.ctime_ns);
  EXPECT_EQ(linked.links, 2u);
  ASSERT_TRUE(this->fs().Append(this->At("f"), "!").ok());
  EXPECT_GE(this->fs().Lstat(this->At("g"))->mtime_ns, before.mtime_ns);
}

TYPED_TEST(FilesystemContract, ACopyHasTheBytesTheStampAndTheModeThatIsAskedFor) {
  // Around the size up to which a file is read at once, and past that of a piece.
  for (const size_t size : {0, 1, 4096, (32 << 10) - 1, 32 << 10, (32 << 10) + 1, 3 << 20}) {
    this->Write("from", std::string(size, 'x') + "end");
    const absl::StatusOr<FileInfo> made = this->fs().Copy(this->At("from"), this->At("to"), 0666);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_TRUE(*this->fs().Read(this->At("to")) == std::string(size, 'x') + "end") << size;
    const FileInfo now = *this->fs().Lstat(this->At("to"));
    EXPECT_EQ(now.mode, 0666u) << "whatever the umask";
    EXPECT_EQ(now.mtime_ns, this->fs().Lstat(this->At("from"))->mtime_ns);
    EXPECT_EQ(made->inode, now.inode);
    EXPECT_EQ(made->size, now.size);
    EXPECT_EQ(made->ctime_ns, now.ctime_ns);
    EXPECT_EQ(made->mode, now.mode);
    ASSERT_TRUE(this->fs().Remove(this->At("to")).ok());
  }
}

TYPED_TEST(FilesystemContract, ACopyReplacesNothing) {
  this->Write("from", "1");
  this->Write("to", "2");
  EXPECT_TRUE(absl::IsAlreadyExists(this->fs().Copy(this->At("from"), this->At("to"), 0444).status()));
  EXPECT_EQ(*this->fs().Read(this->At("to")), "2");
  EXPECT_TRUE(absl::IsNotFound(this->fs().Copy(this->At("none"), this->At("new"), 0444).status()));
  EXPECT_TRUE(absl::IsNotFound(this->fs().Lstat(this->At("new")).status()));
}

}  // namespace
}  // namespace expq::fs
