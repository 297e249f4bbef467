// Agents that die as processes do: by SIGKILL. The agent that dies is this very program, started again to run
// AgentProcess.DISABLED_RunsUntilItIsKilled.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "common/process/spawner.h"
#include "tests/common/process/stage_script.h"
#include "tests/simulation/agent_world.h"

namespace expq::testing {
namespace {

using experiment::State;
using process::Fifo;

agent::Options OptionsOf(AgentWorld& world, bool adopt) {
  agent::Options options = world.AgentOptions();
  options.adopt = adopt;
  options.exit_when_empty = true;
  return options;
}

absl::StatusOr<agent::Summary> RunAgent(AgentWorld& world, bool adopt) {
  process::ProcessRunner& runner = adopt ? world.outliving : world.runner;
  agent::Agent agent(world.AgentTools(*world.scheduler, runner), OptionsOf(world, adopt));
  return agent.Run(sync::StopToken(), sync::StopToken());
}

TEST(AgentProcess, DISABLED_RunsUntilItIsKilled) {
  const char* repo = getenv("EXPQ_TEST_REPO");
  const char* data = getenv("EXPQ_TEST_DATA");
  ASSERT_TRUE(repo != nullptr && data != nullptr) << "only for the tests below";
  AgentWorld world(repo, data);
  RunAgent(world, getenv("EXPQ_TEST_ADOPT") != nullptr).IgnoreError();
}

class AgentCrash : public ::testing::Test {
 protected:
  AgentCrash() {
    // Each run says that it began, and waits for leave to end.
    world_.repo.Write("params.yaml", "units: 64\n");
    world_.repo.Write("train.sh", "echo epoch 1; echo ran >> " + (world_.data / "runs") +
                                      "; setsid sleep 1000 & echo $! > " + (world_.data / "fifo") + "; read x < " +
                                      (world_.data / "go") + "; kill $!; echo epoch 2; echo weights > model.bin");
    world_.repo.Write("dvc.yaml",
                      "stages:\n  train:\n    cmd: sh train.sh\n    deps: [train.sh]\n    outs: [model.bin]\n");
    world_.repo.Write(".gitignore", "/model.bin\n");
    world_.repo.Commit();
  }

  process::Child StartAgent(bool adopt) {
    process::SpawnRequest request{.program = "/proc/self/exe"};
    request.argv = {"test_simulation", "--gtest_also_run_disabled_tests",
                    "--gtest_filter=AgentProcess.DISABLED_RunsUntilItIsKilled"};
    request.env = {"PATH=/usr/bin:/bin", "EXPQ_TEST_REPO=" + world_.repo.path(),
                   "EXPQ_TEST_DATA=" + world_.data.path()};
    if (adopt) request.env.push_back("EXPQ_TEST_ADOPT=1");
    request.output_path = world_.data / "agent-output";
    auto child = process::Spawn(request);
    EXPECT_TRUE(child.ok()) << child.status();
    return *std::move(child);
  }
  static void Kill(const process::Child& child) {
    process::SignalProcess(child.descriptor, SIGKILL);
    process::Reap(child);
  }
  void LetStagesEnd() { std::ofstream(world_.data / "go") << "on\n"; }

  AgentWorld world_{Distance::kLocal, kOnDisk};
  Fifo started_{world_.data / "fifo"};
  Fifo go_{world_.data / "go"};
};

TEST_F(AgentCrash, AStageOutlivesItsAgentAndTheNextOneGoesOnWithIt) {
  world_.Submit({{}});
  process::Child agent = StartAgent(true);
  std::string helper = started_.Line();
  Kill(agent);
  EXPECT_TRUE(process::Alive(helper));
  LetStagesEnd();
  auto summary = RunAgent(world_, true);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->succeeded, 1);
  experiment::Experiment experiment = world_.Get("x0");
  EXPECT_EQ(experiment.state, State::kSucceeded) << experiment.error;
  EXPECT_EQ(experiment.attempt, 1);
  EXPECT_EQ(world_.data.Read("runs"), "ran\n");
  EXPECT_EQ(world_.Log("x0"), "[train]\nepoch 1\nepoch 2\n");
  EXPECT_FALSE(process::Alive(helper));
}

// The clock of a machine that has run for hours more.
class LaterClock : public clock::SystemClock {
 public:
  absl::Duration Steady() const override { return clock::SystemClock::Steady() + absl::Hours(2); }
};

TEST_F(AgentCrash, ARestartedAgentCountsTheTimeoutFromTheFirstStart) {
  experiment::Experiment like;
  like.timeout = absl::Hours(1);
  world_.Submit({{}}, like);
  process::Child first = StartAgent(true);
  started_.Line();
  Kill(first);
  LaterClock later;
  agent::Tools tools = world_.AgentTools(*world_.scheduler, world_.outliving);
  agent::Agent second({.dispatcher = tools.dispatcher,
                       .snapshots = tools.snapshots,
                       .blobs = tools.blobs,
                       .fs = tools.fs,
                       .clock = later,
                       .random = tools.random,
                       .runner = tools.runner,
                       .places = tools.places},
                      OptionsOf(world_, true));
  auto summary = second.Run(sync::StopToken(), sync::StopToken());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(world_.Get("x0").cause, experiment::Cause::kTimeout);
  EXPECT_EQ(world_.Get("x0").attempt, 1);
}

TEST_F(AgentCrash, WithoutAdoptionAllDiesWithTheAgentAndIsRunAgain) {
  world_.Submit({{}});
  process::Child agent = StartAgent(false);
  std::string helper = started_.Line();
  process::Descriptor watch = *process::OpenProcess(std::stoi(helper));
  Kill(agent);
  EXPECT_TRUE(process::Poll({watch.get()}, absl::Minutes(1))[0]);
  LetStagesEnd();
  auto summary = RunAgent(world_, false);
  ASSERT_TRUE(summary.ok()) << summary.status();
  experiment::Experiment experiment = world_.Get("x0");
  EXPECT_EQ(experiment.state, State::kSucceeded) << experiment.error;
  EXPECT_EQ(experiment.attempt, 2);
  EXPECT_EQ(world_.data.Read("runs"), "ran\nran\n");
}

TEST_F(AgentCrash, OneAgentAtATimeAdoptsADataFolder) {
  world_.Submit({{}});
  process::Child agent = StartAgent(true);
  started_.Line();
  EXPECT_EQ(RunAgent(world_, true).status().code(), absl::StatusCode::kFailedPrecondition);
  Kill(agent);
  LetStagesEnd();
  EXPECT_TRUE(RunAgent(world_, true).ok());
}

}  // namespace
}  // namespace expq::testing
