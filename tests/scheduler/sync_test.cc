#include <gmock/gmock.h>

#include <thread>

#include "tests/scheduler/world.h"

namespace expq::testing {
namespace {

using experiment::Cause;
using experiment::Outcome;
using experiment::OutcomeKind;
using experiment::State;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(Sync, GivesWorkAndRecordsItsResult) {
  World world;
  auto ids = world.Queue({"first-one"});
  SimpleAgent agent("box");
  auto orders = world.Sync(agent.report);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].attempt, 1);
  EXPECT_EQ(orders.start[0].experiment.snapshot.value.front(), 'd');
  EXPECT_EQ(orders.unfinished, 1);
  EXPECT_EQ(world.Get("first-one").state, State::kRunning);

  agent.Holds(ids[0], 1, Success(7));
  orders = world.Sync(agent.report);
  EXPECT_THAT(orders.drop, ElementsAre(Pair(ids[0], 1)));
  EXPECT_EQ(orders.unfinished, 0);
  auto done = world.Get("first-one");
  EXPECT_EQ(done.state, State::kSucceeded);
  EXPECT_EQ(done.revision, Revision(7));
  EXPECT_EQ(done.metrics_json, R"({"m.json":{"acc":1}})");
  EXPECT_EQ(world.records.Result(kProject, kBaseline, "first-one"), Revision(7));
}

TEST(Sync, RepeatsAStartWhoseReplyWasLost) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  auto orders = world.Sync(agent.report);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].attempt, 1);
}

TEST(Sync, TakesBackAStartThatADrainingAgentNeverGot) {
  World world;
  world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.report.draining = true;
  auto orders = world.Sync(agent.report);
  EXPECT_THAT(orders.start, SizeIs(0));
  EXPECT_EQ(world.Get("one").state, State::kQueued);
  EXPECT_EQ(world.Get("one").losses, 0);
}

TEST(Sync, AcceptsAnOutcomeOnce) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Success(1));
  world.Sync(agent.report);
  agent.report.attempts[0].outcome = Success(2);
  auto orders = world.Sync(agent.report);
  EXPECT_THAT(orders.drop, ElementsAre(Pair(ids[0], 1)));
  EXPECT_EQ(world.Get("one").revision, Revision(1));
  EXPECT_EQ(world.records.Result(kProject, kBaseline, "one"), Revision(1));
}

TEST(Sync, KeepsAskingForAResultUntilItsCommitAndBlobsAreThere) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  Outcome outcome = Success(1);
  outcome.blobs.push_back(digest::Md5Of("weights"));
  agent.Holds(ids[0], 1, outcome);
  EXPECT_THAT(world.Sync(agent.report).drop, SizeIs(0));
  world.blobs.Add("weights");
  world.records.Lose(Revision(1));
  EXPECT_THAT(world.Sync(agent.report).drop, SizeIs(0));
  EXPECT_EQ(world.records.results(), 0);
  world.records.Find(Revision(1));
  EXPECT_THAT(world.Sync(agent.report).drop, SizeIs(1));
  EXPECT_EQ(world.Get("one").state, State::kSucceeded);
}

TEST(Sync, TurnsASuccessWhoseNameWasTakenIntoAFailure) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  world.records.AddResult(kProject, kBaseline, "one", Revision(99));
  agent.Holds(ids[0], 1, Success(1));
  world.Sync(agent.report);
  EXPECT_EQ(world.Get("one").state, State::kFailed);
  EXPECT_THAT(world.Get("one").error, ::testing::HasSubstr("another result is named 'one'"));
  EXPECT_EQ(world.records.Result(kProject, kBaseline, "one"), Revision(99));
}

TEST(Sync, TriesAFailedOneAgainBeforeOthersAndThenGivesUp) {
  World world;
  auto first = AnExperiment(1, "flaky");
  first.retries = 1;
  world.last_experiment = 1;
  auto ids = world.QueueAll({first});
  world.Queue({"other"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Failure());
  auto orders = world.Sync(agent.report);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].experiment.name, "flaky");
  EXPECT_EQ(orders.start[0].attempt, 2);
  agent.report.attempts.clear();
  agent.Holds(ids[0], 2, Failure());
  orders = world.Sync(agent.report);
  EXPECT_EQ(orders.start[0].experiment.name, "other");
  EXPECT_EQ(world.Get("flaky").state, State::kFailed);
  EXPECT_EQ(world.Get("flaky").cause, Cause::kUserCode);
  EXPECT_EQ(world.Get("flaky").stage, "train");
}

TEST(Sync, CancelsWhatRunsAndWinsOverALaterSuccess) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  ASSERT_TRUE(world.scheduler->Cancel(Named({"one"})).ok());
  agent.Holds(ids[0], 1);
  EXPECT_THAT(world.Sync(agent.report).cancel, ElementsAre(Pair(ids[0], 1)));
  agent.report.attempts[0].outcome = Success(1);
  EXPECT_THAT(world.Sync(agent.report).drop, SizeIs(1));
  EXPECT_EQ(world.Get("one").state, State::kCancelled);
  EXPECT_EQ(world.records.results(), 0);
}

// Somebody cancels between the publishing of a result and the transaction that would record it.
class RacingRecords : public MemoryRecords {
 public:
  absl::Status PublishResult(const experiment::Experiment& e, bool replace) override {
    absl::Status status = MemoryRecords::PublishResult(e, replace);
    EXPECT_TRUE(scheduler->Cancel(Named({e.name})).ok());
    return status;
  }
  scheduler::Scheduler* scheduler = nullptr;
};

TEST(Sync, DropsAPublishedResultWhenACancelWasCommittedFirst) {
  World world;
  RacingRecords records;
  scheduler::Scheduler scheduler(*world.store, world.clock, *world.random, records, world.blobs, world.options);
  records.scheduler = &scheduler;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  ASSERT_TRUE(scheduler.Sync(agent.report).ok());
  agent.Holds(ids[0], 1, Success(1));
  EXPECT_THAT(scheduler.Sync(agent.report)->drop, SizeIs(1));
  EXPECT_EQ(world.Get("one").state, State::kCancelled);
  EXPECT_EQ(records.results(), 0);
}

TEST(Sync, QueuesAgainWhatALostAgentRanAndWelcomesItBack) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  world.clock.Advance(absl::Seconds(61));
  ASSERT_TRUE(world.scheduler->Tick().ok());
  EXPECT_EQ(world.Get("one").state, State::kQueued);
  EXPECT_EQ(world.scheduler->Agents()->front().state, "lost");
  agent.Holds(ids[0], 1, Success(1));
  EXPECT_THAT(world.Sync(agent.report).drop, SizeIs(1));
  EXPECT_EQ(world.Get("one").state, State::kSucceeded);
}

TEST(Sync, SupersedesALostAttemptOnlyByGrantingAnother) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent old_agent("box");
  world.Sync(old_agent.report);
  world.clock.Advance(absl::Seconds(61));
  SimpleAgent other("tower");
  auto orders = world.Sync(other.report);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].attempt, 2);
  old_agent.report.free.slots = 0;
  old_agent.Holds(ids[0], 1, Success(1));
  EXPECT_THAT(world.Sync(old_agent.report).drop, ElementsAre(Pair(ids[0], 1)));
  EXPECT_EQ(world.Get("one").state, State::kRunning);
  EXPECT_EQ(world.records.results(), 0);
}

TEST(Sync, EndsNoLeaseBeforeTwiceTheLeaseTimeAfterARestart) {
  World world;
  world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  world.clock.Advance(absl::Hours(1));
  world.Restart();
  ASSERT_TRUE(world.scheduler->Tick().ok());
  world.clock.Advance(absl::Seconds(119));
  ASSERT_TRUE(world.scheduler->Tick().ok());
  EXPECT_EQ(world.Get("one").state, State::kRunning);
  world.clock.Advance(absl::Seconds(2));
  ASSERT_TRUE(world.scheduler->Tick().ok());
  EXPECT_EQ(world.Get("one").state, State::kQueued);
}

TEST(Sync, EndsNoLeaseBecauseAWallClockJumps) {
  World world;
  const auto ids = world.Queue({"one", "two"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  for (const absl::Duration jump : {absl::Hours(24 * 365), -absl::Hours(2 * 24 * 365)}) {
    world.clock.JumpWall(jump);
    ASSERT_TRUE(world.scheduler->Tick().ok());
    EXPECT_EQ(world.Get("one").state, State::kRunning) << jump;
  }
  world.Queue({"late"});
  agent.Holds(ids[0], 1, Success(1));
  const auto orders = world.Sync(agent.report);
  EXPECT_EQ(world.Get("one").state, State::kSucceeded);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].experiment.name, "two") << "the order of submission is not told by a clock";
  world.clock.Advance(absl::Seconds(61));
  ASSERT_TRUE(world.scheduler->Tick().ok());
  EXPECT_EQ(world.Get("two").state, State::kQueued) << "a lease still ends in time that passes";
}

TEST(Sync, LosesAtOnceWhatADeadProcessRan) {
  World world;
  bool alive = true;
  world.options.session_alive = [&](const experiment::SessionId&) { return alive; };
  world.options.poll = absl::Milliseconds(20);
  world.Restart();
  world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  ASSERT_TRUE(world.scheduler->Tick().ok());
  EXPECT_EQ(world.Get("one").state, State::kRunning);
  alive = false;
  ASSERT_TRUE(world.scheduler->Tick().ok());
  EXPECT_EQ(world.Get("one").state, State::kQueued);
}

TEST(Sync, StopsAPoisonousExperimentAtTheCrashLimit) {
  World world;
  world.Queue({"poison"});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.Get("poison").state, State::kQueued);
    SimpleAgent agent("box" + std::to_string(i));
    world.Sync(agent.report);
    world.clock.Advance(absl::Seconds(61));
    ASSERT_TRUE(world.scheduler->Tick().ok());
  }
  EXPECT_EQ(world.Get("poison").state, State::kFailed);
  EXPECT_EQ(world.Get("poison").cause, Cause::kInfrastructure);
}

TEST(Sync, QueuesAgainWhatMetAFullDiskAndGivesNothingToAnAgentThatIsClosed) {
  World world;
  auto ids = world.Queue({"one", "two"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Outcome{.kind = OutcomeKind::kLost, .cause = Cause::kInfrastructure, .error = "disk full"});
  agent.report.free = {.closed = "disk full"};
  auto orders = world.Sync(agent.report);
  EXPECT_THAT(orders.drop, ElementsAre(Pair(ids[0], 1)));
  EXPECT_THAT(orders.start, SizeIs(0));
  EXPECT_EQ(world.Get("one").state, State::kQueued);
  EXPECT_EQ(world.Get("one").failures, 0);
  EXPECT_EQ(world.Get("one").waiting_because, "agent box takes nothing: disk full");
  EXPECT_EQ(world.scheduler->Agents()->at(0).free.closed, "disk full");
  agent.report.attempts.clear();
  agent.report.free = agent.report.total;
  orders = world.Sync(agent.report);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].experiment.name, "one");
}

TEST(Sync, SaysWhichKeptWorkspacesCanGo) {
  World world;
  auto ids = world.Queue({"failed", "removed", "large"});
  SimpleAgent agent("box", 3);
  world.Sync(agent.report);
  for (const auto& id : ids) agent.Holds(id, 1, Failure());
  world.Sync(agent.report);
  agent.report.attempts.clear();
  const experiment::ExperimentId of_another_scheduler{"00000000deadbeef"};
  agent.report.kept = {ids[0], ids[1], of_another_scheduler};
  EXPECT_THAT(world.Sync(agent.report).forget, SizeIs(0));
  ASSERT_TRUE(world.scheduler->Remove(Named({"removed"})).ok());
  EXPECT_THAT(world.Sync(agent.report).forget, ElementsAre(ids[1]));
  EXPECT_THAT(world.Sync(agent.report).forget, ElementsAre(ids[1])) << "until the agent has heard it";
  agent.report.kept = {ids[0]};
  EXPECT_THAT(world.Sync(agent.report).forget, SizeIs(0));
  world.Restart();
  agent.report.kept = {ids[1], ids[2], of_another_scheduler};
  EXPECT_THAT(world.Sync(agent.report).forget, ElementsAre(ids[1]));
}

TEST(Sync, LooksAtABoundedNumberOfKeptWorkspacesAtATime) {
  World world;
  SimpleAgent agent("box");
  for (int i = 0; i < 100'000; ++i) agent.report.kept.push_back({absl::StrFormat("f%015x", i)});
  EXPECT_THAT(world.Sync(agent.report).forget, SizeIs(0));
}

TEST(Sync, LetsANewProcessOfAnAgentGoOnWithWhatTheOldOneStarted) {
  World world;
  auto ids = world.Queue({"one", "two"});
  SimpleAgent agent("box", 2);
  world.Sync(agent.report);
  SimpleAgent restarted("box", 2);
  restarted.report.session.value = "box-2";
  restarted.report.free.slots = 0;
  restarted.Holds(ids[0], 1);
  auto orders = world.Sync(restarted.report);
  EXPECT_THAT(orders.drop, SizeIs(0));
  EXPECT_EQ(world.Get("one").state, State::kRunning);
  EXPECT_EQ(world.Get("two").state, State::kQueued);
  EXPECT_TRUE(absl::IsAborted(world.scheduler->Sync(agent.report).status()));
}

TEST(Sync, GivesEachAttemptGpusOfItsOwn) {
  World world;
  auto a = AnExperiment(1, "one-gpu"), b = AnExperiment(2, "two-gpus");
  a.need.gpus = 1;
  b.need.gpus = 2;
  world.QueueAll({a, b});
  SimpleAgent agent("box", 4);
  agent.report.total.gpu_ids = agent.report.free.gpu_ids = {"GPU-a", "GPU-b"};
  auto orders = world.Sync(agent.report);
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_THAT(orders.start[0].gpu_ids, ElementsAre("GPU-a"));
  EXPECT_EQ(world.Get("two-gpus").waiting_because, "waits for 2 gpus to become free");
}

TEST(Sync, WakesAWaitingCallWhenWorkComes) {
  World world;
  SimpleAgent agent("box");
  agent.report.projects = {kProject};
  world.Queue({"busy"});
  SimpleAgent other("tower");
  world.Sync(other.report);  // so that something is unfinished
  agent.report.wait = absl::Seconds(20);
  world.options.lease = absl::Hours(1);
  world.Restart();
  experiment::SyncOrders orders;
  std::thread waiting([&] { orders = world.Sync(agent.report); });
  world.Queue({"late"});
  waiting.join();
  ASSERT_THAT(orders.start, SizeIs(1));
  EXPECT_EQ(orders.start[0].experiment.name, "late");
}

TEST(Sync, StartsDependentsWhenTheirParentSucceeded) {
  World world;
  auto parent = AnExperiment(1, "parent"), child = AnExperiment(2, "child");
  child.after = {parent.id};
  child.priority = 10;
  world.QueueAll({parent, child});
  EXPECT_EQ(world.Get("child").waiting_because, "waits for parent");
  SimpleAgent agent("box");
  EXPECT_EQ(world.Sync(agent.report).start[0].experiment.name, "parent");
  agent.Holds(parent.id, 1, Success(1));
  EXPECT_EQ(world.Sync(agent.report).start[0].experiment.name, "child");
}

TEST(Sync, CountsNothingToComeWhenAllThatIsLeftWaitsForAFailure) {
  World world;
  const auto parent = world.Queue({"parent"});
  auto child = AnExperiment(2, "child");
  child.after = parent;
  world.last_experiment = 2;
  world.QueueAll({child});
  SimpleAgent agent("box");
  EXPECT_EQ(world.Sync(agent.report).queued, 1) << "while its parent runs it may come";
  agent.Holds(parent[0], 1, Failure());
  const auto orders = world.Sync(agent.report);
  EXPECT_EQ(world.Get("parent").state, State::kFailed);
  EXPECT_EQ(orders.queued, 0);
  EXPECT_EQ(orders.unfinished, 1);
}

TEST(Sync, TellsADrainedAgentToLeave) {
  World world;
  world.Queue({"one"});
  SimpleAgent agent("box");
  agent.report.total.slots = agent.report.free.slots = 0;
  world.Sync(agent.report);
  ASSERT_TRUE(world.scheduler->Drain("box").ok());
  agent.report.total.slots = agent.report.free.slots = 1;
  auto orders = world.Sync(agent.report);
  EXPECT_TRUE(orders.drain);
  EXPECT_THAT(orders.start, SizeIs(0));
  EXPECT_TRUE(absl::IsNotFound(world.scheduler->Drain("bax")));
}

}  // namespace
}  // namespace expq::testing
