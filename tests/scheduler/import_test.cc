// Rows made from what the refs remember.
#include "gmock/gmock.h"
#include "tests/scheduler/world.h"

namespace expq::scheduler {
namespace {

using core::Recorded;
using experiment::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace expq::testing;  // NOLINT: the builders

Recorded AsRecorded(const experiment::SubmitRequest& request) {
  return {.id = request.id,
          .commit = request.commit,
          .created = absl::FromUnixSeconds(1000),
          .experiments = request.experiments};
}

TEST(Import, AnOrphanIsQueuedAndRuns) {
  World world;
  const auto request = ASubmission(1, {AnExperiment(1, "a"), AnExperiment(2, "b")});
  EXPECT_THAT(*world.scheduler->Unknown({request.id}), ElementsAre(request.id));
  const auto imported = world.scheduler->Import(kProject, {AsRecorded(request)});
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->queued, 2);
  EXPECT_THAT(*world.scheduler->Unknown({request.id}), IsEmpty());
  SimpleAgent agent("box", 2);
  EXPECT_EQ(world.Sync(agent.report).start.size(), 2u);
}

TEST(Import, TwiceIsOnceAndALateSubmitFindsItsOwn) {
  World world;
  const auto request = ASubmission(1, {AnExperiment(1, "a")});
  ASSERT_TRUE(world.scheduler->Import(kProject, {AsRecorded(request)}).ok());
  EXPECT_EQ(world.scheduler->Import(kProject, {AsRecorded(request)})->queued, 0);
  // It was only slow between its ref and its rows.
  const auto submitted = world.scheduler->Submit(request);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_EQ(submitted->experiments.at(0).name, "a");
}

TEST(Import, WhatWasRemovedStaysRemovedAndItsRefGoes) {
  World world;
  const auto request = ASubmission(1, {AnExperiment(1, "a")});
  ASSERT_TRUE(world.scheduler->Submit(request).ok());
  ASSERT_TRUE(world.scheduler->Remove(Named({"a"})).ok());
  // As if the process had been killed before it dropped the ref.
  ASSERT_TRUE(world.records.PublishSubmission(kProject, request.id, request.commit).ok());
  EXPECT_EQ(world.scheduler->Import(kProject, {AsRecorded(request)})->queued, 0);
  EXPECT_EQ(world.records.submissions(), 0u);
}

TEST(Import, ASuccessReleasesWhoWaitsForItAndAnOpenOneDoesNot) {
  World world;
  auto first = AnExperiment(1, "first"), second = AnExperiment(2, "second"), third = AnExperiment(3, "third");
  first.revision = Revision(1);
  first.metrics_json = R"({"m.json":{"acc":1}})";
  second.after = {first.id};
  third.after = {second.id};
  ASSERT_TRUE(world.scheduler->Import(kProject, {AsRecorded(ASubmission(1, {first, second, third}))}).ok());
  EXPECT_EQ(world.Get("first").state, State::kSucceeded);
  EXPECT_EQ(world.Get("first").metrics_json, first.metrics_json);
  SimpleAgent agent("box", 3);
  const auto orders = world.Sync(agent.report);
  ASSERT_EQ(orders.start.size(), 1u);
  EXPECT_EQ(orders.start[0].experiment.name, "second");
}

TEST(Import, NoAttemptNumberComesTwice) {
  World world;
  world.logs.Write("e000000000000001/2/00-setup.log", "from before\n");
  ASSERT_TRUE(world.scheduler->Import(kProject, {AsRecorded(ASubmission(1, {AnExperiment(1, "a")}))}).ok());
  SimpleAgent agent("box");
  EXPECT_EQ(world.Sync(agent.report).start.at(0).attempt, 3);
  const auto segments = world.scheduler->Segments(kProject, {"e000000000000001"});
  EXPECT_EQ(segments->at(0).attempt, 2) << "old logs can still be read";
}

}  // namespace
}  // namespace expq::scheduler
