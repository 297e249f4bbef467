#include "common/process/identity.h"

#include <gtest/gtest.h>

namespace expq::process {
namespace {

TEST(Identity, OfThisProcessIsAliveAndSurvivesText) {
  Identity self = Self();
  EXPECT_TRUE(IsAlive(self));
  auto parsed = ParseIdentity(Format(self));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, self);
}

TEST(Identity, OfAnEarlierProcessWithOurNumberIsDead) {
  Identity earlier = Self();
  earlier.start_ticks -= 1;
  EXPECT_FALSE(IsAlive(earlier));
  Identity other_boot = Self();
  other_boot.boot = "another";
  EXPECT_FALSE(IsAlive(other_boot));
}

TEST(Identity, RefusesWhatIsNotOne) {
  for (const char* text : {"", "1", "1 2", "x 2 boot", "1 x boot", "-1 2 boot", "1 2 boot more", "1 2 "}) {
    EXPECT_FALSE(ParseIdentity(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace expq::process
