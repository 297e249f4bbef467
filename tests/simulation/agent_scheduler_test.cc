#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "common/process/proc_stat.h"
#include "tests/common/process/stage_script.h"
#include "tests/simulation/agent_world.h"
#include "tests/simulation/one_stage.h"
#include "tests/simulation/running_agent.h"

namespace expq::testing {
namespace {

using experiment::Cause;
using experiment::State;
using process::Fifo;

class NearAndFar : public ::testing::TestWithParam<Distance> {
 protected:
  AgentWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(AgentAndScheduler, NearAndFar, ::testing::Values(Distance::kLocal, Distance::kRemote),
                         [](const auto& info) { return info.param == Distance::kLocal ? "Local" : "Remote"; });

TEST_P(NearAndFar, RunAGridToOneResultEach) {
  OneStage(world_.repo, kTrain);
  world_.Submit({{"units=1"}, {"units=2"}, {"units=3"}, {}});
  agent::Summary summary = world_.RunAll();
  EXPECT_EQ(summary.succeeded, 4);
  EXPECT_EQ(summary.failed, 0);
  for (int i = 0; i < 4; ++i) {
    std::string name = absl::StrCat("x", i), units = i == 3 ? "64" : absl::StrCat(i + 1);
    experiment::Experiment experiment = world_.Get(name);
    EXPECT_EQ(experiment.state, State::kSucceeded) << experiment.error;
    EXPECT_EQ(experiment.attempt, 1);
    EXPECT_EQ(world_.ResultFile(name, "params.yaml"), "# how it learns\nunits: " + units + "\nlr: 1e-3\n");
    EXPECT_EQ(world_.ResultFile(name, "metrics.json"), "{\"acc\": " + units + "}\n");
    EXPECT_TRUE(absl::StrContains(world_.ResultFile(name, "dvc.lock"), "path: model.bin"));
    EXPECT_EQ(experiment.metrics_json, "{\"metrics.json\":{\"acc\":" + units + "}}");
    EXPECT_EQ(world_.Log(name), "[train]\ntraining " + units + "\n");
  }
  EXPECT_EQ(world_.repo.Git({"status", "--porcelain"}), "");
}

TEST_P(NearAndFar, CommitOnTopOfTheBaselineOnlyWhatBelongsThere) {
  OneStage(world_.repo, std::string(kTrain) + "echo junk > untracked.txt\necho changed >> train.log\n");
  world_.repo.Write("train.log", "before\n");
  std::string baseline = world_.repo.Commit();
  world_.repo.Write("params.yaml", "units: 5\n");  // uncommitted: part of the snapshot
  experiment::Experiment like;
  like.message = "my message";
  world_.Submit({{"units=6"}}, like);
  ASSERT_EQ(world_.RunAll().succeeded, 1);
  std::string hub = GetParam() == Distance::kLocal ? world_.repo.path() : world_.data / "hub.git";
  std::string revision = world_.Get("x0").revision.value;
  EXPECT_EQ(RunGit(hub, {"log", "--format=%P %s", "-1", revision}), baseline + " my message");
  EXPECT_EQ(RunGit(hub, {"diff", "--name-status", baseline, revision}),
            "A\tdvc.lock\nA\tmetrics.json\nM\tparams.yaml\nM\ttrain.log");
  EXPECT_EQ(world_.ResultFile("x0", "params.yaml"), "units: 6\n");
  EXPECT_EQ(world_.ResultFile("x0", "train.log"), "before\nchanged\n");
}

TEST_P(NearAndFar, KeepLogMetricsAndWorkspaceOfAFailure) {
  OneStage(world_.repo, "echo '{\"acc\": 0.5}' > metrics.json; echo oh no >&2; exit 3");
  world_.Submit({{"units=2"}});
  agent::Summary summary = world_.RunAll();
  EXPECT_EQ(summary.failed, 1);
  experiment::Experiment experiment = world_.Get("x0");
  EXPECT_EQ(experiment.state, State::kFailed);
  EXPECT_EQ(experiment.cause, Cause::kUserCode);
  EXPECT_EQ(experiment.error, "stage 'train': exited with code 3");
  EXPECT_EQ(experiment.metrics_json, "{\"metrics.json\":{\"acc\":0.5}}");
  EXPECT_TRUE(absl::StrContains(world_.Log("x0"), "[train]\noh no\n")) << world_.Log("x0");
  EXPECT_EQ(*world_.fs.Read(experiment.workspace + "/params.yaml"), "# how it learns\nunits: 2\nlr: 1e-3\n");
  EXPECT_TRUE(experiment.revision.empty());
}

TEST_P(NearAndFar, SayWhatIsWrongWithAnOverride) {
  OneStage(world_.repo, kTrain);
  world_.Submit({{"unit=2"}, {"units=3"}});
  agent::Summary summary = world_.RunAll();
  EXPECT_EQ(summary.failed, 1);
  EXPECT_EQ(summary.succeeded, 1);
  experiment::Experiment experiment = world_.Get("x0");
  EXPECT_EQ(experiment.cause, Cause::kBadParams);
  EXPECT_TRUE(absl::StrContains(experiment.error, "unit")) << experiment.error;
  EXPECT_TRUE(absl::StrContains(world_.Log("x0"), "[setup]\nfailed: ")) << world_.Log("x0");
}

TEST_P(NearAndFar, FetchTrackedDataAndSayWhenItIsNowhere) {
  OneStage(world_.repo, "cp data/in.csv model.bin; echo '{}' > metrics.json");
  blob::Cache& cache = GetParam() == Distance::kLocal ? world_.users_cache->cache : world_.hub_cache->cache;
  digest::Digest digest = *cache.StoreBytes("1,2,3\n", false);
  world_.repo.Write("data/.gitignore", "/in.csv\n");
  world_.repo.Write("data/in.csv.dvc", "outs:\n- md5: " + digest.text() + "\n  size: 6\n  hash: md5\n  path: in.csv\n");
  world_.repo.Write("dvc.yaml",
                    "stages:\n  train:\n    cmd: sh train.sh\n    deps: [data/in.csv]\n    outs: [model.bin]\n");
  world_.repo.Commit();
  world_.Submit({{}});
  EXPECT_EQ(world_.RunAll().succeeded, 1) << world_.Get("x0").error;

  digest::Digest nowhere = digest::Md5Of("nobody has these bytes");
  world_.repo.Write("data/in.csv.dvc",
                    "outs:\n- md5: " + nowhere.text() + "\n  size: 22\n  hash: md5\n  path: in.csv\n");
  world_.repo.Commit();
  world_.Submit({{}});
  EXPECT_EQ(world_.RunAll().failed, 1);
  EXPECT_EQ(world_.Get("x1").cause, Cause::kSetup);
  EXPECT_TRUE(absl::StrContains(world_.Get("x1").error, "data/in.csv")) << world_.Get("x1").error;
}

TEST_P(NearAndFar, GiveStagesTheirEnvironment) {
  OneStage(world_.repo,
           "env | grep -E '^(DVC|EXPQ)_' | sort; git rev-parse HEAD; echo > model.bin; echo '{}' > metrics.json");
  world_.Submit({{}});
  ASSERT_EQ(world_.RunAll().succeeded, 1) << world_.Get("x0").error;
  experiment::Experiment experiment = world_.Get("x0");
  std::string log = world_.Log("x0");
  for (const std::string& line :
       {std::string("DVC_EXP_NAME=x0"), std::string("DVC_STAGE=train"),
        "DVC_EXP_BASELINE_REV=" + experiment.baseline.value, "EXPQ_ID=" + experiment.id.value,
        std::string("EXPQ_ATTEMPT=1"), std::string("EXPQ_PROJECT=digits"), experiment.baseline.value}) {
    EXPECT_TRUE(absl::StrContains(log, "\n" + line + "\n")) << line << " is not in\n" << log;
  }
}

TEST_P(NearAndFar, CancelWhatRunsAndAllThatItStarted) {
  Fifo fifo(world_.data / "fifo");
  OneStage(world_.repo, "echo half way; setsid sleep 1000 & echo $! > " + (world_.data / "fifo") + "; wait");
  world_.Submit({{}});
  agent::Options options = world_.AgentOptions();
  options.exit_when_empty = true;
  RunningAgent agent(world_.AgentTools(), options);
  std::string child = fifo.Line();
  ASSERT_TRUE(world_.scheduler->Cancel({.project = world_.project, .selectors = {"x0"}}).ok());
  EXPECT_EQ(agent.Join().cancelled, 1);
  EXPECT_EQ(world_.Get("x0").state, State::kCancelled);
  EXPECT_FALSE(process::Alive(child));
  EXPECT_TRUE(absl::StrContains(world_.Log("x0"), "half way"));
}

TEST_P(NearAndFar, HandRunningWorkBackWhenStopped) {
  Fifo fifo(world_.data / "fifo");
  Fifo go(world_.data / "go");
  OneStage(world_.repo, "echo $$ > " + (world_.data / "fifo") + "; read x < " + (world_.data / "go") +
                            "; echo > model.bin; echo '{}' > metrics.json");
  world_.Submit({{}});
  {
    RunningAgent agent(world_.AgentTools(), world_.AgentOptions());
    std::string stage = fifo.Line();
    agent.stop.Stop();
    agent.Join();
    EXPECT_FALSE(process::Alive(stage));
  }
  EXPECT_EQ(world_.Get("x0").state, State::kQueued);
  std::ofstream(world_.data / "go") << "on\n";
  EXPECT_EQ(world_.RunAll().succeeded, 1);
  EXPECT_EQ(world_.Get("x0").attempt, 2);
}

TEST_P(NearAndFar, LetRunningWorkEndWhenDrained) {
  Fifo fifo(world_.data / "fifo");
  Fifo go(world_.data / "go");
  OneStage(world_.repo, "echo $$ > " + (world_.data / "fifo") + "; read x < " + (world_.data / "go") +
                            "; echo > model.bin; echo '{}' > metrics.json");
  world_.Submit({{"units=1"}, {"units=2"}});
  agent::Options options = world_.AgentOptions();
  options.total.slots = 1;
  RunningAgent agent(world_.AgentTools(), options);
  fifo.Line();
  agent.drain.Stop();
  std::ofstream(world_.data / "go") << "on\n";
  EXPECT_EQ(agent.Join().succeeded, 1);
  EXPECT_EQ(world_.Get("x0").state, State::kSucceeded);
  EXPECT_EQ(world_.Get("x1").state, State::kQueued);
}

TEST_P(NearAndFar, EndAnExperimentAtItsTimeout) {
  OneStage(world_.repo, "sleep 1000");
  experiment::Experiment like;
  like.timeout = absl::Milliseconds(200);
  world_.Submit({{}}, like);
  EXPECT_EQ(world_.RunAll().failed, 1);
  EXPECT_EQ(world_.Get("x0").cause, Cause::kTimeout);
}

TEST_P(NearAndFar, ShowMetricsAndLogWhileAStageRuns) {
  Fifo fifo(world_.data / "fifo");
  Fifo go(world_.data / "go");
  OneStage(world_.repo, "echo epoch 1; echo '{\"acc\": 0.1}' > metrics.json; echo > " + (world_.data / "fifo") +
                            "; read x < " + (world_.data / "go") + "; echo > model.bin");
  world_.Submit({{}});
  agent::Options options = world_.AgentOptions();
  options.exit_when_empty = true;
  RunningAgent agent(world_.AgentTools(), options);
  fifo.Line();
  experiment::Experiment live;
  for (int64_t seen = 0; live.metrics_json != "{\"metrics.json\":{\"acc\":0.1}}" || live.stage != "train";) {
    auto events = world_.scheduler->Watch(world_.project, seen, absl::Seconds(30));
    ASSERT_TRUE(events.ok() && !events->empty()) << "no progress came";
    seen = events->back().sequence;
    live = world_.Get("x0");
  }
  EXPECT_EQ(live.state, State::kRunning);
  while (!absl::StrContains(world_.Log("x0"), "epoch 1")) std::this_thread::yield();
  std::ofstream(world_.data / "go") << "on\n";
  EXPECT_EQ(agent.Join().succeeded, 1);
}

TEST_P(NearAndFar, LeaveAtOnceWhenNothingIsQueuedAndSayWhatTheyCannotRun) {
  OneStage(world_.repo, kTrain);
  EXPECT_EQ(world_.RunAll().left, 0);
  experiment::Experiment large;
  large.need.gpus = 8;
  world_.Submit({{}}, large);
  world_.Submit({{}});
  agent::Summary summary = world_.RunAll();
  EXPECT_EQ(summary.succeeded, 1);
  EXPECT_EQ(summary.left, 1);
  EXPECT_EQ(world_.Get("x0").state, State::kQueued);
}

TEST_P(NearAndFar, GiveEachAttemptGpusOfItsOwn) {
  OneStage(world_.repo, "echo gpus $CUDA_VISIBLE_DEVICES.; echo > model.bin; echo '{}' > metrics.json");
  experiment::Experiment one;
  one.need.gpus = 1;
  world_.Submit({{"units=1"}, {"units=2"}}, one);
  world_.Submit({{"units=3"}});
  agent::Options options = world_.AgentOptions();
  options.total.slots = 3;
  options.total.gpu_ids = {"GPU-a", "GPU-b"};
  options.exit_when_empty = true;
  RunningAgent(world_.AgentTools(), options).Join();
  std::set<std::string> logs = {world_.Log("x0"), world_.Log("x1")};
  for (const std::string& log : logs) {
    EXPECT_TRUE(log == "[train]\ngpus GPU-a.\n" || log == "[train]\ngpus GPU-b.\n") << log;
  }
  EXPECT_EQ(world_.Log("x2"), "[train]\ngpus .\n");
}

TEST(Remote, RemovesAKeptWorkspaceOnceItsExperimentIsRemoved) {
  AgentWorld world(Distance::kRemote);
  OneStage(world.repo, "exit 3");
  world.Submit({{"units=1"}, {"units=2"}});
  ASSERT_EQ(world.RunAll().failed, 2);
  const std::string removed = world.Get("x0").workspace, kept = world.Get("x1").workspace;
  ASSERT_TRUE(world.fs.Exists(removed) && world.fs.Exists(kept));
  ASSERT_TRUE(world.scheduler->Remove({.project = world.project, .selectors = {"x0"}}).ok());
  RunningAgent agent(world.AgentTools(), world.AgentOptions());
  while (world.fs.Exists(fs::Dirname(removed))) std::this_thread::yield();
  agent.drain.Stop();
  agent.Join();
  EXPECT_TRUE(world.fs.Exists(kept));
}

// Loses requests and replies, and says things twice.
class LossyDispatcher : public experiment::Dispatcher {
 public:
  LossyDispatcher(experiment::Dispatcher& inner, uint64_t seed)
      : inner_(inner), random_(random::NewSeededRandom(seed)) {}

  absl::StatusOr<experiment::SyncOrders> Sync(const experiment::SyncReport& report) override {
    switch (random_->Below(5)) {
      case 0:
        return absl::UnavailableError("request lost");
      case 1:
        inner_.Sync(report).IgnoreError();
        return absl::UnavailableError("reply lost");
      case 2:
        inner_.Sync(report).IgnoreError();
        return inner_.Sync(report);
    }
    return inner_.Sync(report);
  }
  absl::Status AppendLog(const experiment::LogAppend& append) override {
    if (random_->Below(3) == 0) return absl::UnavailableError("request lost");
    absl::Status appended = inner_.AppendLog(append);
    return random_->Below(3) == 0 ? absl::UnavailableError("reply lost") : appended;
  }
  absl::Status ReportProgress(const std::vector<experiment::Progress>& progress) override {
    return inner_.ReportProgress(progress);
  }

 private:
  experiment::Dispatcher& inner_;
  std::unique_ptr<random::Random> random_;
};

TEST_P(NearAndFar, RunEachToOneResultOverALossyLine) {
  OneStage(world_.repo, kTrain);
  std::vector<std::vector<std::string>> grid;
  for (int i = 0; i < 8; ++i) grid.push_back({absl::StrCat("units=", i)});
  world_.Submit(grid);
  LossyDispatcher lossy(*world_.scheduler, 20261121);
  agent::Options options = world_.AgentOptions();
  options.exit_when_empty = true;
  RunningAgent agent(world_.AgentTools(lossy), options);
  agent.Join();
  for (int i = 0; i < 8; ++i) {
    experiment::Experiment experiment = world_.Get(absl::StrCat("x", i));
    EXPECT_EQ(experiment.state, State::kSucceeded);
    EXPECT_EQ(experiment.attempt, 1);
    EXPECT_EQ(world_.Log(experiment.name), absl::StrCat("[train]\ntraining ", i, "\n"));
  }
}

}  // namespace
}  // namespace expq::testing
