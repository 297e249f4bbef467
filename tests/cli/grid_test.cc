#include "cli/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expq::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::vector<params::ParamOverride>> Points(const std::vector<std::string>& texts) {
  std::vector<std::vector<params::ParamOverride>> points;
  const auto grid = ParseGrid(texts, "");
  EXPECT_TRUE(grid.ok()) << grid.status();
  for (const params::GridPoint& point : *grid) points.push_back(point.overrides);
  return points;
}

TEST(PointsWithOwnPipeline, AreThoseThatChangeWhatTheTemplatesRead) {
  const auto points = Points({"data.name=a,b", "lr=0.1,0.2,0.3"});
  EXPECT_THAT(PointsWithOwnPipeline(points, {}), ElementsAre(0));
  EXPECT_THAT(PointsWithOwnPipeline(points, {"units"}), ElementsAre(0));
  EXPECT_THAT(PointsWithOwnPipeline(points, {"data"}), ElementsAre(0, 3));
  EXPECT_THAT(PointsWithOwnPipeline(points, {"data", "lr"}), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(PointsWithOwnPipeline, FollowsAValueThatRefersToAnother) {
  const auto points = Points({"a=1,2", "b='${a}'"});
  EXPECT_THAT(PointsWithOwnPipeline(points, {"b"}), ElementsAre(0, 1));
}

TEST(PointsWithOwnPipeline, IsOnePointWithoutOverrides) {
  EXPECT_THAT(PointsWithOwnPipeline(Points({}), {"a"}), ElementsAre(0));
}

TEST(ParseGrid, RefusesAFileOutsideTheRepository) {
  EXPECT_THAT(ParseGrid({"../p.yaml:a=1"}, "").status().message(), HasSubstr("outside the repository"));
  EXPECT_TRUE(ParseGrid({"../p.yaml:a=1"}, "sub").ok());
}

}  // namespace
}  // namespace expq::cli
