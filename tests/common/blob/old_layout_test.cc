// What DVC 2 left behind, on a real disk.
#include "common/blob/old_layout.h"

#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "common/blob/directory_remote.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

constexpr char kWindows[] = "a\r\nb\r\n";  // DVC 2 called it by the digest of "a\nb\n"

class OldLayoutTest : public ::testing::Test {
 protected:
  digest::Digest Leave(absl::string_view bytes, const digest::Digest& digest) {
    const std::string path = OldObjectPathIn("cache", digest);
    dir_.Write(path, bytes, 0444);
    return digest;
  }
  digest::Digest LeaveFolder() {
    const std::string manifest =
        EncodeManifest({{"x", Leave("x", digest::Md5Of("x"))}, {"sub/dos", Leave(kWindows, digest::Md5Of("a\nb\n"))}});
    return Leave(manifest, digest::Md5Of(manifest, /*is_dir=*/true));
  }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
  Cache cache_{disk_, dir_ / "cache", index_, {.link_kinds = {fs::LinkKind::kCopy}}};
};

TEST_F(OldLayoutTest, IsTakenOverByLinkWhenItIsUsed) {
  const digest::Digest digest = Leave("data", digest::Md5Of("data"));
  EXPECT_TRUE(cache_.HasAll(digest));
  ASSERT_TRUE(cache_.Checkout(digest, dir_ / "w").ok());
  EXPECT_EQ(dir_.Read("w"), "data");
  const std::string old = dir_ / OldObjectPathIn("cache", digest);
  EXPECT_EQ(disk_.Stat(old)->inode, disk_.Stat(cache_.ObjectPath(digest))->inode);
  EXPECT_EQ(*cache_.TakeOverOld(digest), digest);
}

TEST_F(OldLayoutTest, KeepsTheLineEndsOfWindows) {
  const digest::Digest folder = LeaveFolder();
  EXPECT_TRUE(cache_.HasAll(folder));
  ASSERT_TRUE(cache_.Checkout(folder, dir_ / "w").ok());
  EXPECT_EQ(dir_.Read("w/sub/dos"), kWindows);
  EXPECT_EQ(dir_.Read("w/x"), "x");
  const absl::StatusOr<CheckoutPlan> again = cache_.PlanCheckout({.digest = folder, .path = dir_ / "w"});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->ChangesNothing());
  EXPECT_TRUE(again->unsaved.empty());
}

TEST_F(OldLayoutTest, ThatIsDamagedIsNotUsed) {
  const digest::Digest digest = Leave("evil", digest::Md5Of("good"));
  EXPECT_TRUE(absl::IsDataLoss(cache_.Checkout(digest, dir_ / "w")));
  EXPECT_FALSE(disk_.Exists(dir_ / "w"));
  EXPECT_FALSE(disk_.Exists(cache_.ObjectPath(digest)));
}

TEST_F(OldLayoutTest, IsLookedForAgainWhenToldSo) {
  const digest::Digest digest = digest::Md5Of("late");
  EXPECT_FALSE(cache_.Has(digest));
  Leave("late", digest);
  cache_.LookForOldAgain();
  EXPECT_TRUE(cache_.Has(digest));
}

TEST_F(OldLayoutTest, TravelsBetweenOldFolders) {
  const digest::Digest folder = LeaveFolder();
  DirectoryRemote here(disk_, dir_ / "cache", false, Layout::kOld);
  DirectoryRemote there(disk_, dir_ / "remote", false, Layout::kOld);
  EXPECT_TRUE(Transfer(experiment::ProjectName(""), {folder}, here, there).ok());
  EXPECT_EQ(dir_.Read(OldObjectPathIn("remote", digest::Md5Of("a\nb\n"))), kWindows);
  Leave("evil", digest::Md5Of("good"));
  const absl::Status sent = Transfer(experiment::ProjectName(""), {digest::Md5Of("good")}, here, there).status();
  EXPECT_TRUE(absl::IsDataLoss(sent)) << sent;
}

TEST_F(OldLayoutTest, TravelsBetweenCachesUnderItsName) {
  const digest::Digest folder = LeaveFolder();
  HashIndex index(disk_, "");
  Cache there(disk_, dir_ / "there", index);
  const experiment::ProjectName project("");
  ASSERT_TRUE(Transfer(project, {folder}, cache_, there).ok());
  EXPECT_TRUE(there.HasAll(folder));
  EXPECT_EQ(dir_.Read(OldObjectPathIn("there", digest::Md5Of("a\nb\n"))), kWindows);
  EXPECT_EQ(*Transfer(project, {folder}, cache_, there), 0);
  Cache further(disk_, dir_ / "further", index);
  ASSERT_TRUE(Transfer(project, {folder}, there, further).ok());
  ASSERT_TRUE(further.Checkout(folder, dir_ / "w").ok());
  EXPECT_EQ(dir_.Read("w/sub/dos"), kWindows);
}

TEST_F(OldLayoutTest, WhatIsNeitherOfBothIsNotTaken) {
  const auto give = [text = std::string("a\r\nc\r\n")]() mutable -> absl::StatusOr<std::string> {
    return std::exchange(text, "");
  };
  EXPECT_TRUE(absl::IsDataLoss(cache_.Put(experiment::ProjectName(""), digest::Md5Of("a\nb\n"), give)));
  EXPECT_FALSE(cache_.Has(digest::Md5Of("a\nb\n")));
}

TEST_F(OldLayoutTest, IsListedAndRemovedApart) {
  const digest::Digest old = Leave("old", digest::Md5Of("old"));
  ASSERT_TRUE(cache_.StoreBytes("new", false).ok());
  const auto found = ListObjects(disk_, dir_ / "cache", Layout::kOld);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].digest, old);
  ASSERT_TRUE(RemoveObjects(disk_, dir_ / "cache", *found, Layout::kOld).ok());
  EXPECT_FALSE(cache_.Has(old));
  EXPECT_TRUE(cache_.Has(digest::Md5Of("new")));
}

}  // namespace
}  // namespace expq::blob
