#include "scheduler/core/requests.h"

#include <gmock/gmock.h>

#include "common/status/status.h"
#include "scheduler/core/explain.h"
#include "scheduler/core/names.h"
#include "scheduler/core/submit.h"

namespace expq::core {
namespace {

using experiment::State;
using ::testing::HasSubstr;

Entry Named(const std::string& name, State state = State::kQueued, int64_t sequence = 1) {
  Entry entry;
  entry.id.value = "id-of-" + name + std::to_string(sequence);
  entry.name = name;
  entry.state = state;
  entry.sequence = sequence;
  return entry;
}

TEST(CheckName, RefusesWhatGitOrTheCommandLineCannotHold) {
  for (const char* name : {"",   "a b", "a/b",  "a..b", "-a", ".a",   "a.",   "a.lock",   "a~1",  "a^",   "a:b",  "a?",
                           "a*", "a[b", "a\\b", "a@{b", "@",  "face", "Face", "deadbeef", "1234", "a\tb", "a\x7f"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckName(name))) << name;
  }
  for (const char* name : {"cosy-kiwi", "abc", "x", "run_1.2", "größer", "a@b", "face-off", "Face1g"}) {
    EXPECT_TRUE(CheckName(name).ok()) << name;
  }
  EXPECT_FALSE(CheckName(std::string(201, 'x')).ok());
}

TEST(NearName, FindsTypingErrorsAndNothingElse) {
  std::vector<std::string> names = {"cosy-kiwi", "bold-lime", "x"};
  EXPECT_EQ(NearName("cosy-kwii", names), "cosy-kiwi");
  EXPECT_EQ(NearName("bold-lme", names), "bold-lime");
  EXPECT_EQ(NearName("entirely-else", names), std::nullopt);
  EXPECT_EQ(NearName("", {}), std::nullopt);
}

TEST(DecideMeant, TakesTheUnfinishedOneElseTheNewest) {
  EXPECT_EQ(DecideMeant("a", {Named("a", State::kFailed, 1), Named("a", State::kSucceeded, 2)})->sequence, 2);
  EXPECT_EQ(DecideMeant("a", {Named("a", State::kRunning, 1), Named("a", State::kSucceeded, 2)})->sequence, 1);
  auto two = DecideMeant("a", {Named("a", State::kRunning, 1), Named("a", State::kQueued, 2)});
  EXPECT_TRUE(absl::IsFailedPrecondition(two.status()));
  EXPECT_THAT(status::Hint(two.status()), HasSubstr("id-of-a1"));
}

TEST(DecideRemove, RefusesRunningOnesAndSaysHow) {
  EXPECT_TRUE(DecideRemove(Named("a", State::kFailed)).ok());
  absl::Status refused = DecideRemove(Named("a", State::kRunning));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_EQ(status::Hint(refused), "expq cancel a");
}

TEST(DecidePriority, IsForWhatMayStillRun) {
  for (const State state : {State::kQueued, State::kRunning, State::kFailed, State::kCancelled}) {
    EXPECT_EQ(DecidePriority(Named("a", state), -7)->priority, -7);
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(DecidePriority(Named("a", State::kSucceeded), 7).status()));
}

TEST(DecideRename, ChecksTheNameAndWhetherItIsTaken) {
  EXPECT_EQ(DecideRename(Named("a"), "b", false)->name, "b");
  EXPECT_TRUE(absl::IsAlreadyExists(DecideRename(Named("a"), "b", true).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecideRename(Named("a"), "b/c", false).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(DecideRename(Named("a", State::kRunning), "b", false).status()));
  EXPECT_TRUE(DecideRename(Named("a", State::kRunning), "a", true).ok());
}

TEST(DecideSubmit, TrustsNothingThatIsTheSchedulersToSay) {
  experiment::SubmitRequest request{.project = {"p"}, .id = {"s"}, .commit = {"c"}};
  experiment::Experiment e;
  e.name = "one";
  e.state = State::kSucceeded;
  e.attempt = 7;
  e.revision.value = "r";
  e.agent = "box";
  request.experiments = {e};
  auto decision = DecideSubmit(request, {}, absl::FromUnixSeconds(1));
  ASSERT_TRUE(decision.ok());
  const Entry& queued = decision->queued.front();
  EXPECT_EQ(queued.state, State::kQueued);
  EXPECT_EQ(queued.attempt, 0);
  EXPECT_TRUE(queued.revision.empty());
  EXPECT_EQ(queued.agent, "");
  EXPECT_EQ(queued.project.value, "p");
  EXPECT_EQ(queued.snapshot.value, "c");
}

Session AnAgent(experiment::Offer total, experiment::Offer free) {
  Session session;
  session.total = std::move(total);
  session.free = std::move(free);
  return session;
}

TEST(Explain, SaysTheFirstThingThatIsInTheWay) {
  Entry entry = Named("a");
  EXPECT_EQ(Explain(Named("a", State::kRunning), {}), "");
  EXPECT_EQ(Explain(entry, {}), "no agent is running");
  Surroundings around;
  around.alive = {AnAgent({.slots = 1, .cpus = 4, .gpu_ids = {"a"}}, {.slots = 0, .cpus = 4, .gpu_ids = {"a"}}),
                  AnAgent({.slots = 1, .memory = int64_t{1} << 36}, {.slots = 0})};
  EXPECT_EQ(Explain(entry, around), "waits for a slot to become free");
  around.ahead = 2;
  EXPECT_EQ(Explain(entry, around), "2 ahead of it");
  entry.need.gpus = 2;
  EXPECT_EQ(Explain(entry, around), "needs 2 gpus; no agent has that many");
  entry.need = {.memory = int64_t{1} << 35, .gpus = 1};
  EXPECT_EQ(Explain(entry, around), "needs 1 gpu, 32 GiB memory; no single agent has all of it");
  entry.need = {.labels = {{"zone", "a"}}};
  EXPECT_EQ(Explain(entry, around), "needs label zone=a; no agent has that");
  entry.need = {};
  for (Session& session : around.alive) {
    session.agent = "box";
    session.free = {.closed = "the disk of /data is full"};
  }
  EXPECT_EQ(Explain(entry, around), "agent box takes nothing: the disk of /data is full");
  for (Session& session : around.alive) session.draining = true;
  EXPECT_EQ(Explain(entry, around), "every agent that could run it is draining");
  entry.ready = false;
  around.dependencies = {{.name = "first", .state = State::kSucceeded}, {.name = "second", .state = State::kRunning}};
  EXPECT_EQ(Explain(entry, around), "waits for second");
  around.dependencies[1].state = State::kFailed;
  EXPECT_EQ(Explain(entry, around), "waits for second, which failed");
}

}  // namespace
}  // namespace expq::core
