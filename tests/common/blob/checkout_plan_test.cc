// What a checkout would change and lose, on a real disk.
#include "common/blob/checkout_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "tests/support/temp_dir.h"

namespace expq::blob {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CheckoutPlanTest : public ::testing::Test {
 protected:
  CheckoutPlanTest() {
    dir_.Write("w/a", "a");
    dir_.Write("w/sub/b", "b");
    dir_.Write("w/sub/c", "c");
    folder_ = cache_.Store(dir_ / "w")->digest.text();
  }

  CheckoutWish Wish(std::string within = "") const {
    return {.digest = *digest::Digest::Parse(folder_), .path = dir_ / "w", .within = std::move(within)};
  }
  CheckoutPlan Plan(const CheckoutWish& wish) {
    auto plan = cache_.PlanCheckout(wish);
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan.ok() ? *plan : CheckoutPlan();
  }

  testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  HashIndex index_{disk_, ""};
  Cache cache_{disk_, dir_ / "cache", index_, {.link_kinds = {fs::LinkKind::kCopy}}};
  std::string folder_;
};

TEST_F(CheckoutPlanTest, ChangesNothingWhereAllIsRight) {
  const CheckoutPlan plan = Plan(Wish());
  EXPECT_TRUE(plan.ChangesNothing());
  EXPECT_TRUE(plan.existed);
  EXPECT_THAT(plan.wants, IsEmpty());
}

TEST_F(CheckoutPlanTest, CountsWhatIsAddedModifiedAndDeleted) {
  ASSERT_TRUE(disk_.Remove(dir_ / "w/a").ok());
  dir_.Write("w/sub/b", "a");
  dir_.Write("w/more/d", "c");
  const CheckoutPlan plan = Plan(Wish());
  EXPECT_EQ(plan.added(), 1);
  EXPECT_EQ(plan.modified(), 1);
  EXPECT_EQ(plan.deleted(), 1);
  EXPECT_THAT(plan.unsaved, IsEmpty()) << "the cache has these bytes";
  ASSERT_TRUE(cache_.Apply(plan).ok());
  EXPECT_EQ(cache_.Hash(dir_ / "w")->digest.text(), folder_);
  EXPECT_FALSE(disk_.Exists(dir_ / "w/more"));
}

TEST_F(CheckoutPlanTest, NamesFilesThatNobodyElseHas) {
  dir_.Write("w/sub/b", "mine");
  dir_.Write("w/mine/x", "mine too");
  EXPECT_THAT(Plan(Wish()).unsaved, ElementsAre(dir_ / "w/mine/x", dir_ / "w/sub/b"));
}

TEST_F(CheckoutPlanTest, OfAPartLeavesTheRestAlone) {
  dir_.Write("w/a", "mine");
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "w/sub").ok());
  const CheckoutPlan plan = Plan(Wish("sub/b"));
  EXPECT_EQ(plan.added(), 1);
  ASSERT_TRUE(cache_.Apply(plan).ok());
  EXPECT_EQ(dir_.Read("w/a"), "mine");
  EXPECT_EQ(dir_.Read("w/sub/b"), "b");
  EXPECT_FALSE(disk_.Exists(dir_ / "w/sub/c"));
}

TEST_F(CheckoutPlanTest, OfAFileReplacesAFolderThatIsAllKept) {
  const digest::Digest a = *cache_.StoreBytes("a", /*is_dir=*/false);
  const CheckoutPlan plan = Plan({.digest = a, .path = dir_ / "w"});
  EXPECT_EQ(plan.deleted(), 3);
  ASSERT_TRUE(cache_.Apply(plan).ok());
  EXPECT_EQ(dir_.Read("w"), "a");
}

TEST_F(CheckoutPlanTest, RelinksOnlyWhatIsLinkedOtherwise) {
  Cache links(disk_, dir_ / "cache", index_, {.link_kinds = {fs::LinkKind::kHardlink}});
  CheckoutWish wish = Wish();
  wish.relink = true;
  EXPECT_EQ(Plan(wish).wants.size(), 0u);
  const CheckoutPlan plan = *links.PlanCheckout(wish);
  EXPECT_TRUE(plan.ChangesNothing());
  EXPECT_EQ(plan.wants.size(), 3u);
  ASSERT_TRUE(links.Apply(plan).ok());
  EXPECT_GT(disk_.Lstat(dir_ / "w/a")->links, 1u);
  EXPECT_EQ(links.PlanCheckout(wish)->wants.size(), 0u);
}

TEST_F(CheckoutPlanTest, WantsObjectsThatAreNotThere) {
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "w").ok());
  const digest::Digest b = digest::Md5Of("b");
  ASSERT_TRUE(disk_.Remove(cache_.ObjectPath(b)).ok());
  const CheckoutPlan plan = Plan(Wish());
  EXPECT_THAT(plan.wants, ::testing::Contains(b));
  EXPECT_TRUE(absl::IsNotFound(cache_.Apply(plan)));
  EXPECT_FALSE(disk_.Exists(dir_ / "w")) << "nothing was begun";
}

TEST_F(CheckoutPlanTest, ALinkWhereAFolderHasToBeIsReplacedAndWhatItLeadsToStays) {
  dir_.Write("w/sub/x", "x");
  const digest::Digest folder = cache_.Store(dir_ / "w")->digest;
  ASSERT_TRUE(disk_.RemoveTree(dir_ / "w/sub").ok());
  dir_.Write("elsewhere/x", "mine");
  ASSERT_TRUE(disk_.Link(fs::LinkKind::kSymlink, dir_ / "elsewhere", dir_ / "w/sub").ok());
  const auto plan = cache_.PlanCheckout({.digest = folder, .path = dir_ / "w"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->unsaved, std::vector<std::string>{dir_ / "w/sub"});
  ASSERT_TRUE(cache_.Apply(*plan).ok());
  EXPECT_EQ(dir_.Read("w/sub/x"), "x");
  EXPECT_EQ(dir_.Read("elsewhere/x"), "mine");
}

}  // namespace
}  // namespace expq::blob
