#include <gmock/gmock.h>

#include <thread>

#include "common/fs/filesystem.h"
#include "common/status/status.h"
#include "tests/scheduler/world.h"

namespace expq::testing {
namespace {

using experiment::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Submit, IsHarmlessWhenRepeated) {
  World world;
  auto request = ASubmission(1, {AnExperiment(1, "one"), AnExperiment(2, "two")});
  auto first = world.scheduler->Submit(request);
  auto second = world.scheduler->Submit(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(second->experiments, SizeIs(2));
  EXPECT_THAT(*world.scheduler->List({.project = kProject}), SizeIs(2));
  request.commit = Revision(9);
  EXPECT_TRUE(absl::IsAlreadyExists(world.scheduler->Submit(request).status()));
}

TEST(Submit, RefusesATakenNameAndQueuesNothing) {
  World world;
  world.Queue({"one"});
  auto refused = world.scheduler->Submit(ASubmission(2, {AnExperiment(8, "new"), AnExperiment(9, "one")}));
  EXPECT_TRUE(absl::IsAlreadyExists(refused.status()));
  EXPECT_THAT(refused.status().message(), HasSubstr("'one' exists already: queued"));
  EXPECT_THAT(*world.scheduler->List({.project = kProject}), SizeIs(1));
  EXPECT_EQ(world.records.submissions(), 1);
}

TEST(Submit, RefusesTheNameOfAResultThatDvcMade) {
  World world;
  world.records.AddResult(kProject, kBaseline, "dvc-one", Revision(5));
  auto refused = world.scheduler->Submit(ASubmission(1, {AnExperiment(1, "dvc-one")}));
  EXPECT_TRUE(absl::IsAlreadyExists(refused.status()));
  EXPECT_THAT(status::Hint(refused.status()), HasSubstr("-f"));
  EXPECT_EQ(world.records.submissions(), 0);
}

TEST(Submit, ReplacesAFinishedOneByForceButKeepsItsResultUntilThen) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Success(1));
  world.Sync(agent.report);
  auto request = ASubmission(2, {AnExperiment(2, "one")});
  EXPECT_TRUE(absl::IsAlreadyExists(world.scheduler->Submit(request).status()));
  request.force = true;
  ASSERT_TRUE(world.scheduler->Submit(request).ok());
  EXPECT_EQ(world.Get("one").state, State::kQueued);
  EXPECT_EQ(world.records.Result(kProject, kBaseline, "one"), Revision(1));
  agent.report.attempts.clear();
  world.Sync(agent.report);
  agent.Holds(request.experiments[0].id, 1, Success(2));
  world.Sync(agent.report);
  EXPECT_EQ(world.records.Result(kProject, kBaseline, "one"), Revision(2));
  EXPECT_EQ(world.records.submissions(), 1);
}

TEST(Submit, ReplacesNothingThatIsNotFinished) {
  World world;
  world.Queue({"one"});
  auto request = ASubmission(2, {AnExperiment(2, "one")});
  request.force = true;
  EXPECT_TRUE(absl::IsAlreadyExists(world.scheduler->Submit(request).status()));
}

TEST(Submit, RefusesBadInput) {
  World world;
  auto refuse = [&](experiment::Experiment e) {
    return world.scheduler->Submit(ASubmission(1, {std::move(e)})).status().code();
  };
  EXPECT_EQ(refuse(AnExperiment(1, "deadbeef")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refuse(AnExperiment(1, "a/b")), absl::StatusCode::kInvalidArgument);
  auto waiting = AnExperiment(1, "child");
  waiting.after = {{"e999999999999999"}};
  EXPECT_EQ(refuse(waiting), absl::StatusCode::kNotFound);
  auto request = ASubmission(1, {AnExperiment(1, "same"), AnExperiment(2, "same")});
  EXPECT_EQ(world.scheduler->Submit(request).status().code(), absl::StatusCode::kInvalidArgument);
  world.records.Lose(ASubmission(1, {}).commit);
  EXPECT_EQ(refuse(AnExperiment(1, "fine")), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(world.records.submissions(), 0);
}

TEST(List, FindsByNameIdPrefixAndRevision) {
  World world;
  auto ids = world.Queue({"cosy-kiwi", "bold-lime"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Success(7));
  world.Sync(agent.report);
  EXPECT_EQ(world.Get(ids[1].value).name, "bold-lime");
  EXPECT_EQ(world.Get(Revision(7).value.substr(0, 12)).name, "cosy-kiwi");
  auto ambiguous = world.scheduler->List({.project = kProject, .selectors = {"e0000"}});
  EXPECT_TRUE(absl::IsInvalidArgument(ambiguous.status())) << ambiguous.status();
  auto unknown = world.scheduler->List({.project = kProject, .selectors = {"bold-lme"}});
  EXPECT_TRUE(absl::IsNotFound(unknown.status()));
  EXPECT_EQ(status::Hint(unknown.status()), "did you mean 'bold-lime'?");
  EXPECT_THAT(*world.scheduler->List({.project = {"other"}}), SizeIs(0));
  EXPECT_THAT(*world.scheduler->List({.project = kProject, .states = {State::kSucceeded}}), SizeIs(1));
}

TEST(List, KeepsEverythingThatWasSubmitted) {
  World world;
  auto e = AnExperiment(1, "full");
  e.message = "why, \"not\"\n";
  e.overrides = {"params.yaml:units=128", "x=a,b"};
  e.options = {.targets = {"train"}, .subdir = "sub", .force = true, .stage_jobs = 3, .env = {{"A", "b=c"}}};
  e.need = {.cpus = 2, .memory = int64_t{1} << 33, .gpus = 1, .labels = {{"zone", "a"}, {"fast", ""}}};
  e.priority = -3;
  e.retries = 2;
  e.timeout = absl::Minutes(5);
  e.params_json = R"({"params.yaml":{"units":128}})";
  e.properties = {{"owner", "me"}};
  world.QueueAll({e});
  auto got = world.Get("full");
  EXPECT_EQ(got.message, e.message);
  EXPECT_EQ(got.overrides, e.overrides);
  EXPECT_EQ(got.options, e.options);
  EXPECT_EQ(got.need, e.need);
  EXPECT_EQ(got.priority, -3);
  EXPECT_EQ(got.retries, 2);
  EXPECT_EQ(got.timeout, absl::Minutes(5));
  EXPECT_EQ(got.params_json, e.params_json);
  EXPECT_EQ(got.properties, e.properties);
  EXPECT_EQ(got.created, world.clock.Now());
  EXPECT_EQ(got.started, absl::InfinitePast());
}

TEST(List, SaysWhyTheyWait) {
  World world;
  auto big = AnExperiment(3, "big");
  big.need.gpus = 2;
  world.last_experiment = 3;
  world.QueueAll({big});
  world.Queue({"one", "two"});
  EXPECT_EQ(world.Get("two").waiting_because, "no agent is running");
  SimpleAgent agent("box");
  agent.report.free.slots = 0;
  world.Sync(agent.report);
  EXPECT_EQ(world.Get("big").waiting_because, "needs 2 gpus; no agent has that many");
  EXPECT_EQ(world.Get("two").waiting_because, "2 ahead of it");
}

TEST(Cancel, EndsQueuedOnesAtOnceAndRefusesFinishedOnes) {
  World world;
  auto ids = world.Queue({"one", "two", "three"});
  EXPECT_EQ(world.scheduler->Cancel(Named({"one"}))->front().state, State::kCancelled);
  EXPECT_TRUE(world.scheduler->Cancel(Named({"one"})).ok());
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[1], 1, Success(1));
  agent.report.free.slots = 0;
  world.Sync(agent.report);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.scheduler->Cancel(Named({"three", "two"})).status()));
  EXPECT_EQ(world.Get("three").state, State::kQueued);
  EXPECT_THAT(*world.scheduler->Cancel({.project = kProject, .all = true}), SizeIs(1));
  EXPECT_TRUE(absl::IsInvalidArgument(world.scheduler->Cancel({.project = kProject}).status()));
}

TEST(Retry, QueuesFailedAndCancelledOnesAgain) {
  World world;
  auto ids = world.Queue({"one", "two"});
  ASSERT_TRUE(world.scheduler->Cancel(Named({"two"})).ok());
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Failure());
  world.Sync(agent.report);
  EXPECT_THAT(*world.scheduler->Retry({.project = kProject, .all_failed = true}), SizeIs(1));
  EXPECT_TRUE(world.scheduler->Retry(Named({"two"})).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(world.scheduler->Retry(Named({"two"})).status()));
  auto one = world.Get("one");
  EXPECT_EQ(one.state, State::kQueued);
  EXPECT_EQ(one.attempt, 1);
  EXPECT_EQ(one.error, "");
  // The old attempt is over: its outcome cannot come twice.
  agent.report.attempts[0].outcome = Success(1);
  agent.report.free.slots = 0;
  EXPECT_THAT(world.Sync(agent.report).drop, SizeIs(1));
  EXPECT_EQ(world.Get("one").state, State::kQueued);
}

TEST(Remove, ForgetsExperimentsTheirLogsAndRefs) {
  World world;
  auto ids = world.Queue({"one", "two"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.scheduler->Remove(Named({"one"})).status()));
  ASSERT_TRUE(world.scheduler->AppendLog({.experiment = ids[0], .attempt = 1, .stage = "setup", .bytes = "hi"}).ok());
  auto outcome = Success(1);
  outcome.workspace = "/work/kept";
  agent.Holds(ids[0], 1, outcome);
  agent.report.free.slots = 0;
  world.Sync(agent.report);
  auto removed = world.scheduler->Remove(Named({"one"}));
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(removed->front().workspace, "/work/kept");
  EXPECT_EQ(world.records.results(), 0);
  EXPECT_EQ(world.records.submissions(), 1);
  EXPECT_FALSE(fs::PosixFilesystem().Exists(world.logs.path() + "/" + ids[0].value));
  EXPECT_THAT(*world.scheduler->Remove({.project = kProject, .all_queued = true}), SizeIs(1));
  EXPECT_EQ(world.records.submissions(), 0);
}

TEST(Remove, OfAllLeavesWhatRunsAndTellsWhoKeepsMore) {
  World world;
  std::vector<experiment::ExperimentId> forgotten;
  world.options.forgotten = [&](const experiment::ExperimentId& id) { forgotten.push_back(id); };
  world.Restart();
  const auto ids = world.Queue({"runs", "waits"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  const auto removed = world.scheduler->Remove({.project = kProject, .all = true});
  ASSERT_TRUE(removed.ok()) << removed.status();
  ASSERT_THAT(*removed, SizeIs(1));
  EXPECT_EQ(removed->front().name, "waits");
  EXPECT_EQ(forgotten, std::vector{ids[1]});
  EXPECT_EQ(world.Get("runs").state, State::kRunning);
}

TEST(Update, RenamesSetsPrioritiesAndProperties) {
  World world;
  auto ids = world.Queue({"one", "two"});
  EXPECT_TRUE(world.scheduler->Update({.project = kProject, .selector = "two", .name = "new", .priority = 5}).ok());
  EXPECT_EQ(world.Get("new").priority, 5);
  EXPECT_TRUE(
      absl::IsAlreadyExists(world.scheduler->Update({.project = kProject, .selector = "one", .name = "new"}).status()));
  ASSERT_TRUE(world.scheduler->Update({.project = kProject, .selector = "one", .properties = {{"a", "1"}}}).ok());
  EXPECT_THAT(world.Get("one").properties, ElementsAre(::testing::Pair("a", "1")));
  ASSERT_TRUE(world.scheduler->Update({.project = kProject, .selector = "one", .properties = {{"a", ""}}}).ok());
  EXPECT_THAT(world.Get("one").properties, SizeIs(0));
  SimpleAgent agent("box");
  EXPECT_EQ(world.Sync(agent.report).start[0].experiment.name, "new");
  EXPECT_TRUE(absl::IsFailedPrecondition(
      world.scheduler->Update({.project = kProject, .selector = "new", .name = "x-y"}).status()));
}

TEST(Update, MovesTheResultOfARenamedOne) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Success(1));
  world.Sync(agent.report);
  ASSERT_TRUE(world.scheduler->Update({.project = kProject, .selector = "one", .name = "best"}).ok());
  EXPECT_EQ(world.records.Result(kProject, kBaseline, "best"), Revision(1));
  EXPECT_EQ(world.records.results(), 1);
}

TEST(Watch, TellsEverythingOnceInOrder) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  agent.Holds(ids[0], 1, Success(1));
  world.Sync(agent.report);
  std::vector<std::string> what;
  int64_t last = 0;
  auto events = world.scheduler->Watch(kProject, 0, absl::ZeroDuration());
  for (const auto& event : *events) {
    EXPECT_EQ(event.sequence, ++last);
    what.push_back(event.what);
  }
  EXPECT_THAT(what, ElementsAre("submitted", "started", "succeeded"));
  EXPECT_THAT(*world.scheduler->Watch(kProject, last, absl::ZeroDuration()), SizeIs(0));
}

TEST(Watch, ReturnsWhenSomethingHappensAndWhenStopped) {
  World world;
  std::thread first([&] {
    auto events = world.scheduler->Watch(kProject, 0, absl::Seconds(20));
    EXPECT_THAT(*events, SizeIs(1));
  });
  world.Queue({"one"});
  first.join();
  std::thread second([&] { EXPECT_THAT(*world.scheduler->Watch(kProject, 1, absl::Seconds(20)), SizeIs(0)); });
  world.scheduler->Stop();
  second.join();
}

TEST(Watch, SeesWhatAnotherProcessDid) {
  TempDir dir;
  World mine, theirs;
  for (World* world : {&mine, &theirs}) {
    world->options.poll = absl::Milliseconds(5);
    world->store = store::OpenSqlite(dir / "queue.db").value();
    world->Restart();
  }
  std::thread waiting([&] { EXPECT_THAT(*mine.scheduler->Watch(kProject, 0, absl::Seconds(20)), SizeIs(1)); });
  theirs.Queue({"one"});
  waiting.join();
}

TEST(Progress, IsTakenFromTheCurrentAttemptOnly) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  ASSERT_TRUE(world.scheduler
                  ->ReportProgress({{.experiment = ids[0], .attempt = 1, .stage = "train", .metrics_json = "{\"a\":1}"},
                                    {.experiment = ids[0], .attempt = 2, .stage = "never", .metrics_json = "{}"}})
                  .ok());
  EXPECT_EQ(world.Get("one").stage, "train");
  EXPECT_EQ(world.Get("one").metrics_json, "{\"a\":1}");
}

TEST(Log, IsAppendedByOffsetAndARepeatChangesNothing) {
  World world;
  auto ids = world.Queue({"one"});
  SimpleAgent agent("box");
  world.Sync(agent.report);
  experiment::LogAppend chunk{.experiment = ids[0], .attempt = 1, .index = 1, .stage = "train@0", .bytes = "abc"};
  ASSERT_TRUE(world.scheduler->AppendLog(chunk).ok());
  ASSERT_TRUE(world.scheduler->AppendLog(chunk).ok());
  chunk.offset = 2;
  chunk.bytes = "cde";
  ASSERT_TRUE(world.scheduler->AppendLog(chunk).ok());
  chunk.offset = 99;
  EXPECT_TRUE(absl::IsFailedPrecondition(world.scheduler->AppendLog(chunk)));
  auto segments = *world.scheduler->Segments(kProject, ids[0]);
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_EQ(segments[0].stage, "train@0");
  EXPECT_EQ(segments[0].size, 5);
  EXPECT_EQ(*world.scheduler->ReadLog(kProject, ids[0], segments[0], 1, 3), "bcd");
  EXPECT_EQ(*world.scheduler->ReadLog(kProject, ids[0], segments[0], 5, 100), "");
}

TEST(Log, OfASupersededAttemptIsKept) {
  World world;
  auto ids = world.Queue({"one"});
  for (std::string name : {"box", "tower"}) {
    world.Sync(SimpleAgent(name).report);
    world.clock.Advance(absl::Seconds(61));
  }
  experiment::LogAppend chunk{.experiment = ids[0], .attempt = 1, .stage = "setup", .bytes = "late"};
  EXPECT_TRUE(absl::IsAborted(world.scheduler->AppendLog(chunk)));
  chunk.attempt = 2;
  EXPECT_TRUE(world.scheduler->AppendLog(chunk).ok());
  chunk.attempt = 3;
  EXPECT_TRUE(absl::IsAborted(world.scheduler->AppendLog(chunk)));
  EXPECT_THAT(*world.scheduler->Segments(kProject, ids[0]), SizeIs(2));
}

}  // namespace
}  // namespace expq::testing
