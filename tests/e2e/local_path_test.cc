#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/digest/digest.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(LocalPath, SubmitRunsAndShows) {
  const Workbench bench;
  EXPECT_EQ(bench.Out({"submit", "-S", "units=7", "-n", "seven"}), "queued seven  units=7\n");
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("started seven"));
  EXPECT_THAT(ran.err, HasSubstr("succeeded seven"));
  EXPECT_THAT(ran.err, HasSubstr("1 succeeded, 0 failed"));
  EXPECT_EQ(ran.out, "") << "talk belongs to stderr";

  const value::Value shown = bench.Json({"show"});
  EXPECT_EQ(States(shown), "seven=succeeded");
  const value::Value& e = *value::Lookup(shown, "experiments.0");
  EXPECT_EQ(value::ToJson(*e.map()->Find("metrics"), {.compact = true}),
            R"({"metrics.json":{"acc":0.7,"loss":{"val":1.5}}})");
  EXPECT_EQ(bench.repo().Git({"rev-parse", "refs/exps/" + bench.repo().Head().substr(0, 2) + "/" +
                                               bench.repo().Head().substr(2) + "/seven"}),
            TextAt(e, "revision"));
}

TEST(LocalPath, LeavesTheWorkspaceAloneBitForBit) {
  const Workbench bench;
  bench.repo().Write("params.yaml", "units: 65\nlr: 0.1\nopt: {name: sgd}\n");
  bench.repo().Write("staged.txt", "new\n");
  bench.repo().Stage("staged.txt");
  bench.repo().Write("untracked.txt", "mine\n");
  const std::string before = bench.repo().Git({"status", "--porcelain"});
  const std::string head = bench.repo().Head();
  bench.Out({"submit", "-S", "units=7", "-n", "seven"});
  bench.Out({"run-all"});
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), before);
  EXPECT_EQ(bench.repo().Head(), head);
  EXPECT_EQ(bench.repo().Git({"stash", "list"}), "");
  EXPECT_EQ(bench.repo().Read("params.yaml"), "units: 65\nlr: 0.1\nopt: {name: sgd}\n");
  const std::string files = bench.repo().Git(
      {"ls-tree", "-r", "--name-only", "refs/exps/" + head.substr(0, 2) + "/" + head.substr(2) + "/seven"});
  EXPECT_THAT(files, HasSubstr("staged.txt"));
  EXPECT_THAT(files, Not(HasSubstr("untracked.txt")));
}

TEST(LocalPath, AGridIsTheProductAndDrainsInParallel) {
  const Workbench bench;
  EXPECT_EQ(bench.Out({"submit", "-n", "g", "-S", "units=1,2", "-S", "lr=0.5,0.25"}),
            "queued g-1  units=1 lr=0.5\nqueued g-2  units=1 lr=0.25\nqueued g-3  units=2 lr=0.5\nqueued g-4  units=2 "
            "lr=0.25\n");
  bench.Out({"run-all", "-j", "4"});
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=succeeded g-2=succeeded g-3=succeeded g-4=succeeded");
}

TEST(LocalPath, ALargeGridPrintsTheFirstFewAndTheCount) {
  const Workbench bench;
  const std::string out = bench.Out({"submit", "-n", "g", "-S", "units=range(0,50)", "-S", "lr=0.5,0.25"});
  EXPECT_THAT(out, StartsWith("queued g-1  units=0 lr=0.5\n"));
  EXPECT_THAT(out, EndsWith("… queued 100 experiments in all\n"));
  EXPECT_EQ(bench.Json({"queue"}).map()->Find("experiments")->list()->size(), 100u);
}

TEST(LocalPath, GeneratedNamesAreDistinct) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=range(0,40)"});
  std::set<std::string> names;
  const value::Value listed = bench.Json({"list"});
  for (const value::Value& e : *listed.map()->Find("experiments")->list()) names.insert(TextAt(e, "name"));
  EXPECT_EQ(names.size(), 40u);
}

TEST(LocalPath, AFailureKeepsItsLogAndItsWorkspaceUntilRetried) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=13", "-n", "bad"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  const value::Value queue = bench.Json({"queue"});
  EXPECT_EQ(States(queue), "bad=failed");
  EXPECT_EQ(TextAt(queue, "experiments.0.cause"), "user-code");
  EXPECT_EQ(TextAt(queue, "experiments.0.error"), "stage 'train': exited with code 3");
  EXPECT_THAT(bench.Out({"logs", "bad"}), HasSubstr("training with 13\nunlucky\n"));
  const std::string workspace = TextAt(queue, "experiments.0.workspace");
  EXPECT_THAT(bench.Out({"queue"}), HasSubstr(workspace));
  EXPECT_EQ(RunGit(workspace, {"rev-parse", "--is-inside-work-tree"}, true), "true");

  EXPECT_EQ(bench.Out({"retry", "--failed"}), "queued bad\n");
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  EXPECT_EQ(TextAt(bench.Json({"queue"}), "experiments.0.attempt"), "2");
  EXPECT_EQ(bench.Out({"logs", "bad", "--attempt", "1", "--stage", "train"}), "training with 13\nunlucky\n");
  EXPECT_EQ(bench.Out({"remove", "--failed"}), "removed bad\n");
  EXPECT_EQ(States(bench.Json({"list"})), "");
}

TEST(LocalPath, CancelRenamePriorityAndPropertiesChangeWhatIsQueued) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=1,2,3", "-n", "g"});
  EXPECT_EQ(bench.Out({"cancel", "g-1"}), "cancelled g-1\n");
  EXPECT_EQ(bench.Out({"rename", "g-2", "two"}), "renamed two\n");
  EXPECT_EQ(bench.Out({"priority", "g-3", "-5"}), "priority -5: g-3\n");
  bench.Out({"set", "two", "reviewed=yes"});
  bench.Out({"run-all"});
  const value::Value listed = bench.Json({"list"});
  EXPECT_EQ(States(listed), "g-1=cancelled two=succeeded g-3=succeeded");
  EXPECT_EQ(TextAt(listed, "experiments.1.properties.reviewed"), "yes");
}

TEST(LocalPath, HigherPriorityRunsFirst) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=1", "-n", "later"});
  bench.Out({"submit", "-S", "units=2", "-n", "sooner", "--priority", "5"});
  const Ended ran = bench.Run({"run-all"});
  EXPECT_LT(ran.err.find("started sooner"), ran.err.find("started later"));
}

TEST(LocalPath, AfterWaitsForTheOther) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=1", "-n", "first"});
  bench.Out({"submit", "-S", "units=2", "-n", "second", "--after", "first", "--priority", "5"});
  EXPECT_THAT(TextAt(bench.Json({"queue", "second"}), "experiments.0.waiting_because"), HasSubstr("first"));
  const Ended ran = bench.Run({"run-all", "-j", "2"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_LT(ran.err.find("succeeded first"), ran.err.find("started second"));
}

TEST(LocalPath, StagesGetTheVariablesThatWereAsked) {
  const Workbench bench;
  bench.repo().Write("train.sh",
                     "echo \"word: $WORD, name: $DVC_EXP_NAME\"; touch model.txt; echo '{}' > metrics.json\n");
  bench.Out({"submit", "-n", "talkative", "-e", "WORD=hello", "-m", "a note"});
  bench.Out({"run-all"});
  EXPECT_THAT(bench.Out({"logs", "talkative"}), HasSubstr("word: hello, name: talkative\n"));
}

TEST(LocalPath, RunAppliesItsResultToTheWorkspace) {
  const Workbench bench;
  const Ended ran = bench.Run({"run", "-S", "units=9", "-n", "nine"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "succeeded nine\n");
  EXPECT_EQ(bench.repo().Read("model.txt"), "raw\n9\n");
  EXPECT_THAT(bench.repo().Read("params.yaml"), HasSubstr("units: 9  # neurons\n"));
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(LocalPath, RunTellsGitToIgnoreOutputsOnlyInTheWorkspace) {
  const Workbench bench;
  bench.repo().Git({"rm", "-q", ".gitignore"});
  bench.repo().Git({"commit", "-q", "-m", "nothing is ignored"});
  EXPECT_EQ(bench.Run({"run", "-S", "units=9", "-n", "nine"}).code, 0);
  EXPECT_THAT(bench.repo().Read(".gitignore"), HasSubstr("/model.txt\n"));
  const std::string refs = bench.repo().Git({"for-each-ref", "--format=%(refname)", "refs/exps"});
  EXPECT_THAT(bench.repo().Git({"ls-tree", "--name-only", refs}), Not(HasSubstr(".gitignore")));
}

TEST(LocalPath, RunReplacesWhatReproMadeAndGitDoesNotKnow) {
  const Workbench bench;
  bench.Out({"repro"});
  EXPECT_EQ(bench.Run({"run", "-S", "units=9", "-n", "nine"}).code, 0);
  EXPECT_THAT(bench.repo().Read("metrics.json"), HasSubstr("0.9"));
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(LocalPath, RunTempOnlyRecords) {
  const Workbench bench;
  EXPECT_EQ(bench.Run({"run", "--temp", "-S", "units=9", "-n", "nine"}).code, 0);
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), "");
  EXPECT_EQ(States(bench.Json({"list"})), "nine=succeeded");
}

TEST(LocalPath, RunLeavesWhatIsQueuedAlone) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=1", "-n", "waits"});
  EXPECT_EQ(bench.Run({"run", "--temp", "-S", "units=9", "-n", "now"}).code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "waits=queued now=succeeded");
}

TEST(LocalPath, RunWillNotOverwriteAnOutputThatNobodyElseHas) {
  const Workbench bench;
  bench.repo().Write("model.txt", "made by hand\n");
  const Ended ran = bench.Run({"run", "-S", "units=9", "-n", "nine"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("model.txt would be overwritten"));
  EXPECT_EQ(bench.repo().Read("model.txt"), "made by hand\n");
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), "");
  EXPECT_EQ(States(bench.Json({"list"})), "nine=succeeded");
}

TEST(LocalPath, ReproBringsTheWorkspaceUpToDateAndStatusSaysSo) {
  const Workbench bench;
  EXPECT_EQ(bench.Out({"status"}), "prep: not run yet\ntrain: not run yet\n");
  EXPECT_THAT(bench.Out({"repro"}), HasSubstr("training with 64\n"));
  EXPECT_EQ(bench.Out({"status"}), "");
  bench.repo().Write("raw.txt", "other\n");
  const value::Value status = bench.Json({"status"});
  EXPECT_EQ(TextAt(status, "stages.0.stage"), "prep");
  EXPECT_THAT(TextAt(status, "stages.0.reasons.0"), HasSubstr("raw.txt"));
  EXPECT_THAT(bench.Out({"repro", "-j", "2", "-f"}), HasSubstr("[train] training with 64\n"));
}

TEST(LocalPath, ReproRecordsChangedDataInItsDvcFile) {
  const Workbench bench;
  bench.repo().Git({"rm", "-q", "--cached", "raw.txt"});
  bench.repo().Write(
      "raw.txt.dvc",
      "outs:\n- md5: bdfbe03a5d59a3ae0cd7e8a8dc0c8b1a\n  size: 4\n  hash: md5\n  path: raw.txt  # kept\n");
  bench.repo().Write("raw.txt", "changed data\n");
  bench.Out({"repro"});
  EXPECT_EQ(bench.repo().Read("raw.txt.dvc"), "outs:\n- md5: " + digest::Md5Of("changed data\n").text() +
                                                  "\n  size: 13\n  hash: md5\n  path: raw.txt  # kept\n");
}

TEST(LocalPath, SubmitFromASubfolderFindsItsOwnPipeline) {
  const Workbench bench;
  bench.repo().Write("sub/params.yaml", "k: 1\n");
  bench.repo().Write("sub/dvc.yaml",
                     "stages:\n  s:\n    cmd: cat params.yaml > out.txt\n    params: [k]\n    outs:\n    - out.txt:\n  "
                     "      cache: false\n");
  bench.repo().Commit("sub");
  bench.Out({"-C", "sub", "submit", "-S", "k=5", "-n", "five"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 0);
  const std::string head = bench.repo().Head();
  EXPECT_EQ(bench.repo().Git({"show", "refs/exps/" + head.substr(0, 2) + "/" + head.substr(2) + "/five:sub/out.txt"}),
            "k: 5");
}

}  // namespace
}  // namespace expq::testing
