// The same path through a scheduler and an agent that share nothing with the user's folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "absl/strings/str_replace.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;

TEST(RemotePath, SubmitRunsOnAnAgentAndShowsHere) {
  const House house;
  const Workbench bench = house.NewBench();
  EXPECT_EQ(bench.Out({"submit", "-n", "g", "-S", "units=1,2,13"}),
            "queued g-1  units=1\nqueued g-2  units=2\nqueued g-3  units=13\n");
  const auto agent = house.Agent("box", {"-j", "2"});
  EXPECT_EQ(bench.Run({"wait"}).code, 1);
  const value::Value shown = bench.Json({"show"});
  EXPECT_EQ(States(shown), "g-2=succeeded g-1=succeeded g-3=failed");
  EXPECT_EQ(TextAt(shown, "experiments.0.agent"), "box");
  EXPECT_THAT(bench.Out({"logs", "g-3"}), HasSubstr("training with 13\nunlucky\n"));
  EXPECT_EQ(TextAt(bench.Json({"agents"}), "agents.0.state"), "alive");
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), "");
}

TEST(RemotePath, AFirstHistoryIsPackedByTheUsersGitWhereThatStands) {
  const TempDir bin;
  const std::string git = RunGit(bin.path(), {"-c", "alias.where=!command -v git", "where"});
  for (const auto& [script, says] : std::vector<std::pair<std::string, std::string>>{
           {"echo \"$2\" >>" + (bin / "asked") + "; exec " + git + " \"$@\"", ""},
           {"exit 3", "git could not pack it: exited with code 3; packing it without"},
           {"exit 127", "there is no git here; packing it without"}}) {
    const House house;
    const Workbench bench = house.NewBench();
    bin.Write("git", "#!/bin/sh\n" + script + "\n", 0755);
    const Program shell("/bin/sh", bench.repo().path(), {"EXPQ_SCHEDULER=" + house.address()});
    const std::string submit = "PATH=\"$1:$PATH\" \"$0\" submit -n \"$2\"";
    const Ended first = shell.Run({"-c", submit, EXPQ_BIN_DIR "/expq", bin.path(), "first"});
    EXPECT_EQ(first.code, 0) << first.err;
    EXPECT_THAT(first.err, HasSubstr("sending the repository's history for the first time\n" + says));
    // Then only what is new travels, and a process is not worth its start.
    bin.Write("git", "#!/bin/sh\ntouch " + (bin / "again") + "\n", 0755);
    EXPECT_EQ(shell.Run({"-c", submit, EXPQ_BIN_DIR "/expq", bin.path(), "second"}).code, 0);
    EXPECT_FALSE(std::filesystem::exists(bin / "again"));
    EXPECT_EQ(States(bench.Json({"list"})), "first=queued second=queued");
  }
  EXPECT_EQ(bin.Read("asked"), "pack-objects\n");
}

TEST(RemotePath, DataTravelsByDigestFromTheUsersCache) {
  const House house;
  const Workbench bench = house.NewBench();
  TrackRawData(bench);
  bench.repo().Write(ObjectOf("raw\n"), "raw\n", 0444);
  EXPECT_THAT(bench.Run({"submit", "-n", "five", "-S", "units=5"}).err, HasSubstr("sent 4 B of data"));
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "five"}).code, 0) << bench.Run({"queue", "--explain", "five"}).out;
  EXPECT_EQ(bench.Run({"submit", "-n", "six", "-S", "units=6"}).err, "") << "what is there is not sent again";
}

TEST(RemotePath, TextWithTheLineEndsOfWindowsTravelsAsDvc2RecordedIt) {
  const House house;
  const Workbench bench = house.NewBench();
  TrackRawData(bench);
  // By the digest of "raw\n", in DVC 2's folder and without a `hash`.
  const std::string hex(digest::Md5Of("raw\n").hex());
  bench.repo().Write(".dvc/cache/" + hex.substr(0, 2) + "/" + hex.substr(2), "raw\r\n", 0444);
  bench.repo().Write("raw.txt.dvc", absl::StrReplaceAll(bench.repo().Read("raw.txt.dvc"), {{"  hash: md5\n", ""}}));
  EXPECT_THAT(bench.Run({"submit", "-n", "five", "-S", "units=5"}).err, HasSubstr("sent 5 B of data"));
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "five"}).code, 0) << bench.Run({"queue", "--explain", "five"}).out;
}

TEST(RemotePath, ASchedulerKilledInTheMiddleOfARunLosesNothing) {
  House house;
  const TempDir gate;
  const Workbench bench = house.NewBench();
  bench.Out({"submit", "-n", "held", "-S", "units=1", "-e", "WAIT=" + (gate / "open")});
  const auto agent = house.Agent("box");
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"queue"}), "experiments.0.stage") == "train"; }));
  house.Kill();
  EXPECT_EQ(bench.Run({"queue"}).code, 5);
  gate.Write("open", "");
  house.Open(house.address());
  EXPECT_EQ(bench.Run({"wait", "held"}).code, 0);
  EXPECT_EQ(TextAt(bench.Json({"list"}), "experiments.0.attempt"), "1");
}

TEST(RemotePath, AnAgentThatIsToldToEndHandsItsWorkToAnother) {
  const House house;
  const TempDir gate;
  const Workbench bench = house.NewBench();
  bench.Out({"submit", "-n", "held", "-S", "units=1", "-e", "WAIT=" + (gate / "open")});
  const auto first = house.Agent("first");
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"queue"}), "experiments.0.stage") == "train"; }));
  first->Signal(SIGTERM);
  EXPECT_EQ(first->Join().code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "held=queued");
  gate.Write("open", "");
  const auto second = house.Agent("second", {"--idle-exit", "1s"});
  EXPECT_EQ(bench.Run({"wait", "held"}).code, 0);
  EXPECT_EQ(TextAt(bench.Json({"list"}), "experiments.0.agent"), "second");
  EXPECT_EQ(second->Join().code, 0);
}

}  // namespace
}  // namespace expq::testing
