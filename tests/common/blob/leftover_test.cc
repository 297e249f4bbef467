// What a process that was killed left among data, on a real disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

using ::testing::IsEmpty;

class LeftoverTest : public ::testing::Test {
 protected:
  LeftoverTest() {
    dir_.Write("w/sub/a", "a");
    whole_.push_back(cache_.Store(dir_ / "w")->digest);
    left_ = fs::TemporaryName(dir_ / "w/sub/a");
    EXPECT_TRUE(disk_.Write(left_, "half", fs::Durability::kAtomic).ok());
  }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
  Cache cache_{disk_, dir_ / "cache", index_, {.link_kinds = {fs::LinkKind::kHardlink}}};
  std::vector<digest::Digest> whole_;
  std::string left_;
};

TEST_F(LeftoverTest, IsNoData) {
  EXPECT_EQ(cache_.Hash(dir_ / "w")->digest, whole_[0]);
  EXPECT_TRUE(disk_.Exists(left_)) << "who only looks removes nothing";
}

TEST_F(LeftoverTest, GoesWhenTheDataIsStored) {
  EXPECT_EQ(cache_.Store(dir_ / "w")->digest, whole_[0]);
  EXPECT_FALSE(disk_.Exists(left_));
}

TEST_F(LeftoverTest, GoesWhenTheDataIsCheckedOut) {
  const CheckoutPlan plan = *cache_.PlanCheckout({.digest = whole_[0], .path = dir_ / "w"});
  EXPECT_THAT(plan.unsaved, IsEmpty()) << "it is nobody's loss";
  ASSERT_TRUE(cache_.Apply(plan).ok());
  EXPECT_FALSE(disk_.Exists(left_));
  EXPECT_TRUE(disk_.Exists(dir_ / "w/sub/a"));
}

TEST_F(LeftoverTest, GoesWhenTheDataIsUnprotected) {
  ASSERT_TRUE(cache_.Unprotect(dir_ / "w").ok());
  EXPECT_FALSE(disk_.Exists(left_));
}

TEST_F(LeftoverTest, IsKnownByItsWholeName) {
  EXPECT_TRUE(fs::IsTemporaryName(fs::Basename(left_)));
  for (const char* name :
       {".tmp", "0123456789abcdef012345.tmp", ".0123456789abcdef01234.tmp", ".0123456789abcdef01234G.tmp",
        ".0123456789abcdef012345.tm", ".0123456789abcdef0123456.tmp"}) {
    EXPECT_FALSE(fs::IsTemporaryName(name)) << name;
  }
}

}  // namespace
}  // namespace expq::blob
