// Nothing is lost, however a run ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "absl/strings/str_split.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;

// A bench whose train stage waits for a file, and the queue g-1, g-2, g-3.
class Held {
 public:
  Held() : bench_({"WAIT=" + gate_.path() + "/open"}) { bench_.Out({"submit", "-n", "g", "-S", "units=1,2,3"}); }
  void Open() const { gate_.Write("open", ""); }
  const Workbench& bench() const { return bench_; }

 private:
  TempDir gate_;
  Workbench bench_;
};

bool Runs(const Workbench& bench, int count) {
  return Eventually([&] {
    int running = 0;
    const value::Value queue = bench.Json({"queue"});
    for (const value::Value& e : *queue.map()->Find("experiments")->list()) {
      running += TextAt(e, "state") == "running" && TextAt(e, "stage") == "train";
    }
    return running == count;
  });
}

TEST(Interruption, OneCtrlCLetsWhatRunsEndAndKeepsTheRest) {
  const Held held;
  Background run(held.bench().expq(), {"run-all"});
  ASSERT_TRUE(Runs(held.bench(), 1));
  run.Signal(SIGINT);
  ASSERT_TRUE(run.WaitForErr("taking no more"));
  held.Open();
  EXPECT_EQ(run.Join().code, 130);
  EXPECT_EQ(States(held.bench().Json({"list"})), "g-1=succeeded g-2=queued g-3=queued");
}

TEST(Interruption, TwoCtrlCsEndWhatRunsAndQueueItAgain) {
  const Held held;
  Background run(held.bench().expq(), {"run-all", "-j", "2"});
  ASSERT_TRUE(Runs(held.bench(), 2));
  run.Signal(SIGINT);
  ASSERT_TRUE(run.WaitForErr("taking no more"));
  run.Signal(SIGINT);
  EXPECT_EQ(run.Join().code, 130);
  EXPECT_EQ(States(held.bench().Json({"list"})), "g-1=queued g-2=queued g-3=queued");
  held.Open();
  held.bench().Out({"run-all", "-j", "2"});
  EXPECT_EQ(States(held.bench().Json({"list"})), "g-1=succeeded g-2=succeeded g-3=succeeded");
}

TEST(Interruption, AfterAKillTheNextCommandFindsTheLostAndTheGridStillFinishes) {
  const Held held;
  Background run(held.bench().expq(), {"run-all", "-j", "2"});
  ASSERT_TRUE(Runs(held.bench(), 2));
  run.Signal(SIGKILL);
  run.Join();
  EXPECT_EQ(States(held.bench().Json({"queue"})), "g-1=queued g-2=queued g-3=queued");
  held.Open();
  held.bench().Out({"run-all", "-j", "2"});
  const value::Value listed = held.bench().Json({"list"});
  EXPECT_EQ(States(listed), "g-1=succeeded g-2=succeeded g-3=succeeded");
  EXPECT_EQ(TextAt(listed, "experiments.0.attempt"), "2");
}

TEST(Interruption, OtherCommandsWorkBesideARunAndNeverWaitForIt) {
  const Held held;
  Background run(held.bench().expq(), {"run-all"});
  ASSERT_TRUE(Runs(held.bench(), 1));
  held.bench().Out({"submit", "-n", "late", "-S", "units=4"});
  EXPECT_THAT(held.bench().Out({"show"}), HasSubstr("running"));
  EXPECT_THAT(held.bench().Out({"logs", "g-1"}), HasSubstr("training with 1\n"));
  EXPECT_EQ(held.bench().Out({"cancel", "g-2", "g-1"}), "cancelled g-1\ncancelled g-2\n");
  held.Open();
  EXPECT_EQ(run.Join().code, 0);
  EXPECT_EQ(States(held.bench().Json({"list"})), "g-1=cancelled g-2=cancelled g-3=succeeded late=succeeded");
}

TEST(Interruption, TwoRunsShareTheQueueAndRunNothingTwice) {
  const TempDir notes;
  const Workbench bench({"NOTES=" + notes.path()});
  bench.repo().Write("train.sh", "echo \"$DVC_EXP_NAME\" >> \"$NOTES/ran\"\n" + bench.repo().Read("train.sh"));
  bench.Out({"submit", "-n", "g", "-S", "units=range(20,32)"});
  Background one(bench.expq(), {"run-all", "-j", "2"});
  Background two(bench.expq(), {"run-all", "-j", "2"});
  EXPECT_EQ(one.Join().code, 0);
  EXPECT_EQ(two.Join().code, 0);
  const value::Value listed = bench.Json({"list"});
  for (const value::Value& e : *listed.map()->Find("experiments")->list()) {
    EXPECT_EQ(TextAt(e, "state"), "succeeded");
    EXPECT_EQ(TextAt(e, "attempt"), "1");
  }
  const std::vector<std::string> ran = absl::StrSplit(notes.Read("ran"), '\n', absl::SkipEmpty());
  EXPECT_EQ(ran.size(), 12u);
  EXPECT_EQ(std::set<std::string>(ran.begin(), ran.end()).size(), 12u) << "somebody ran twice";
}

TEST(Interruption, LogsFollowToTheEnd) {
  const Held held;
  Background run(held.bench().expq(), {"run-all"});
  Background logs(held.bench().expq(), {"logs", "-f", "g-3"});
  held.Open();
  EXPECT_EQ(run.Join().code, 0);
  const Ended ended = logs.Join();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("training with 3\n"));
}

TEST(Interruption, WaitReturnsWhenAllHaveEnded) {
  const Held held;
  Background wait(held.bench().expq(), {"wait", "g-1", "g-2"});
  Background run(held.bench().expq(), {"run-all"});
  held.Open();
  EXPECT_EQ(wait.Join().out, "succeeded g-1\nsucceeded g-2\n");
  EXPECT_EQ(run.Join().code, 0);
}

TEST(Interruption, TwentySubmitsAtTheSameMomentAllSucceed) {
  const Workbench bench;
  std::vector<std::unique_ptr<Background>> submits;
  for (int i = 0; i < 20; ++i) {
    submits.push_back(std::make_unique<Background>(
        bench.expq(),
        std::vector<std::string>{"submit", "-S", absl::StrCat("units=", 100 + i), "-n", absl::StrCat("e-", i)}));
  }
  for (const auto& submit : submits) {
    const Ended ended = submit->Join();
    EXPECT_EQ(ended.code, 0) << ended.err;
  }
  EXPECT_EQ(bench.Json({"queue"}).map()->Find("experiments")->list()->size(), 20u);
}

}  // namespace
}  // namespace expq::testing
