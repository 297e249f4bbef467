// What one attempt does: overrides, the environment of stages, what is computed once, retries and timeouts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_split.h"
#include "common/digest/digest.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string RevisionOf(const Workbench& bench, const std::string& name) {
  return TextAt(bench.Json({"list", name}), "experiments.0.revision");
}

// The lines of a file that stages append to; none when nobody has yet.
int Lines(const TempDir& dir, const std::string& file) {
  const std::string text = dir.Read(file);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

// Its prep stage notes every execution in a file outside, and waits for another one to appear.
class SlowPrep {
 public:
  SlowPrep() : bench_({"NOTES=" + outside_.path()}) {
    outside_.Write("runs", "");
    bench_.repo().Write("prep.sh",
                        "echo run >> \"$NOTES/runs\"\nwhile [ ! -e \"$NOTES/open\" ]; do sleep 0.02; done\n"
                        "cp raw.txt data.txt\n");
    bench_.repo().Git({"add", "prep.sh"});
    bench_.repo().Write("dvc.yaml",
                        "stages:\n  prep:\n    cmd: sh prep.sh\n    deps: [raw.txt, prep.sh]\n    outs: [data.txt]\n"
                        "  train:\n    cmd: sh train.sh\n    deps: [data.txt, train.sh]\n    params: [units]\n"
                        "    outs: [model.txt]\n    metrics:\n    - metrics.json:\n        cache: false\n");
  }
  bool Running(int count) const {
    return Eventually([&] {
      const std::string states = States(bench_.Json({"list"}));
      int running = 0;
      for (size_t at = states.find("=running"); at != std::string::npos; at = states.find("=running", at + 1)) {
        ++running;
      }
      return running == count && Lines(outside_, "runs") > 0;
    });
  }
  void Open() const { outside_.Write("open", ""); }
  int runs() const { return Lines(outside_, "runs"); }
  const Workbench& bench() const { return bench_; }

 private:
  TempDir outside_;
  Workbench bench_;
};

TEST(Attempt, WritesOverridesWithoutTouchingAnyOtherByte) {
  const Workbench bench;
  bench.repo().Write(
      "params.yaml",
      "# how wide\nunits: 64   # neurons\r\n\nlr: 1e-3\nlayers: [32, 16]   # flow\nopt:\n"
      "    name: 'sgd'   # quoted\n    # odd indentation\n    betas:\n    - 0.9\n    - 0.999\nlast: yes");
  bench.repo().Commit("odd params");
  bench.Out({"submit", "-n", "one", "-S", "opt.name=adam"});
  bench.Out({"submit", "-n", "two", "-S", "units=7", "-S", "layers=[8,4,2]"});
  bench.Out({"run-all"});
  const auto changes = [&](const std::string& name) {
    return bench.repo().Git({"diff", "-U0", "--no-color", "HEAD", RevisionOf(bench, name), "--", "params.yaml"});
  };
  EXPECT_THAT(changes("one"), HasSubstr("@@ -7 +7 @@ opt:\n-    name: 'sgd'   # quoted\n+    name: 'adam'   # quoted"));
  EXPECT_EQ(bench.repo().Git({"diff", "--numstat", "HEAD", RevisionOf(bench, "one"), "--", "params.yaml"}),
            "1\t1\tparams.yaml");
  EXPECT_THAT(changes("two"), HasSubstr("-units: 64   # neurons\r\n+units: 7   # neurons\r\n"));
  EXPECT_THAT(changes("two"), HasSubstr("-layers: [32, 16]   # flow\n+layers: [8, 4, 2]   # flow"));
  EXPECT_EQ(bench.repo().Git({"diff", "--numstat", "HEAD", RevisionOf(bench, "two"), "--", "params.yaml"}),
            "2\t2\tparams.yaml");
}

TEST(Attempt, GivesStagesDvcsEnvironmentAndOurs) {
  const Workbench bench({"INHERITED=from the user"});
  bench.repo().Write("train.sh", "env | sort; echo \"in: $PWD\"; touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "talker", "-e", "MINE=a=b c"});
  bench.Out({"run-all"});
  const std::string log = bench.Out({"logs", "talker", "--stage", "train"});
  const value::Value listed = bench.Json({"list", "talker"});
  for (const std::string& line :
       {std::string("DVC_EXP_NAME=talker"), "DVC_EXP_BASELINE_REV=" + bench.repo().Head(),
        std::string("DVC_STAGE=train"), "DVC_ROOT=" + bench.repo().path(), std::string("EXPQ_EXPERIMENT=talker"),
        std::string("EXPQ_ATTEMPT=1"), "EXPQ_ID=" + TextAt(listed, "experiments.0.id"), std::string("MINE=a=b c"),
        std::string("INHERITED=from the user")}) {
    EXPECT_THAT(log, HasSubstr(line + "\n"));
  }
  const size_t root = log.find("EXPQ_ROOT=");
  ASSERT_NE(root, std::string::npos);
  const std::string workspace = log.substr(root + 10, log.find('\n', root) - root - 10);
  EXPECT_THAT(log, HasSubstr("in: " + workspace + "\n"));
  EXPECT_THAT(workspace, HasSubstr(bench.repo().path() + "/.git/expq/"));
}

TEST(Attempt, OfTwoThatNeedTheSameStageOneComputesItAndTheOtherWaits) {
  const SlowPrep slow;
  slow.bench().Out({"submit", "-n", "g", "-S", "units=1,2"});
  Background run(slow.bench().expq(), {"run-all", "-j", "2"});
  ASSERT_TRUE(slow.Running(2));
  slow.Open();
  EXPECT_EQ(run.Join().code, 0);
  EXPECT_EQ(States(slow.bench().Json({"list"})), "g-1=succeeded g-2=succeeded");
  EXPECT_EQ(slow.runs(), 1);
}

TEST(Attempt, OneComputesForTwoAlsoAcrossProcesses) {
  const SlowPrep slow;
  slow.bench().Out({"submit", "-n", "g", "-S", "units=1,2"});
  Background one(slow.bench().expq(), {"run-all"});
  Background two(slow.bench().expq(), {"run-all"});
  ASSERT_TRUE(slow.Running(2));
  slow.Open();
  EXPECT_EQ(one.Join().code, 0);
  EXPECT_EQ(two.Join().code, 0);
  EXPECT_EQ(States(slow.bench().Json({"list"})), "g-1=succeeded g-2=succeeded");
  EXPECT_EQ(slow.runs(), 1);
}

TEST(Attempt, IsCancelledWhileItWaitsForAnothersResult) {
  const SlowPrep slow;
  slow.bench().Out({"submit", "-n", "g", "-S", "units=1,2"});
  Background run(slow.bench().expq(), {"run-all", "-j", "2"});
  ASSERT_TRUE(slow.Running(2));
  slow.bench().Out({"cancel", "g-1", "g-2"});
  EXPECT_EQ(run.Join().code, 0);
  EXPECT_EQ(States(slow.bench().Json({"list"})), "g-1=cancelled g-2=cancelled");
  EXPECT_EQ(slow.runs(), 1) << "the one that waited must not begin";
}

TEST(Attempt, FillsTheRunCacheAndTakesFromIt) {
  const SlowPrep slow;
  slow.Open();
  slow.bench().Out({"submit", "-n", "first", "-S", "units=1"});
  slow.bench().Out({"run-all"});
  slow.bench().Out({"submit", "-n", "again", "-S", "units=1"});
  EXPECT_EQ(slow.bench().Run({"run-all"}).code, 0);
  EXPECT_EQ(slow.runs(), 1);
  EXPECT_THAT(slow.bench().Run({"logs", "again"}).err, HasSubstr("the results of all its stages were there before"));
  EXPECT_EQ(TextAt(slow.bench().Json({"list", "again"}), "experiments.0.metrics"),
            TextAt(slow.bench().Json({"list", "first"}), "experiments.0.metrics"));
  slow.bench().Out({"submit", "-n", "forced", "-S", "units=1", "--no-run-cache"});
  EXPECT_EQ(slow.bench().Run({"run-all"}).code, 0);
  EXPECT_EQ(slow.runs(), 2);
}

TEST(Attempt, SharesItsOutputsWithTheCacheWhereTheDiskCan) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  bench.Out({"run-all"});
  const std::string md5 = digest::Md5Of("raw\n1\n").text();
  const std::string object = bench.repo() / (".dvc/cache/files/md5/" + md5.substr(0, 2) + "/" + md5.substr(2));
  ASSERT_TRUE(std::filesystem::exists(object));
  EXPECT_EQ(std::filesystem::status(object).permissions(), std::filesystem::perms(0444));
  if (bench.Out({"doctor"}).find("(hard link)") == std::string::npos) GTEST_SKIP() << "the disk has something better";
  EXPECT_GE(std::filesystem::hard_link_count(object), 2u) << "the workspace has a copy of its own";
}

TEST(Attempt, WritesDvcLockAfterEachStage) {
  const Workbench bench;
  bench.repo().Write("train.sh", "cat dvc.lock; touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all"});
  const std::string during = bench.Out({"logs", "one", "--stage", "train"});
  EXPECT_THAT(during, HasSubstr("  prep:\n    cmd: cp raw.txt data.txt\n"));
  EXPECT_THAT(during, Not(HasSubstr("  train:")));
  EXPECT_THAT(bench.repo().Git({"show", RevisionOf(bench, "one") + ":dvc.lock"}), HasSubstr("  train:\n"));
}

TEST(Attempt, RunsIndependentStagesSideBySide) {
  const TempDir outside;
  const Workbench bench({"MEET=" + outside.path()});
  bench.repo().Write("dvc.yaml", kMeetingStages);
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all", "--stage-jobs", "2"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

TEST(Attempt, OfOneStageReadsWhatTheOthersMadeBefore) {
  const Workbench bench;
  bench.Out({"run", "-n", "whole", "-S", "units=1"});
  bench.repo().Commit("as it ran");
  bench.repo().Remove("data.txt");
  bench.Out({"submit", "-s", "train", "-n", "single", "-S", "units=2"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 0) << bench.Out({"queue"});
  EXPECT_EQ(bench.Out({"logs", "single"}), "training with 2\n");
  bench.Out({"submit", "train", "--downstream", "-n", "down", "-S", "units=3"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 0) << bench.Out({"queue"});
}

TEST(Attempt, IsTriedAgainAsOftenAsItWasSubmittedFor) {
  const TempDir outside;
  const Workbench bench({"NOTES=" + outside.path()});
  bench.repo().Write("train.sh",
                     "echo try >> $NOTES/tries; [ $(wc -l < $NOTES/tries) -ge 3 ] || { echo not yet; exit 1; }\n"
                     "touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "stubborn", "--retries", "2"});
  bench.Out({"run-all"});
  const value::Value listed = bench.Json({"list"});
  EXPECT_EQ(States(listed), "stubborn=succeeded");
  EXPECT_EQ(TextAt(listed, "experiments.0.attempt"), "3");
  EXPECT_EQ(bench.Out({"logs", "stubborn", "--attempt", "2", "--stage", "train"}), "not yet\n");
  bench.repo().Write("train.sh", "exit 1\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "hopeless", "--retries", "1"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  EXPECT_EQ(TextAt(bench.Json({"list", "hopeless"}), "experiments.0.attempt"), "2");
}

TEST(Attempt, IsEndedAtItsTimeout) {
  const Workbench bench({"WAIT=/nowhere/to/come"});
  bench.Out({"submit", "-n", "endless", "--timeout", "1s"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  const value::Value queue = bench.Json({"queue"});
  EXPECT_EQ(States(queue), "endless=failed");
  EXPECT_EQ(TextAt(queue, "experiments.0.cause"), "timeout");
  EXPECT_THAT(TextAt(queue, "experiments.0.error"), HasSubstr("1s"));
}

TEST(Attempt, ThatFailsKeepsItsMetricsSoFar) {
  const Workbench bench;
  bench.repo().Write("train.sh", "echo '{\"acc\": 0.5}' > metrics.json; exit 9\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "half"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  const value::Value queue = bench.Json({"queue"});
  EXPECT_EQ(value::ToJson(*value::Lookup(queue, "experiments.0.metrics"), {.compact = true}),
            R"({"metrics.json":{"acc":0.5}})");
  EXPECT_EQ(TextAt(queue, "experiments.0.error"), "stage 'train': exited with code 9");
}

TEST(Attempt, ItsResultIsOneCommitOnTheBaselineWithParamsLockAndMetrics) {
  const Workbench bench;
  bench.repo().Write("raw.txt", "uncommitted\n");
  bench.Out({"submit", "-n", "one", "-S", "units=5", "-m", "why I tried it"});
  bench.Out({"run-all"});
  const std::string revision = RevisionOf(bench, "one");
  EXPECT_EQ(bench.repo().Git({"rev-parse", revision + "^@"}), bench.repo().Head());
  const std::vector<std::string> files =
      absl::StrSplit(bench.repo().Git({"diff", "--name-only", "HEAD", revision}), '\n');
  EXPECT_THAT(files, ::testing::ElementsAre("dvc.lock", "metrics.json", "params.yaml", "raw.txt"));
  EXPECT_THAT(bench.repo().Git({"log", "-1", "--format=%s", revision}), HasSubstr("why I tried it"));
}

TEST(Attempt, GitInAStageShowsTheOverridesAndWhatWasNotCommitted) {
  const Workbench bench;
  bench.repo().Write("train.sh",
                     "git status --porcelain -uno; git diff HEAD -- params.yaml | grep '^[+]units'\n"
                     "cp data.txt model.txt; echo '{}' > metrics.json\n");
  bench.Out({"submit", "-n", "seen", "-S", "units=5"});
  bench.Out({"run-all"});
  EXPECT_EQ(bench.Out({"logs", "seen", "--stage", "train"}), " M params.yaml\nM  train.sh\n+units: 5  # neurons\n");
}

}  // namespace
}  // namespace expq::testing
