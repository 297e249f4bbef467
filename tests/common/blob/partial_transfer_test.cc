// Moving data between a cache and a remote that is a folder.
#include "common/blob/partial_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/directory_remote.h"
#include "common/blob/objects.h"
#include "common/blob/run_folder.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PartialTransferTest : public ::testing::Test {
 protected:
  PartialTransferTest() {
    dir_.Write("w/a", "a");
    dir_.Write("w/sub/b", "b");
    folder_.push_back(here_.Store(dir_ / "w")->digest);
  }

  absl::StatusOr<TransferReport> Push(std::string within = "") {
    return TransferPresent({.parts = {{folder_[0], std::move(within)}}}, here_, remote_);
  }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
  Cache here_{disk_, dir_ / "cache", index_, {.link_kinds = {fs::LinkKind::kCopy}}};
  DirectoryRemote remote_{disk_, dir_ / "remote"};
  std::vector<digest::Digest> folder_;
};

TEST_F(PartialTransferTest, MovesAFolderOnceAndBack) {
  EXPECT_EQ(Push()->objects, 3);
  EXPECT_EQ(Push()->objects, 0);
  EXPECT_EQ(disk_.Stat(remote_.ObjectPath(folder_[0]))->mode, 0444u);
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "cache").ok());
  HashIndex fresh(disk_, "");
  Cache there(disk_, dir_ / "cache", fresh);
  EXPECT_EQ(TransferPresent({.parts = {{folder_[0], ""}}}, remote_, there)->objects, 3);
  EXPECT_TRUE(there.HasAll(folder_[0]));
}

TEST_F(PartialTransferTest, OfAPartBringsItsManifest) {
  EXPECT_EQ(Push("sub")->objects, 2);
  EXPECT_TRUE(disk_.Exists(remote_.ObjectPath(folder_[0])));
  EXPECT_FALSE(disk_.Exists(remote_.ObjectPath(digest::Md5Of("a"))));
}

TEST_F(PartialTransferTest, NamesWhatIsMissingAndKeepsTheManifestBack) {
  ASSERT_TRUE(disk_.Remove(here_.ObjectPath(digest::Md5Of("b"))).ok());
  const TransferReport report = *Push();
  EXPECT_EQ(report.objects, 1);
  ASSERT_EQ(report.absent.size(), 1u);
  EXPECT_EQ(report.absent[0].relpath, "sub/b");
  EXPECT_FALSE(disk_.Exists(remote_.ObjectPath(folder_[0])));
}

TEST_F(PartialTransferTest, WhatASenderSpoiltIsNotStored) {
  ASSERT_TRUE(Push().ok());
  const std::string object = remote_.ObjectPath(digest::Md5Of("b"));
  ASSERT_TRUE(disk_.Remove(object).ok());
  dir_.Write("remote/files/md5/" + object.substr(object.size() - 33), "spoilt");
  HashIndex fresh(disk_, "");
  Cache there(disk_, dir_ / "other", fresh);
  const TransferReport report = *TransferPresent({.parts = {{folder_[0], ""}}}, remote_, there);
  EXPECT_TRUE(absl::IsDataLoss(report.Damage())) << report.Damage();
  EXPECT_FALSE(there.Has(digest::Md5Of("b")));
}

TEST_F(PartialTransferTest, WhatIsSpoiltKeepsOnlyItsOwnManifestBack) {
  ASSERT_TRUE(Push().ok());
  dir_.Write("w2/other", "other");
  const digest::Digest other = here_.Store(dir_ / "w2")->digest;
  const std::vector<TransferRequest::Part> parts = {{folder_[0], ""}, {other, ""}};
  ASSERT_TRUE(TransferPresent({.parts = parts}, here_, remote_).ok());
  ASSERT_TRUE(disk_.Write(remote_.ObjectPath(digest::Md5Of("a")), "spoilt", fs::Durability::kAtomic).ok());
  HashIndex fresh(disk_, "");
  Cache there(disk_, dir_ / "other", fresh);
  const TransferReport report = *TransferPresent({.parts = parts}, remote_, there);
  EXPECT_EQ(report.objects, 3);
  ASSERT_EQ(report.damaged.size(), 1u);
  EXPECT_EQ(report.damaged[0].object.relpath, "a");
  EXPECT_TRUE(there.HasAll(other));
  EXPECT_TRUE(there.Has(digest::Md5Of("b")));
  EXPECT_FALSE(there.Has(folder_[0]));
}

TEST_F(PartialTransferTest, ADamagedObjectOfTheCacheIsNotSent) {
  ASSERT_TRUE(disk_.Write(here_.ObjectPath(digest::Md5Of("a")), "spoilt", fs::Durability::kAtomic).ok());
  const TransferReport report = *Push();
  EXPECT_EQ(report.objects, 1);
  EXPECT_TRUE(absl::IsDataLoss(report.Damage())) << report.Damage();
  EXPECT_FALSE(disk_.Exists(remote_.ObjectPath(digest::Md5Of("a"))));
  EXPECT_FALSE(disk_.Exists(remote_.ObjectPath(folder_[0])));
}

TEST_F(PartialTransferTest, ADamagedManifestIsReadWhereItIsWhole) {
  ASSERT_TRUE(Push().ok());
  ASSERT_TRUE(disk_.Write(remote_.ObjectPath(folder_[0]), "spoilt", fs::Durability::kAtomic).ok());
  HashIndex fresh(disk_, "");
  Cache there(disk_, dir_ / "other", fresh);
  TransferReport report = *TransferPresent({.parts = {{folder_[0], ""}}}, remote_, there);
  EXPECT_EQ(report.objects, 0);
  EXPECT_TRUE(absl::IsDataLoss(report.Damage())) << report.Damage();
  ASSERT_TRUE(disk_.Remove(here_.ObjectPath(digest::Md5Of("a"))).ok());
  HashIndex again(disk_, "");
  Cache here(disk_, dir_ / "cache", again);
  report = *TransferPresent({.parts = {{folder_[0], ""}}}, remote_, here);
  EXPECT_TRUE(report.Damage().ok()) << report.Damage();
  EXPECT_TRUE(here.HasAll(folder_[0]));
}

TEST_F(PartialTransferTest, WhatIsNoFileIsPassedOver) {
  ASSERT_TRUE(Push().ok());
  ASSERT_TRUE(disk_.Remove(remote_.ObjectPath(digest::Md5Of("a"))).ok());
  ASSERT_TRUE(disk_.MakeDirs(remote_.ObjectPath(digest::Md5Of("a"))).ok());
  HashIndex fresh(disk_, "");
  Cache there(disk_, dir_ / "other", fresh);
  const TransferReport report = *TransferPresent({.parts = {{folder_[0], ""}}}, remote_, there);
  EXPECT_EQ(report.objects, 1);
  EXPECT_EQ(report.damaged.size(), 1u);
}

TEST_F(PartialTransferTest, EndsWhenItIsStopped) {
  TransferRequest request{.parts = {{folder_[0], ""}}};
  request.stop.Stop();
  EXPECT_TRUE(absl::IsCancelled(TransferPresent(request, here_, remote_).status()));
  EXPECT_THAT(*ListObjects(disk_, remote_.root()), IsEmpty());
}

TEST_F(PartialTransferTest, ARootThatIsAFileIsNoRemote) {
  dir_.Write("file", "");
  DirectoryRemote remote(disk_, dir_ / "file");
  const absl::Status status = TransferPresent({.parts = {{folder_[0], ""}}}, here_, remote).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("file"));
}

TEST_F(PartialTransferTest, ObjectsAreListedAndRemoved) {
  ASSERT_TRUE(Push().ok());
  dir_.Write("remote/files/md5/ab/.123.tmp", "under way");
  std::vector<StoredObject> objects = *ListObjects(disk_, remote_.root());
  EXPECT_EQ(objects.size(), 3u);
  ASSERT_TRUE(RemoveObjects(disk_, remote_.root(), objects).ok());
  EXPECT_THAT(*ListObjects(disk_, remote_.root()), IsEmpty());
  EXPECT_TRUE(disk_.Exists(dir_ / "remote/files/md5/ab/.123.tmp"));
  EXPECT_THAT(*ListObjects(disk_, dir_ / "nothing"), IsEmpty());
}

TEST_F(PartialTransferTest, RunsAreCopiedOnce) {
  dir_.Write("cache/runs/ab/abc/def", "cmd: x\n");
  EXPECT_EQ(*CopyRuns(disk_, dir_ / "cache", dir_ / "remote", false), 1);
  EXPECT_EQ(*CopyRuns(disk_, dir_ / "cache", dir_ / "remote", false), 0);
  EXPECT_EQ(dir_.Read("remote/runs/ab/abc/def"), "cmd: x\n");
}

TEST_F(PartialTransferTest, WhatAKilledWriterLeftIsKnownByNameAndAge) {
  ASSERT_TRUE(Push().ok());
  const std::string left = fs::TemporaryName(remote_.ObjectPath(folder_[0]));
  ASSERT_TRUE(disk_.Write(left, "half", fs::Durability::kAtomic).ok());
  const std::string aside = remote_.ObjectPath(folder_[0]) + ".corrupt";
  ASSERT_TRUE(disk_.Write(aside, "spoilt", fs::Durability::kAtomic).ok());
  const auto before = [&](int64_t ns) {
    return *ListLeftovers(disk_, dir_ / "remote", disk_.Lstat(left)->mtime_ns + ns);
  };
  EXPECT_THAT(before(int64_t{1} << 40), ::testing::UnorderedElementsAre(left, aside));
  EXPECT_THAT(before(-(int64_t{1} << 40)), IsEmpty());
}

}  // namespace
}  // namespace expq::blob
