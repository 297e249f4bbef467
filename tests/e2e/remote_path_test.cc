// The same path through a scheduler and an agent that share nothing with the user's folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/digest/digest.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;

TEST(RemotePath, SubmitRunsOnAnAgentAndShowsHere) {
  const House house;
  const Workbench bench({"EXPQ_SCHEDULER=" + house.address()});
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

TEST(RemotePath, DataTravelsByDigestFromTheUsersCache) {
  const House house;
  const Workbench bench({"EXPQ_SCHEDULER=" + house.address()});
  const std::string md5 = digest::Md5Of("raw\n").text();
  bench.repo().Git({"rm", "-q", "--cached", "raw.txt"});
  bench.repo().Write(".gitignore", "/data.txt\n/model.txt\n/raw.txt\n");
  bench.repo().Write("raw.txt.dvc", "outs:\n- md5: " + md5 + "\n  size: 4\n  hash: md5\n  path: raw.txt\n");
  bench.repo().Write(".dvc/cache/files/md5/" + md5.substr(0, 2) + "/" + md5.substr(2), "raw\n", 0444);
  bench.repo().Commit("raw.txt is data");
  EXPECT_THAT(bench.Run({"submit", "-n", "five", "-S", "units=5"}).err, HasSubstr("sent 4 B of data"));
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "five"}).code, 0) << bench.Run({"queue", "--explain", "five"}).out;
  EXPECT_EQ(bench.Run({"submit", "-n", "six", "-S", "units=6"}).err, "") << "what is there is not sent again";
}

TEST(RemotePath, ASchedulerKilledInTheMiddleOfARunLosesNothing) {
  House house;
  const TempDir gate;
  const Workbench bench({"EXPQ_SCHEDULER=" + house.address()});
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
  const Workbench bench({"EXPQ_SCHEDULER=" + house.address()});
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

TEST(RemotePath, OnlyLoopbackIsServed) {
  const TempDir dir;
  const Program expq(EXPQ_BIN_DIR "/expq", dir.path());
  const Ended ended = expq.Run({"scheduler", "--listen", "0.0.0.0:0", "--data", dir / "data"});
  EXPECT_NE(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("0.0.0.0"));
}

}  // namespace
}  // namespace expq::testing
