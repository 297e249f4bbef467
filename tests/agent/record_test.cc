#include "agent/record.h"

#include <gtest/gtest.h>

#include "agent/spool.h"
#include "tests/support/every_option.h"
#include "tests/support/temp_dir.h"

namespace expq::agent {
namespace {

experiment::Assignment SomeAssignment() {
  experiment::Assignment assignment;
  experiment::Experiment& experiment = assignment.experiment;
  experiment.id = {"0123456789abcdef"};
  experiment.project = {"digits"};
  experiment.submission = {"fedcba9876543210"};
  experiment.name = "rusty-otter";
  experiment.message = "a \"quoted\"\nmessage, häßlich";
  experiment.baseline = {std::string(40, 'a')};
  experiment.snapshot = {std::string(40, 'b')};
  experiment.overrides = {"units=128", "conf/x.yaml:a.b=1e-05"};
  experiment.options = testing::EveryOption();
  experiment.need = {.cpus = 2, .memory = 1LL << 40, .gpus = 1, .labels = {{"zone", "eu"}, {"fast", ""}}};
  experiment.retries = 2;
  experiment.failures = 1;
  experiment.timeout = absl::Minutes(90);
  assignment.attempt = 4;
  assignment.gpu_ids = {"GPU-1"};
  return assignment;
}

TEST(Record, BringsAnAssignmentBack) {
  experiment::Assignment before = SomeAssignment();
  auto after = DecodeAssignment(EncodeAssignment(before));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(EncodeAssignment(*after), EncodeAssignment(before));
  EXPECT_EQ(after->attempt, 4);
  EXPECT_EQ(after->gpu_ids, before.gpu_ids);
  EXPECT_EQ(after->experiment.options, before.experiment.options);
  EXPECT_EQ(after->experiment.need, before.experiment.need);
  EXPECT_EQ(after->experiment.message, before.experiment.message);
  EXPECT_EQ(after->experiment.overrides, before.experiment.overrides);
  EXPECT_EQ(after->experiment.timeout, absl::Minutes(90));
}

TEST(Record, ReadsTheListsOfPairsOfOlderAgents) {
  auto old = DecodeAssignment(
      R"({"experiment": {"id": "0123456789abcdef", "snapshot": "b", "options": {"env": [["A", "1"], ["B", ""]]},)"
      R"( "need": {"labels": [["zone", "eu"]]}}, "attempt": 1})");
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(old->experiment.options.env, (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", ""}}));
  EXPECT_EQ(old->experiment.need.labels, (std::map<std::string, std::string>{{"zone", "eu"}}));
}

TEST(Record, KeepsThatThereIsNoTimeout) {
  experiment::Assignment before = SomeAssignment();
  before.experiment.timeout = absl::InfiniteDuration();
  EXPECT_EQ(DecodeAssignment(EncodeAssignment(before))->experiment.timeout, absl::InfiniteDuration());
}

TEST(Record, BringsAnOutcomeBack) {
  experiment::Outcome before;
  before.kind = experiment::OutcomeKind::kFailed;
  before.cause = experiment::Cause::kOutOfMemory;
  before.error = "stage 'train': killed";
  before.stage = "train";
  before.revision = {std::string(40, 'c')};
  before.blobs = {digest::Md5Of("x"), digest::Md5Of("[]", true)};
  before.params_json = "{\"params.yaml\":{\"units\":128}}";
  before.metrics_json = "{}";
  before.workspace = "/data/work/kept/rusty-otter-4";
  auto after = DecodeOutcome(EncodeOutcome(before));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(EncodeOutcome(*after), EncodeOutcome(before));
  EXPECT_EQ(after->kind, before.kind);
  EXPECT_EQ(after->cause, before.cause);
  EXPECT_EQ(after->blobs, before.blobs);
}

TEST(Record, RefusesWhatIsNotWhole) {
  for (const char* text : {"", "{", "[]", "{}", "{\"kind\": \"won\"}", "{\"attempt\": 1}"}) {
    EXPECT_FALSE(DecodeAssignment(text).ok()) << text;
    EXPECT_FALSE(DecodeOutcome(text).ok()) << text;
  }
}

TEST(Spool, RemembersUntilItIsToldToForget) {
  testing::TempDir dir;
  fs::PosixFilesystem fs;
  Spool spool(fs, AgentLayout(dir.path()), true);
  AttemptKey key{{"0123456789abcdef"}, 4};
  ASSERT_TRUE(spool.SaveAssignment(SomeAssignment(), absl::Seconds(5)).ok());
  auto held = Spool(fs, AgentLayout(dir.path()), true).Load();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].assignment.experiment.name, "rusty-otter");
  EXPECT_FALSE(held[0].outcome.has_value());
  ASSERT_TRUE(spool.SaveOutcome(key, experiment::Outcome{.stage = "train"}).ok());
  held = spool.Load();
  ASSERT_EQ(held.size(), 1u);
  ASSERT_TRUE(held[0].outcome.has_value());
  EXPECT_EQ(held[0].outcome->stage, "train");
  spool.Forget(key);
  EXPECT_TRUE(spool.Load().empty());
}

TEST(Spool, KnowsWhenAnAttemptBeganUntilTheMachineBootsAgain) {
  testing::TempDir dir;
  fs::PosixFilesystem fs;
  Spool spool(fs, AgentLayout(dir.path()), true);
  ASSERT_TRUE(spool.SaveAssignment(SomeAssignment(), absl::Seconds(90)).ok());
  EXPECT_EQ(spool.Load().at(0).started, absl::Seconds(90));
  for (const char* text : {"another-boot 90000000000\n", "", "nonsense", "\n"}) {
    dir.Write("attempts/0123456789abcdef-4/started", text);
    EXPECT_EQ(spool.Load().at(0).started, std::nullopt) << text;
  }
  ASSERT_TRUE(fs.Remove(dir / "attempts/0123456789abcdef-4/started").ok());
  EXPECT_EQ(spool.Load().at(0).started, std::nullopt) << "an older expq wrote none";
}

TEST(Spool, ForgetsWhatItCannotRead) {
  testing::TempDir dir;
  fs::PosixFilesystem fs;
  dir.Write("attempts/0123456789abcdef-4/assignment", "{\"half\": ");
  Spool spool(fs, AgentLayout(dir.path()), true);
  EXPECT_TRUE(spool.Load().empty());
  EXPECT_FALSE(fs.Exists(dir / "attempts/0123456789abcdef-4"));
}

TEST(Spool, OfAnAgentThatDoesNotAdoptKeepsNothing) {
  testing::TempDir dir;
  fs::PosixFilesystem fs;
  Spool spool(fs, AgentLayout(dir.path()), false);
  ASSERT_TRUE(spool.SaveAssignment(SomeAssignment(), absl::Seconds(5)).ok());
  EXPECT_FALSE(fs.Exists(dir / "attempts"));
}

}  // namespace
}  // namespace expq::agent
