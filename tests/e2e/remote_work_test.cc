// What travels to agents and back, the GPUs that they give away, and how they come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "absl/strings/str_split.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kSmi[] =
    "#!/bin/sh\n"
    "echo '0, GPU-aaaaaaaa-0000'\n"
    "echo '1, GPU-bbbbbbbb-1111'\n"
    "echo '2, GPU-cccccccc-2222'\n";

// Takes its GPU by making a folder, which only one can, and gives it back when it is let go.
constexpr char kTakeGpu[] =
    "mkdir \"$NOTES/busy-$CUDA_VISIBLE_DEVICES\" || touch \"$NOTES/clash\"\n"
    "echo \"$CUDA_VISIBLE_DEVICES\" >> \"$NOTES/seen\"\n"
    "while [ ! -e \"$NOTES/open\" ]; do sleep 0.02; done\n"
    "rmdir \"$NOTES/busy-$CUDA_VISIBLE_DEVICES\"\n"
    "touch model.txt; echo '{}' > metrics.json\n";

std::unique_ptr<Background> AgentWithPath(const House& house, const std::string& bin,
                                          const std::vector<std::string>& more) {
  const Program env("/usr/bin/env", house.dir().path());
  std::vector<std::string> args = {absl::StrCat("PATH=", bin, ":/usr/bin:/bin"),
                                   EXPQ_BIN_DIR "/expq",
                                   "agent",
                                   "--scheduler",
                                   house.address(),
                                   "--name",
                                   "box",
                                   "--data",
                                   house.dir() / "box"};
  args.insert(args.end(), more.begin(), more.end());
  return std::make_unique<Background>(env, args);
}

size_t Running(const Workbench& bench) {
  const value::Value agents = bench.Json({"agents"});
  const value::Value* running = value::Lookup(agents, "agents.0.running");
  return running == nullptr ? 0 : running->list()->size();
}

// Three wait for one GPU each on a machine with two to give.
void ExpectOneAtATimeOn(const std::string& bin, const std::string& gpus, const std::set<std::string>& ids) {
  const House house;
  const TempDir outside;
  const Workbench bench = house.NewBench();
  bench.repo().Write("train.sh", kTakeGpu);
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "g", "-S", "units=1,2,3", "--gpus", "1", "-e", "NOTES=" + outside.path()});
  const auto agent = AgentWithPath(house, bin, {"-j", "3", "--gpus", gpus});
  outside.Write("seen", "");
  ASSERT_TRUE(Eventually([&] { return outside.Read("seen").size() > 0 && Running(bench) == 2; }));
  EXPECT_THAT(bench.Out({"queue", "--explain", "g-3"}), HasSubstr("waits for 1 gpu to become free"));
  const value::Value agents = bench.Json({"agents"});
  EXPECT_EQ(value::Lookup(agents, "agents.0.total.gpus")->list()->size(), 2u);
  EXPECT_EQ(value::Lookup(agents, "agents.0.free.gpus")->list()->size(), 0u);
  outside.Write("open", "");
  EXPECT_EQ(bench.Run({"wait"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(outside / "clash"));
  const std::vector<std::string> seen = absl::StrSplit(outside.Read("seen"), '\n', absl::SkipEmpty());
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), ids);
}

TEST(Gpus, AreGivenToOneAttemptAtATimeByUuidWhereKnown) {
  const TempDir bin;
  bin.Write("nvidia-smi", kSmi, 0755);
  ExpectOneAtATimeOn(bin.path(), "0,1", {"GPU-aaaaaaaa-0000", "GPU-bbbbbbbb-1111"});
}

TEST(Gpus, AreGivenByIndexWhereThereIsNoDriverToAsk) {
  const TempDir bin;
  bin.Write("nvidia-smi", "#!/bin/sh\nexit 9\n", 0755);
  ExpectOneAtATimeOn(bin.path(), "0,1", {"0", "1"});
}

TEST(Gpus, AreAllFoundUnlessSaidOtherwiseAndHiddenFromWhoAskedForNone) {
  const House house;
  const TempDir bin;
  bin.Write("nvidia-smi", kSmi, 0755);
  const Workbench bench = house.NewBench();
  bench.repo().Write("train.sh", "echo \"<$CUDA_VISIBLE_DEVICES>\"; touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "all", "-S", "units=1", "--gpus", "3"});
  bench.Out({"submit", "-n", "none", "-S", "units=2"});
  const auto agent = AgentWithPath(house, bin.path(), {});
  EXPECT_EQ(bench.Run({"wait"}).code, 0);
  EXPECT_EQ(bench.Out({"logs", "all", "--stage", "train"}),
            "<GPU-aaaaaaaa-0000,GPU-bbbbbbbb-1111,GPU-cccccccc-2222>\n");
  EXPECT_EQ(bench.Out({"logs", "none", "--stage", "train"}), "<>\n");
}

TEST(RemoteWork, TheWorkspaceTravelsAsItIs) {
  const House house;
  const Workbench bench = house.NewBench();
  const TempRepo& repo = bench.repo();
  repo.Write("tool.sh", "#!/bin/sh\necho a tool\n", 0755);
  repo.Symlink("raw.txt", "link");
  repo.Write("raw.txt", "uncommitted\n");
  repo.Write("mine.txt", "untracked\n");
  repo.Write("train.sh", "./tool.sh; cat link; ls mine.txt; touch model.txt; echo '{}' > metrics.json\n");
  repo.Git({"add", "tool.sh", "link"});
  const std::string before = repo.Git({"status", "--porcelain"});
  bench.Out({"submit", "-n", "one"});
  EXPECT_EQ(repo.Git({"status", "--porcelain"}), before);
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "one"}).code, 0);
  const std::string log = bench.Out({"logs", "one", "--stage", "train"});
  EXPECT_THAT(log, StartsWith("a tool\nuncommitted\n"));
  EXPECT_THAT(log, HasSubstr("No such file"));
}

TEST(RemoteWork, FoldersOfDataTravelOnceAndOnlyWhatIsNew) {
  const House house;
  const Workbench bench = house.NewBench();
  const TempRepo& repo = bench.repo();
  // expq itself puts it into the cache: a .dvc file that lags behind is brought up to date in the snapshot.
  repo.Write("set/a.txt", "aaaa\n");
  repo.Write("set/deep/b.txt", "bbbbbb\n");
  repo.Write("set.dvc", "outs:\n- path: set\n");
  repo.Write(".gitignore", "/data.txt\n/model.txt\n/set\n");
  repo.Write("dvc.yaml",
             "stages:\n  count:\n    cmd: cat set/a.txt set/deep/b.txt; echo '{}' > metrics.json\n"
             "    deps: [set]\n    params: [units]\n    metrics:\n    - metrics.json:\n        cache: false\n");
  repo.Git({"add", "set.dvc", ".gitignore", "dvc.yaml"});
  EXPECT_THAT(bench.Run({"submit", "-n", "one"}).err, HasSubstr(" of data"));
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "one"}).code, 0) << bench.Run({"queue", "--explain", "one"}).out;
  EXPECT_EQ(bench.Out({"logs", "one", "--stage", "count"}), "aaaa\nbbbbbb\n");
  EXPECT_THAT(bench.Run({"submit", "-n", "two", "-S", "units=2"}).err, Not(HasSubstr("sent")));
  EXPECT_EQ(bench.Run({"wait", "two"}).code, 0);
}

TEST(RemoteWork, EveryPointOfAGridHasTheDataThatItsOwnStagesRead) {
  const House house;
  const Workbench bench = house.NewBench();
  const TempRepo& repo = bench.repo();
  repo.Write("a.txt", "the first\n");
  repo.Write("b.txt", "the second\n");
  repo.Write("a.txt.dvc", "outs:\n- path: a.txt\n");
  repo.Write("b.txt.dvc", "outs:\n- path: b.txt\n");
  repo.Write(".gitignore", "/a.txt\n/b.txt\n");
  repo.Write("dvc.yaml", "stages:\n  look:\n    cmd: cat ${name}.txt\n    deps: ['${name}.txt']\n");
  repo.Write("params.yaml", "name: a\nunits: 1\n");
  repo.Git({"add", "-A"});
  const Ended refused = bench.Run({"submit", "-n", "bad", "-S", "name=a,[b]"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("with -S name=[b]"));
  EXPECT_THAT(bench.Run({"submit", "-n", "which", "-S", "name=a,b", "-S", "units=1,2"}).err,
              HasSubstr("sent 21 B of data"));
  const auto agent = house.Agent("box");
  for (const char* name : {"which-1", "which-3"}) {
    EXPECT_EQ(bench.Run({"wait", name}).code, 0) << bench.Run({"queue", "--explain", name}).out;
  }
  EXPECT_EQ(bench.Out({"logs", "which-1", "--stage", "look"}), "the first\n");
  EXPECT_EQ(bench.Out({"logs", "which-3", "--stage", "look"}), "the second\n");
}

TEST(RemoteWork, OneStageReadsWhatTheUsersCacheHasOfTheOthers) {
  const House house;
  const Workbench bench = house.NewBench();
  EXPECT_EQ(bench.Run({"repro"}).code, 0);
  bench.repo().Commit("as it ran");
  bench.Out({"submit", "-s", "train", "-n", "single", "-S", "units=2"});
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "single"}).code, 0) << bench.Run({"queue", "--explain", "single"}).out;
  EXPECT_EQ(bench.Out({"logs", "single", "--stage", "train"}), "training with 2\n");
}

TEST(RemoteWork, LooksLikeLocalWorkInTheTable) {
  const House house;
  const Workbench remote = house.NewBench();
  const Workbench local;
  const auto agent = house.Agent("box", {"-j", "2"});
  // But for the times, and the hashes of what results were made from: those stay with the scheduler.
  const auto table = [](const Workbench& bench) {
    const std::string shown = bench.Out({"show", "--md", "--sort-by", "name", "--drop", "(data|raw)[.]txt|train[.]sh"});
    return std::regex_replace(shown, std::regex("[0-9]{2}:[0-9]{2}:[0-9]{2}"), "then");
  };
  for (const Workbench* bench : {&remote, &local}) {
    bench->Out({"submit", "-n", "g", "-S", "units=1,2", "-S", "lr=0.5,0.25"});
  }
  EXPECT_EQ(remote.Run({"wait"}).code, 0);
  EXPECT_EQ(local.Run({"run-all"}).code, 0);
  const auto results = [](const Workbench& bench) {
    std::string rows;
    const value::Value shown = bench.Json({"show", "--sort-by", "name"});
    for (const value::Value& e : *value::Lookup(shown, "experiments")->list()) {
      for (const char* key : {"name", "state", "params", "metrics", "overrides", "attempt", "error", "message"}) {
        absl::StrAppend(&rows, TextAt(e, key), " ");
      }
      rows += "\n";
    }
    return rows;
  };
  EXPECT_EQ(results(remote), results(local));
  EXPECT_EQ(table(remote), table(local));
  EXPECT_THAT(table(local), HasSubstr("| g-4 | succeeded | then | 0.2 | 1.5 | 2 | 0.25 | sgd |\n"));
}

TEST(RemoteWork, TheSchedulerIsFoundWhereItWasSaid) {
  const House house;
  const Workbench bench;
  bench.Out({"--scheduler", house.address(), "submit", "-n", "by-option"});
  bench.repo().Git({"config", "expq.scheduler", house.address()});
  EXPECT_EQ(States(bench.Json({"list"})), "by-option=queued");
  bench.repo().Git({"remote", "add", "origin", "git@example.org:team/vision.git"});
  EXPECT_EQ(States(bench.Json({"list"})), "") << "the project is named after its origin";
  bench.Out({"submit", "-n", "of-origin"});
  EXPECT_EQ(States(bench.Json({"--project", "vision", "list"})), "of-origin=queued");
}

TEST(RemoteWork, OnlyLoopbackAddressesAreServedAndAsked) {
  const TempDir dir;
  const Program expq(EXPQ_BIN_DIR "/expq", dir.path());
  const Ended served = expq.Run({"scheduler", "--listen", "0.0.0.0:0", "--data", dir / "data"});
  EXPECT_EQ(served.code, 2);
  EXPECT_THAT(served.err, StartsWith("expq: error: "));
  EXPECT_THAT(served.err, HasSubstr("0.0.0.0:0"));
  EXPECT_EQ(std::count(served.err.begin(), served.err.end(), '\n'), 2) << "one line and a hint: " << served.err;
  EXPECT_FALSE(std::filesystem::exists(dir / "data/queue.db")) << "nothing was changed";
  const Workbench bench;
  for (const std::string command : {"queue", "submit"}) {
    const Ended asked = bench.Run({"--scheduler", "192.0.2.1:7070", command});
    EXPECT_EQ(asked.code, 2) << asked.err;
    EXPECT_THAT(asked.err, HasSubstr("192.0.2.1:7070"));
  }
  const Ended agent = expq.Run({"agent", "--scheduler", "192.0.2.1:7070", "--data", dir / "agent"});
  EXPECT_EQ(agent.code, 2) << agent.err;
}

TEST(RemoteWork, AUnixSocketIsAnAddressToo) {
  House house;
  house.Kill();
  house.Open("unix:" + (house.dir() / "s"));
  const Workbench bench = house.NewBench();
  bench.Out({"submit", "-n", "one"});
  const auto agent = house.Agent("box", {"--idle-exit", "1s"});
  EXPECT_EQ(bench.Run({"wait", "one"}).code, 0);
  EXPECT_EQ(agent->Join().code, 0);
}

TEST(RemoteWork, AKeptWorkspaceStaysOnTheAgentUntilTheExperimentIsRemoved) {
  const House house;
  const Workbench bench = house.NewBench();
  bench.Out({"submit", "-n", "g", "-S", "units=13,1"});
  bench.Out({"submit", "-n", "other", "-S", "units=13"});
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait"}).code, 1);
  const std::string workspace = TextAt(bench.Json({"list", "g-1"}), "experiments.0.workspace");
  const std::string others = TextAt(bench.Json({"list", "other"}), "experiments.0.workspace");
  EXPECT_TRUE(std::filesystem::exists(workspace + "/params.yaml")) << workspace;
  bench.Out({"remove", "g-1"});
  EXPECT_TRUE(Eventually([&] { return !std::filesystem::exists(workspace); }));
  EXPECT_TRUE(std::filesystem::exists(others + "/params.yaml")) << others;
}

TEST(RemoteWork, AnInterruptedAgentLetsItsWorkEndAndTakesNoMore) {
  const House house;
  const TempDir gate;
  const Workbench bench = house.NewBench();
  bench.Out({"submit", "-n", "g", "-S", "units=1,2", "-e", "WAIT=" + (gate / "open")});
  const auto agent = house.Agent("box");
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"list"}), "experiments.0.stage") == "train"; }));
  agent->Signal(SIGINT);
  ASSERT_TRUE(agent->WaitForErr("draining"));
  gate.Write("open", "");
  EXPECT_EQ(agent->Join().code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=succeeded g-2=queued");
}

TEST(RemoteWork, ADrainedAgentLeaves) {
  const House house;
  const Workbench bench = house.NewBench();
  const auto agent = house.Agent("box", {"--label", "site=lab", "--cpus", "3", "--memory", "2G"});
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"agents"}), "agents.0.state") == "alive"; }));
  const value::Value agents = bench.Json({"agents"});
  EXPECT_EQ(TextAt(agents, "agents.0.total.cpus"), "3");
  EXPECT_EQ(TextAt(agents, "agents.0.labels.site"), "lab");
  bench.Out({"submit", "-n", "here", "--label", "site=lab", "--cpus", "3", "--memory", "2G"});
  EXPECT_EQ(bench.Run({"wait", "here"}).code, 0);
  bench.Out({"agents", "drain", "box"});
  EXPECT_EQ(agent->Join().code, 0);
  EXPECT_EQ(bench.Run({"agents", "drain", "bxo"}).code, 3);
}

}  // namespace
}  // namespace expq::testing
