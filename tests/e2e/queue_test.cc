// What is in the queue, changed and asked about with the commands for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// A bench whose train stage waits until it is let go.
class Gated {
 public:
  Gated() : bench_({"WAIT=" + outside_.path() + "/open"}) {}
  void Open() const { outside_.Write("open", ""); }
  const Workbench& bench() const { return bench_; }
  bool InTraining(const std::string& name) const {
    return Eventually([&] {
      const value::Value listed = bench_.Json({"list", name});
      return TextAt(listed, "experiments.0.state") == "running" && TextAt(listed, "experiments.0.stage") == "train";
    });
  }

 private:
  TempDir outside_;
  Workbench bench_;
};

std::string Waits(const Workbench& bench, const std::string& name) {
  const std::string text = bench.Out({"queue", "--explain", name});
  const size_t at = text.find("waits      ");
  return at == std::string::npos ? "" : text.substr(at + 11, text.find('\n', at) - at - 11);
}

void ExpectRefused(const Workbench& bench, const std::vector<std::string>& args, int code, const std::string& part) {
  const Ended ended = bench.Run(args);
  EXPECT_EQ(ended.code, code) << absl::StrJoin(args, " ");
  EXPECT_THAT(ended.err, StartsWith("expq: error: "));
  EXPECT_THAT(ended.err, HasSubstr(part));
}

TEST(Names, AreAnAdjectiveAndANounUnlessGiven) {
  const Workbench bench;
  EXPECT_THAT(bench.Out({"submit"}), MatchesRegex("queued [a-z]+-[a-z]+\n"));
  EXPECT_THAT(bench.Out({"submit", "-n", "mine"}), "queued mine\n");
}

TEST(Names, ThatAreTakenByOneThatIsQueuedOrRunsAreRefusedAlsoWithForce) {
  const Gated gated;
  const Workbench& bench = gated.bench();
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  ExpectRefused(bench, {"submit", "-n", "one", "-S", "units=2"}, 4, "'one'");
  ExpectRefused(bench, {"submit", "-n", "one", "-S", "units=2", "-f"}, 4, "'one'");
  ExpectRefused(bench, {"submit", "-n", "one", "-S", "units=2", "--dry-run"}, 4, "'one'");
  Background run(bench.expq(), {"run-all"});
  ASSERT_TRUE(gated.InTraining("one"));
  ExpectRefused(bench, {"submit", "-n", "one", "-S", "units=2"}, 4, "'one'");
  ExpectRefused(bench, {"rename", "one", "two"}, 4, "one");
  gated.Open();
  EXPECT_EQ(run.Join().code, 0);
  ExpectRefused(bench, {"submit", "-n", "one", "-S", "units=2"}, 4, "'one'");
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

TEST(Names, AreOfOneBaseline) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all"});
  bench.repo().Write("raw.txt", "newer\n");
  bench.repo().Commit("newer");
  bench.Out({"submit", "-n", "one"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 0);
}

TEST(Names, MayBeAnIdAPrefixOfItOrTheRevisionOfAResult) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all"});
  const value::Value listed = bench.Json({"list"});
  const std::string id = TextAt(listed, "experiments.0.id");
  for (const std::string& name : {id, id.substr(0, 4), TextAt(listed, "experiments.0.revision"),
                                  TextAt(listed, "experiments.0.revision").substr(0, 7)}) {
    EXPECT_EQ(States(bench.Json({"list", name})), "one=succeeded") << name;
  }
  const Ended near = bench.Run({"logs", "onee"});
  EXPECT_EQ(near.code, 3);
  EXPECT_THAT(near.err, HasSubstr("hint: did you mean 'one'?"));
}

TEST(Explain, SaysWhatIsMissing) {
  const Gated gated;
  const Workbench& bench = gated.bench();
  const std::string cpus = absl::StrCat(std::max(1u, std::thread::hardware_concurrency()));
  bench.Out({"submit", "-n", "first", "-S", "units=1", "--cpus", cpus});
  EXPECT_EQ(Waits(bench, "first"), "no agent is running");
  Background run(bench.expq(), {"run-all", "-j", "2", "--gpus", "none"});
  ASSERT_TRUE(gated.InTraining("first"));
  bench.Out({"submit", "-n", "second", "-S", "units=2", "--cpus", cpus});
  bench.Out({"submit", "-n", "third", "-S", "units=3", "--cpus", cpus});
  bench.Out({"submit", "-n", "wide", "--cpus", "100000"});
  bench.Out({"submit", "-n", "large", "--memory", "1000000G"});
  bench.Out({"submit", "-n", "graphic", "--gpus", "2"});
  bench.Out({"submit", "-n", "special", "--label", "site=moon"});
  bench.Out({"submit", "-n", "after", "--after", "special"});
  EXPECT_EQ(Waits(bench, "second"),
            absl::StrCat("waits for ", cpus, cpus == "1" ? " cpu" : " cpus", " to become free"));
  EXPECT_EQ(Waits(bench, "third"), "1 ahead of it");
  EXPECT_EQ(Waits(bench, "wide"), "needs 100000 cpus; no agent has that many");
  EXPECT_THAT(Waits(bench, "large"), MatchesRegex("needs .* GiB memory; no agent has that many"));
  EXPECT_EQ(Waits(bench, "graphic"), "needs 2 gpus; no agent has that many");
  EXPECT_EQ(Waits(bench, "special"), "needs label site=moon; no agent has that");
  EXPECT_EQ(Waits(bench, "after"), "waits for special");
  gated.Open();
  const Ended ended = run.Join();
  EXPECT_EQ(ended.code, 1) << "some could not be run";
  EXPECT_THAT(ended.err, HasSubstr("left in the queue: wide: needs 100000 cpus\n"));
  EXPECT_THAT(ended.err, HasSubstr("left in the queue: after: waits for special\n"));
  EXPECT_EQ(States(bench.Json({"list", "first", "second", "third"})),
            "first=succeeded second=succeeded third=succeeded");
}

TEST(RunAll, LeavesWhatWaitsForOneThatDidNotSucceed) {
  const Workbench bench;
  bench.Out({"submit", "-n", "bad", "-S", "units=13"});
  bench.Out({"submit", "-n", "next", "-S", "units=1", "--after", "bad"});
  const Ended ended = bench.Run({"run-all"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("left in the queue: next: waits for bad, which failed\n"));
  EXPECT_EQ(States(bench.Json({"list"})), "bad=failed next=queued");
}

TEST(Cancel, EndsWhatRunsWithAllThatItStarted) {
  const TempDir outside;
  const Workbench bench({"NOTES=" + outside.path()});
  bench.repo().Write("train.sh", "sleep 600 & echo $! > $NOTES/child; wait\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one"});
  Background run(bench.expq(), {"run-all"});
  int child = 0;
  ASSERT_TRUE(Eventually(
      [&] { return std::filesystem::exists(outside / "child") && absl::SimpleAtoi(outside.Read("child"), &child); }));
  EXPECT_EQ(bench.Out({"cancel", "one"}), "cancelled one\n");
  EXPECT_EQ(run.Join().code, 0);
  EXPECT_EQ(kill(child, 0), -1) << "a child of the stage lives on";
  EXPECT_EQ(States(bench.Json({"list"})), "one=cancelled");
}

TEST(Retry, QueuesCancelledOnesAgainAndRefusesThoseThatWait) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  ExpectRefused(bench, {"retry", "one"}, 4, "one");
  bench.Out({"cancel", "one"});
  EXPECT_EQ(bench.Out({"retry", "one"}), "queued one\n");
  EXPECT_EQ(bench.Run({"run-all"}).code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

TEST(Remove, ForgetsRefsLogsAndTheKeptWorkspace) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,13"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  const std::string workspace = TextAt(bench.Json({"list", "g-2"}), "experiments.0.workspace");
  ASSERT_TRUE(std::filesystem::is_directory(workspace));
  EXPECT_EQ(bench.Out({"remove", "g-2"}), "removed g-2\n");
  EXPECT_FALSE(std::filesystem::exists(workspace));
  ExpectRefused(bench, {"logs", "g-2"}, 3, "g-2");
  EXPECT_THAT(bench.Out({"logs", "g-1"}), HasSubstr("training with 1"));
  EXPECT_EQ(bench.Out({"remove", "g-1"}), "removed g-1\n");
  EXPECT_EQ(bench.repo().Git({"for-each-ref", "--format=%(refname)"}), "refs/heads/main");
  EXPECT_EQ(States(bench.Json({"list"})), "");
}

TEST(Remove, ByStateAndNeverWhatRuns) {
  const Gated gated;
  const Workbench& bench = gated.bench();
  bench.Out({"submit", "-n", "g", "-S", "units=13"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  bench.Out({"submit", "-n", "held", "-S", "units=1"});
  Background run(bench.expq(), {"run-all"});
  ASSERT_TRUE(gated.InTraining("held"));
  bench.Out({"submit", "-n", "waits", "-S", "units=2,3"});
  ExpectRefused(bench, {"remove", "held"}, 4, "held");
  EXPECT_EQ(bench.Out({"remove", "--queue"}), "removed waits-1\nremoved waits-2\n");
  EXPECT_EQ(bench.Out({"remove", "--all"}), "removed g\n");
  EXPECT_EQ(States(bench.Json({"list"})), "held=running");
  gated.Open();
  EXPECT_EQ(run.Join().code, 0);
}

TEST(Rename, MovesTheResultAndRefusesATakenOrBadName) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  bench.Out({"run-all"});
  bench.Out({"rename", "g-1", "best"});
  const std::string refs = bench.repo().Git({"for-each-ref", "--format=%(refname)", "refs/exps"});
  EXPECT_THAT(refs, HasSubstr("/best"));
  EXPECT_THAT(refs, Not(HasSubstr("/g-1")));
  ExpectRefused(bench, {"rename", "best", "g-2"}, 4, "g-2");
  ExpectRefused(bench, {"rename", "best", "12345678"}, 2, "12345678");
}

TEST(Set, ChangesPropertiesAtAnyTimeAndNothingElse) {
  const Gated gated;
  const Workbench& bench = gated.bench();
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  bench.Out({"set", "one", "while=queued", "who=me"});
  Background run(bench.expq(), {"run-all"});
  ASSERT_TRUE(gated.InTraining("one"));
  bench.Out({"set", "one", "while=running"});
  gated.Open();
  EXPECT_EQ(run.Join().code, 0);
  bench.Out({"set", "one", "note=a = b", "who="});
  const value::Value listed = bench.Json({"list"});
  EXPECT_EQ(value::ToJson(*value::Lookup(listed, "experiments.0.properties"), {.compact = true}),
            R"({"note":"a = b","while":"running"})");
  EXPECT_EQ(TextAt(listed, "experiments.0.attempt"), "1");
}

TEST(Wait, EndsAsTheExperimentsDid) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,13"});
  EXPECT_EQ(bench.Run({"run-all", "-j", "2"}).code, 1);
  EXPECT_EQ(bench.Run({"wait", "g-1"}).code, 0);
  const Ended both = bench.Run({"wait", "g-1", "g-2"});
  EXPECT_EQ(both.code, 1);
  EXPECT_EQ(both.out, "succeeded g-1\nfailed g-2: stage 'train': exited with code 3\n");
  EXPECT_EQ(bench.Run({"wait"}).code, 0) << "nothing is queued or runs";
  ExpectRefused(bench, {"wait", "nobody"}, 3, "nobody");
}

TEST(Wait, FollowsARenameAndNamesWhatWasRemoved) {
  const Workbench bench;
  bench.Out({"submit", "-n", "done", "-S", "units=1"});
  bench.Out({"run-all"});
  bench.Out({"submit", "-n", "old", "-S", "units=2"});
  Background renamed(bench.expq(), {"wait", "-v", "done", "old"});
  ASSERT_TRUE(renamed.WaitForErr("succeeded done\n"));
  bench.Out({"rename", "old", "new"});
  bench.Out({"run-all"});
  EXPECT_EQ(renamed.Join().out, "succeeded done\nsucceeded new\n");

  bench.Out({"submit", "-n", "gone", "-S", "units=3"});
  Background waits(bench.expq(), {"wait", "-v", "done", "gone"});
  ASSERT_TRUE(waits.WaitForErr("succeeded done\n"));
  bench.Out({"remove", "gone"});
  const Ended ended = waits.Join();
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("expq: error: experiment 'gone' was removed\n"));
}

TEST(Wait, OfASubmitIsForAllOfIt) {
  const Gated gated;
  const Workbench& bench = gated.bench();
  Background submit(bench.expq(), {"submit", "--wait", "-n", "g", "-S", "units=1,13"});
  ASSERT_TRUE(submit.WaitForErr("queued 2 experiments; waiting for the end"));
  gated.Open();
  EXPECT_EQ(bench.Run({"run-all", "-j", "2"}).code, 1);
  const Ended ended = submit.Join();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(
      ended.out,
      "queued g-1  units=1\nqueued g-2  units=13\nsucceeded g-1\nfailed g-2: stage 'train': exited with code 3\n");
}

TEST(Force, RunsStagesThatAreUnchanged) {
  const Workbench bench;
  bench.Out({"submit", "-n", "first"});
  bench.Out({"run-all"});
  bench.Out({"submit", "-n", "cached"});
  bench.Out({"submit", "-n", "forced", "-f"});
  bench.Out({"run-all"});
  EXPECT_THAT(bench.Run({"logs", "cached"}).err, HasSubstr("the results of all its stages were there before"));
  EXPECT_EQ(bench.Out({"logs", "forced"}), "training with 64\n");
}

TEST(Logs, FollowAcrossAttempts) {
  const TempDir outside;
  const Workbench bench({"NOTES=" + outside.path()});
  bench.repo().Write("train.sh",
                     "echo \"try $EXPQ_ATTEMPT begins\"\n"
                     "while [ ! -e $NOTES/open-$EXPQ_ATTEMPT ]; do sleep 0.02; done\n"
                     "printf 'try %s ends' $EXPQ_ATTEMPT\n"
                     "[ $EXPQ_ATTEMPT = 2 ] || exit 1\n"
                     "touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one", "--retries", "1"});
  Background logs(bench.expq(), {"logs", "-f", "one", "--stage", "train"});
  Background run(bench.expq(), {"run-all"});
  ASSERT_TRUE(logs.WaitForOut("try 1 begins\n")) << "before its end";
  outside.Write("open-1", "");
  ASSERT_TRUE(logs.WaitForOut("try 2 begins\n"));
  outside.Write("open-2", "");
  EXPECT_EQ(run.Join().code, 0);
  const Ended ended = logs.Join();
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "try 1 begins\ntry 1 ends\ntry 2 begins\ntry 2 ends\n");
}

TEST(Logs, AreStrippedOfControlSequencesUnlessRaw) {
  const Workbench bench;
  bench.repo().Write(
      "train.sh",
      "printf '\\033[31mred\\033[0m \\033]0;title\\007plain\\n'; touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all"});
  EXPECT_EQ(bench.Out({"logs", "one", "--stage", "train"}), "red plain\n");
  EXPECT_EQ(bench.Out({"logs", "one", "--stage", "train", "--raw"}), "\033[31mred\033[0m \033]0;title\007plain\n");
}

TEST(Queue, IsATableForPeopleSpreadsheetsAndPages) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=13"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  bench.Out({"submit", "-n", "two"});
  EXPECT_THAT(bench.Out({"queue"}), ContainsRegex("^Name +State +Attempt +Agent +Stage +Age +Note\n"));
  const std::vector<std::string> csv = absl::StrSplit(bench.Out({"queue", "--csv"}), '\n');
  EXPECT_EQ(csv[0], "Name,State,Attempt,Agent,Stage,Age,Note");
  EXPECT_THAT(csv[1], StartsWith("two,queued,,,"));
  EXPECT_THAT(csv[2], StartsWith("one,failed,1,"));
  EXPECT_THAT(bench.Out({"queue", "--md"}), StartsWith("| Name | State | Attempt |"));
  EXPECT_THAT(bench.Out({"queue", "--color", "always"}), HasSubstr("\033["));
  EXPECT_THAT(bench.Out({"queue"}), Not(HasSubstr("\033["))) << "nothing for a terminal in a pipe";
}

TEST(Priority, ChangesTheOrderOfWhatWaits) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,2,3"});
  bench.Out({"priority", "g-3", "7"});
  bench.Out({"priority", "g-1", "-7"});
  const std::string err = bench.Run({"run-all"}).err;
  EXPECT_LT(err.find("started g-3"), err.find("started g-2"));
  EXPECT_LT(err.find("started g-2"), err.find("started g-1"));
}

}  // namespace
}  // namespace expq::testing
