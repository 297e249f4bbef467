#include "common/pipeline/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

// Stages by number: what each reads and writes.
class PlanTest : public ::testing::Test {
 protected:
  void Add(std::vector<std::string> deps, std::vector<std::string> outs) {
    Stage stage{.name = std::to_string(pipeline_.stages.size()), .file = "dvc.yaml", .wdir = "."};
    for (std::string& dep : deps) stage.deps.push_back({.path = dep, .root_path = dep});
    for (std::string& out : outs) stage.outs.push_back({.path = out, .root_path = out});
    pipeline_.stages.push_back(std::move(stage));
  }

  Plan Made(PlanOptions options = {}) {
    std::vector<int> all(pipeline_.stages.size());
    std::iota(all.begin(), all.end(), 0);
    return Of(all, options);
  }

  Plan Of(std::vector<int> stages, PlanOptions options = {}) {
    absl::StatusOr<Graph> graph = Graph::Build(pipeline_);
    EXPECT_TRUE(graph.ok()) << graph.status();
    graph_ = std::make_unique<Graph>(*std::move(graph));
    return Plan(pipeline_, *graph_, std::move(stages), options);
  }

  Pipeline pipeline_;
  std::unique_ptr<Graph> graph_;
};

TEST_F(PlanTest, IndependentStagesStartTogetherAndADependentOneWaits) {
  Add({}, {"a"});
  Add({}, {"b"});
  Add({"a", "b"}, {"c"});
  Plan plan = Made();
  EXPECT_THAT(plan.Next(), Optional(0));
  EXPECT_THAT(plan.Next(), Optional(1));
  EXPECT_EQ(plan.Next(), std::nullopt);
  plan.Finish(1, StageResult::kRan);
  EXPECT_EQ(plan.Next(), std::nullopt);
  plan.Finish(0, StageResult::kUpToDate);
  EXPECT_THAT(plan.Next(), Optional(2));
  EXPECT_FALSE(plan.Done());
  plan.Finish(2, StageResult::kRan);
  EXPECT_TRUE(plan.Done());
  EXPECT_THAT(plan.NeverStarted(), IsEmpty());
}

TEST_F(PlanTest, AFailureStopsNewStages) {
  Add({}, {"a"});
  Add({}, {"b"});
  Plan plan = Made();
  EXPECT_THAT(plan.Next(), Optional(0));
  plan.Finish(0, StageResult::kFailed);
  EXPECT_EQ(plan.Next(), std::nullopt);
  EXPECT_TRUE(plan.Done());
  EXPECT_THAT(plan.NeverStarted(), ElementsAre(1));
}

TEST_F(PlanTest, KeepGoingSkipsOnlyDescendants) {
  Add({}, {"a"});
  Add({"a"}, {"b"});
  Add({"b"}, {"c"});
  Add({}, {"d"});
  Plan plan = Made({.keep_going = true});
  EXPECT_THAT(plan.Next(), Optional(0));
  plan.Finish(0, StageResult::kFailed);
  EXPECT_THAT(plan.Next(), Optional(3));
  plan.Finish(3, StageResult::kRan);
  EXPECT_TRUE(plan.Done());
  EXPECT_THAT(plan.NeverStarted(), ElementsAre(1, 2));
}

TEST_F(PlanTest, AFrozenStageIsNoDescendantOfWhatFailed) {
  Add({}, {"a"});
  Add({"a"}, {"b"});
  pipeline_.stages[1].frozen = true;
  Add({"b"}, {"c"});
  Plan plan = Made({.keep_going = true});
  EXPECT_THAT(plan.Next(), Optional(0));
  plan.Finish(0, StageResult::kFailed);
  EXPECT_THAT(plan.Next(), Optional(1));
}

TEST_F(PlanTest, IgnoredErrorsLetDescendantsRun) {
  Add({}, {"a"});
  Add({"a"}, {"b"});
  Plan plan = Made({.ignore_errors = true});
  EXPECT_THAT(plan.Next(), Optional(0));
  plan.Finish(0, StageResult::kFailed);
  EXPECT_THAT(plan.Next(), Optional(1));
}

TEST_F(PlanTest, AStoppedStageIsTheLast) {
  Add({}, {"a"});
  Add({}, {"b"});
  Plan plan = Made({.keep_going = true, .ignore_errors = true});
  EXPECT_THAT(plan.Next(), Optional(0));
  plan.Finish(0, StageResult::kStopped);
  EXPECT_TRUE(plan.Done());
}

TEST_F(PlanTest, SingleItemsRunAsNamedButNeverOnTheSamePathsAtOnce) {
  Add({}, {"a"});
  Add({"a"}, {"b"});
  Plan plan = Of({1, 0}, {.ordered = false});
  EXPECT_THAT(plan.Next(), Optional(1));
  EXPECT_EQ(plan.Next(), std::nullopt) << "it would write what the running one reads";
  plan.Finish(1, StageResult::kRan);
  EXPECT_THAT(plan.Next(), Optional(0));
}

TEST_F(PlanTest, StagesOutsideOfTheSelectionDoNotHoldItUp) {
  Add({}, {"a"});
  Add({"a"}, {"b"});
  Plan plan = Of({1});
  EXPECT_THAT(plan.Next(), Optional(1));
}

TEST(Collide, WhenOneWritesAboveOrBelowWhatTheOtherTouches) {
  const Stage writer{.outs = {{.path = "data/x", .root_path = "data/x"}}};
  const Stage reads_folder{.deps = {{.path = "data", .root_path = "data"}}};
  const Stage reads_below{.deps = {{.path = "data/x/y", .root_path = "data/x/y"}}};
  const Stage reads_beside{.deps = {{.path = "data/xy", .root_path = "data/xy"}}};
  EXPECT_TRUE(Collide(writer, reads_folder));
  EXPECT_TRUE(Collide(reads_below, writer));
  EXPECT_FALSE(Collide(writer, reads_beside));
  EXPECT_FALSE(Collide(reads_folder, reads_below)) << "two readers";
}

}  // namespace
}  // namespace expq::pipeline
