// Disks that are full: the error names the file, the queue goes on once there is room, and nothing is corrupt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/digest/digest.h"
#include "tests/e2e/on_small_disk.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/stage_script.h"
#include "tests/e2e/witness.h"

namespace expq::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr char kFourMegabytes[] = "head -c 4000000 /dev/urandom > o.bin\n";
constexpr int kTooSmall = 2'000;
constexpr int kLarge = 64'000;

std::string Bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Every object is what its name says, and no temporary file is left.
void ExpectCacheSound(const Workbench& bench) {
  const std::filesystem::path root = bench.repo() / ".dvc/cache/files/md5";
  int objects = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().parent_path().filename().string() + entry.path().filename().string();
    EXPECT_EQ(digest::Md5Of(Bytes(entry.path())).text(), name);
    ++objects;
  }
  EXPECT_GT(objects, 0);
}

void ExpectRepositorySound(const Workbench& bench) { EXPECT_EQ(bench.repo().Git({"fsck", "--no-dangling"}), ""); }

// What failed is queued again, and all succeeds.
void ExpectRecovers(const Workbench& bench, const std::string& states) {
  bench.Out({"retry", "--failed"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), states);
  ExpectCacheSound(bench);
  ExpectRepositorySound(bench);
}

TEST(WrongDisk, AFullCacheEndsTheRunAndLeavesAllInTheQueueUntilThereIsRoom) {
  const Workbench bench;
  WriteOneStage(bench, kFourMegabytes);
  const SmallDisk disk(bench.repo() / ".dvc/cache", kTooSmall);
  SKIP_UNLESS_MOUNTED(disk);
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, ContainsRegex("queued again g-1: [^\n]*/[.]dvc/cache/[^\n]*No space left on device\n"));
  EXPECT_THAT(ran.err, HasSubstr("/.dvc/cache is full; 2 experiments stay in the queue\nhint: make room there"));
  EXPECT_THAT(bench.Out({"queue", "g-1"}), HasSubstr("; attempt 1: stage 's': cannot write "));
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=queued g-2=queued");
  disk.Resize(kLarge);
  ExpectRecovers(bench, "g-1=succeeded g-2=succeeded");
}

TEST(WrongDisk, AFullWorkspaceFailsTheStageThatFilledItAndNoOther) {
  const Workbench bench;
  WriteOneStage(bench, kFourMegabytes);
  const SmallDisk disk(bench.repo() / ".git/expq/agent", kTooSmall);
  SKIP_UNLESS_MOUNTED(disk);
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("failed g-1: stage 's': exited with code 1\n"));
  EXPECT_THAT(bench.Out({"logs", "g-1"}), HasSubstr("No space left on device"));
  EXPECT_THAT(ran.err, HasSubstr("/.git/expq/agent is full; 1 experiment stays in the queue\n"));
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=failed g-2=queued");
  const Ended alone = bench.Run({"run", "--temp", "-n", "alone"});
  EXPECT_EQ(alone.code, 1);
  EXPECT_THAT(alone.err, HasSubstr("/.git/expq/agent is full\n"));
  EXPECT_EQ(States(bench.Json({"list", "alone"})), "alone=cancelled");
  bench.Out({"remove", "alone"});
  disk.Resize(kLarge);
  ExpectRecovers(bench, "g-1=succeeded g-2=succeeded");
}

TEST(WrongDisk, AFullLogFailsTheStageThatPrintsAndNoOther) {
  const Workbench bench;
  WriteOneStage(bench, "echo x > o.bin; if grep -q 'units: 1$' params.yaml; then yes | head -c 4000000; fi\n");
  bench.repo().Write("params.yaml", "units: 0\n");
  bench.repo().Commit("plain");
  const SmallDisk disk(bench.repo() / ".git/expq/logs", kTooSmall);
  SKIP_UNLESS_MOUNTED(disk);
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=failed g-2=succeeded");
  disk.Resize(kLarge);
  ExpectRecovers(bench, "g-1=succeeded g-2=succeeded");
}

TEST(WrongDisk, AFullRepositoryTakesNoSubmissionAndLosesNone) {
  const OnSmallDisk small(32'000);
  SKIP_UNLESS_MOUNTED(small.disk());
  const Workbench& bench = small.bench();
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  MakeMess(bench.repo());
  const std::string refs = bench.repo().Git({"for-each-ref"});
  const Witness witness(bench.repo());
  small.disk().Fill();
  const Ended refused = bench.Run({"submit", "-n", "more", "-S", "units=range(10,500)"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("No space left on device"), HasSubstr("no space left on the disk")));
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=queued g-2=queued");
  EXPECT_EQ(bench.repo().Git({"for-each-ref"}), refs);
  witness.ExpectUntouched();
  small.disk().MakeRoom();
  bench.Out({"submit", "-n", "more", "-S", "units=10"});
  ExpectRecovers(bench, "g-1=succeeded g-2=succeeded more=succeeded");
}

TEST(WrongDisk, ARepositoryThatFillsUpDuringARunKeepsItsQueue) {
  const TempDir gate;
  const OnSmallDisk small(32'000, {"GATE=" + gate.path()});
  SKIP_UNLESS_MOUNTED(small.disk());
  const Workbench& bench = small.bench();
  WriteOneStage(bench, std::string(kWaitAtGate) + "echo x > o.bin\n");
  bench.Out({"submit", "-n", "g", "-S", "units=1,2,3"});
  Background run(bench.expq(), {"run-all"});
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(gate / "g-1"); }));
  small.disk().Fill();
  gate.Write("open", "");
  const Ended ended = run.Join();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, AnyOf(HasSubstr("No space left on device"), HasSubstr("no space left on the disk"),
                               HasSubstr(" is full; ")));
  small.disk().MakeRoom();
  ExpectRecovers(bench, "g-1=succeeded g-2=succeeded g-3=succeeded");
}

TEST(WrongDisk, AnAgentWithAFullDiskTakesNothingUntilThereIsRoom) {
  const House house;
  const Workbench bench = house.NewBench();
  const SmallDisk disk(house.dir() / "box", kLarge);
  SKIP_UNLESS_MOUNTED(disk);
  const auto agent = house.Agent("box");
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"agents"}), "agents.0.state") == "alive"; }));
  disk.Fill();
  ASSERT_TRUE(agent->WaitForErr("taking nothing new until there is room: the disk of "));
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  EXPECT_TRUE(Eventually([&] {
    const std::string why = bench.Out({"queue", "--explain", "g-1"});
    return why.find("agent box takes nothing: the disk of ") != std::string::npos;
  }));
  EXPECT_THAT(bench.Out({"agents"}), HasSubstr("alive, takes nothing: the disk of "));
  disk.MakeRoom();
  EXPECT_EQ(bench.Run({"wait"}).code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=succeeded g-2=succeeded");
}

TEST(WrongDisk, AFullSchedulerTakesNoSubmissionAndLosesNone) {
  House house;
  const Workbench bench = house.NewBench();
  house.Kill();
  const SmallDisk disk(house.dir() / "scheduler", 32'000);
  SKIP_UNLESS_MOUNTED(disk);
  house.Open(house.address());
  bench.Out({"submit", "-n", "first", "-S", "units=1"});
  disk.Fill();
  bench.repo().Write("raw.txt", "other\n");
  const Ended refused = bench.Run({"submit", "-n", "g", "-S", "units=range(10,500)"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("No space left on device"), HasSubstr("no space left on the disk")));
  EXPECT_EQ(States(bench.Json({"list"})), "first=queued");
  disk.MakeRoom();
  bench.Out({"submit", "-n", "second", "-S", "units=2"});
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait"}).code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "first=succeeded second=succeeded");
  house.Kill();
}

TEST(WrongDisk, AFullSchedulerIsWaitedForByWhatRunsForIt) {
  const TempDir gate;
  House house;
  const Workbench bench = house.NewBench();
  WriteOneStage(bench, std::string(kWaitAtGate) + kFourMegabytes);
  house.Kill();
  const SmallDisk disk(house.dir() / "scheduler", 32'000);
  SKIP_UNLESS_MOUNTED(disk);
  house.Open(house.address());
  bench.Out({"submit", "-n", "long", "-S", "units=1", "-e", "GATE=" + gate.path()});
  const auto agent = house.Agent("box");
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(gate / "long"); }));
  disk.Fill();
  gate.Write("open", "");
  ASSERT_TRUE(agent->WaitForErr("trying again: "));
  disk.MakeRoom();
  EXPECT_EQ(bench.Run({"wait"}).code, 0);
  const value::Value listed = bench.Json({"list"});
  EXPECT_EQ(States(listed), "long=succeeded");
  EXPECT_EQ(TextAt(listed, "experiments.0.attempt"), "1");
  house.Kill();
}

}  // namespace
}  // namespace expq::testing
