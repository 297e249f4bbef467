// kill -9 at any moment: all or nothing of a submission, every experiment to exactly one result, the user's work whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <set>

#include "absl/strings/numbers.h"
#include "common/clock/clock.h"
#include "tests/e2e/stage_script.h"
#include "tests/e2e/witness.h"

namespace expq::testing {
namespace {

// Starts expq and kills it after that time, as a person with a terminal would.
void RunAndKill(const Workbench& bench, absl::Duration after, const std::vector<std::string>& args) {
  const Program shell("/bin/sh", bench.repo().path());
  std::vector<std::string> argv = {"-c", "after=$1; shift; \"$@\" & sleep $after; kill -9 $!; wait $!", "sh",
                                   absl::StrCat(absl::ToDoubleSeconds(after)), EXPQ_BIN_DIR "/expq"};
  argv.insert(argv.end(), args.begin(), args.end());
  shell.Run(argv);
}

absl::Duration TimeOf(const std::function<void()>& work) {
  const clock::SystemClock clock;
  const absl::Duration begin = clock.Steady();
  work();
  return clock.Steady() - begin;
}

// How many refs there are of results.
size_t Results(const Workbench& bench) {
  const std::string refs = bench.repo().Git({"for-each-ref", "--format=%(refname)", "refs/exps"});
  return refs.empty() ? 0 : 1 + static_cast<size_t>(std::count(refs.begin(), refs.end(), '\n'));
}

size_t Count(const Workbench& bench, const std::string& prefix) {
  const value::Value listed = bench.Json({"list"});
  size_t count = 0;
  for (const value::Value& e : *listed.map()->Find("experiments")->list()) {
    count += TextAt(e, "name").substr(0, prefix.size()) == prefix;
  }
  return count;
}

TEST(Crash, ASubmitKilledAtAnyMomentQueuesAllOrNothing) {
  constexpr size_t kGrid = 100;
  constexpr int kMoments = 16;
  const Workbench bench;
  MakeMess(bench.repo());
  const Witness witness(bench.repo());
  const absl::Duration whole = TimeOf([&] { bench.Out({"submit", "-n", "whole", "-S", "units=range(0,100)"}); });
  ASSERT_EQ(Count(bench, "whole-"), kGrid);
  for (int moment = 0; moment < kMoments; ++moment) {
    const std::string name = absl::StrCat("k", moment);
    RunAndKill(bench, whole * moment / kMoments, {"submit", "-n", name, "-S", "units=range(0,100)"});
    const size_t queued = Count(bench, name + "-");
    EXPECT_TRUE(queued == 0 || queued == kGrid) << queued << " after " << whole * moment / kMoments;
    witness.ExpectUntouched();
  }
  bench.Out({"remove", "--queue"});
  bench.Out({"submit", "-n", "last", "-S", "units=1"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "last=succeeded");
  EXPECT_EQ(bench.repo().Git({"fsck", "--no-dangling"}), "");
}

TEST(Crash, ARunKilledAtAnyMomentStillFinishesEachExperimentOnce) {
  constexpr size_t kGrid = 12;
  // An experiment that is lost five times is given up: fewer rounds than that.
  constexpr int kRounds = 4;
  const Workbench bench;
  MakeMess(bench.repo());
  const Witness witness(bench.repo());
  bench.Out({"submit", "-n", "g", "-S", "units=range(20,32)"});
  for (int round = 0; round < kRounds; ++round) {
    RunAndKill(bench, absl::Milliseconds(60 + 70 * round), {"run-all", "-j", "2"});
    const value::Value listed = bench.Json({"list"});
    for (const value::Value& e : *listed.map()->Find("experiments")->list()) {
      EXPECT_THAT(TextAt(e, "state"), ::testing::AnyOf("queued", "succeeded"));
    }
  }
  bench.Out({"run-all", "-j", "2"});
  const value::Value listed = bench.Json({"list"});
  std::set<std::string> revisions;
  for (const value::Value& e : *listed.map()->Find("experiments")->list()) {
    EXPECT_EQ(TextAt(e, "state"), "succeeded");
    revisions.insert(TextAt(e, "revision"));
  }
  EXPECT_EQ(revisions.size(), kGrid);
  EXPECT_EQ(Results(bench), kGrid);
  witness.ExpectUntouched();
  EXPECT_EQ(bench.repo().Git({"fsck", "--no-dangling"}), "");
}

// The pids that stages have written into files of this folder, one each.
std::set<int> Pids(const TempDir& dir) {
  std::set<int> pids;
  for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
    int pid = 0;
    if (absl::SimpleAtoi(file.path().filename().string(), &pid)) pids.insert(pid);
  }
  return pids;
}

TEST(Crash, TheStagesOfAKilledRunDieWithIt) {
  const TempDir gate;
  const Workbench bench({"GATE=" + gate.path()});
  WriteOneStage(bench, ": > \"$GATE/$$\"\n" + std::string(kWaitAtGate) + "echo x > o.bin\n");
  bench.Out({"submit", "-n", "g", "-S", "units=1,2,3"});
  for (size_t round = 1; round <= 2; ++round) {
    Background run(bench.expq(), {"run-all", "-j", "2"});
    ASSERT_TRUE(Eventually([&] { return Pids(gate).size() == 2 * round; }));
    run.Signal(SIGKILL);
    run.Join();
    for (int pid : Pids(gate)) EXPECT_TRUE(Eventually([pid] { return kill(pid, 0) != 0; })) << pid << " lives";
    EXPECT_EQ(States(bench.Json({"list"})), "g-1=queued g-2=queued g-3=queued");
  }
  gate.Write("open", "");
  bench.Out({"run-all", "-j", "2"});
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=succeeded g-2=succeeded g-3=succeeded");
  EXPECT_EQ(Results(bench), 3u);
}

// A terminal sends Ctrl-C to the whole group: it must not reach the stages, which are to run to their end.
TEST(Crash, CtrlCInATerminalDoesNotReachTheStages) {
  const TempDir gate;
  const Workbench bench({"GATE=" + gate.path()});
  WriteOneStage(bench, std::string(kWaitAtGate) + "echo x > o.bin\n");
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  const Program shell("/bin/sh", bench.repo().path(), {"GATE=" + gate.path()});
  Background run(shell, {"-c", "echo $$ > \"$GATE/pid\"; exec \"$0\" run-all", EXPQ_BIN_DIR "/expq"});
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(gate / "g-1"); }));
  int group = 0;
  ASSERT_TRUE(absl::SimpleAtoi(gate.Read("pid"), &group));
  ASSERT_EQ(kill(-group, SIGINT), 0) << "it leads a group of its own";
  ASSERT_TRUE(run.WaitForErr("taking no more"));
  gate.Write("open", "");
  EXPECT_EQ(run.Join().code, 130);
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=succeeded g-2=queued");
}

}  // namespace
}  // namespace expq::testing
