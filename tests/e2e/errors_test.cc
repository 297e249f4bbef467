// What is wrong gets one clear line, the right exit code, and changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Wrong {
  std::vector<std::string> args;
  int code;
  std::string message;  // part of it
  std::string hint;     // part of it
};

void ExpectWrong(const Workbench& bench, const Wrong& wrong) {
  SCOPED_TRACE(absl::StrJoin(wrong.args, " "));
  const Ended ended = bench.Run(wrong.args);
  EXPECT_EQ(ended.code, wrong.code);
  EXPECT_THAT(ended.err, StartsWith("expq: error: "));
  EXPECT_THAT(ended.err, HasSubstr(wrong.message));
  EXPECT_THAT(ended.err, HasSubstr(wrong.hint.empty() ? "" : "hint: "));
  EXPECT_THAT(ended.err, HasSubstr(wrong.hint));
  EXPECT_EQ(ended.out, "");
}

TEST(Errors, WrongUsageIsSaidInOneLineWithANearWord) {
  const Workbench bench;
  for (const Wrong& wrong : std::vector<Wrong>{
           {{"sbumit"}, 2, "unknown command 'sbumit'", "did you mean 'submit'?"},
           {{"metrics", "show"}, 2, "there is no command 'metrics' here", "dvc metrics works on the same repository"},
           {{"remote", "list"}, 2, "there is no command 'remote' here", "dvc remote works on the same repository"},
           {{"queue", "start"}, 3, "no experiment 'start'", "expq run-all runs what is queued"},
           {{"status", "-c"}, 2, "a remote is not compared yet", ""},
           {{"submit", "--dry-rum"}, 2, "unknown option --dry-rum", "did you mean --dry-run?"},
           {{"--projct", "x", "queue"}, 2, "", ""},
           {{"run-all", "-j", "none"}, 2, "--jobs: 'none' is not a whole number", "expq help run-all"},
           {{"run-all", "-j", "0"}, 2, "0 is not 1 or more", ""},
           {{"run-all", "-j"}, 2, "--jobs needs a value", ""},
           {{"run-all", "extra"}, 2, "'extra' is one argument too many", ""},
           {{"cancel"}, 2, "missing NAME", ""},
           {{"show", "--sort-order", "des"}, 2, "'des' is none of asc, desc", "did you mean 'desc'?"},
           {{"show", "--md", "--csv"}, 2, "only one of", ""},
           {{"submit", "--timeout", "soon"}, 2, "'soon' is not a duration", ""},
           {{"submit", "--memory", "much"}, 2, "'much' is not a size", ""},
           {{"submit", "-e", "WORD"}, 2, "-e WORD: not KEY=VALUE", ""},
           {{"submit", "--copy-paths", "x"}, 2, "cannot be added yet", ""},
           {{"retry"}, 2, "either names or --failed", ""},
           {{"remove"}, 2, "either names, or one of", ""},
           {{"set", "x", "novalue"}, 2, "'novalue' is not KEY=VALUE", ""},
           {{"completion", "csh"}, 2, "none of bash, zsh, fish", ""},
           {{"agent"}, 2, "needs a scheduler", "run-all"},
           {{"-C", "nowhere", "queue"}, 3, "-C nowhere: no such folder", ""},
       }) {
    if (wrong.message.empty()) {
      EXPECT_EQ(bench.Run(wrong.args).code, wrong.code);
    } else {
      ExpectWrong(bench, wrong);
    }
  }
}

TEST(Errors, ABadOverrideIsRefusedAtSubmitAndNothingIsQueued) {
  const Workbench bench;
  for (const Wrong& wrong : std::vector<Wrong>{
           {{"submit", "-S", "unit=1"}, 2, "'unit'", "did you mean 'units'"},
           {{"submit", "-S", "units=1", "-S", "opt.nam=x"}, 2, "'opt.nam'", ""},
           {{"submit", "-S", "+units=1"}, 2, "units", ""},
           {{"submit", "-S", "units=[1"}, 2, "-S: ", ""},
           {{"submit", "-S", "units"}, 2, "-S: ", ""},
           {{"submit", "-S", "other.yaml:units=1"}, 3, "other.yaml is not part of the snapshot", "git add other.yaml"},
           {{"submit", "-S", "../p.yaml:units=1"}, 2, "outside the repository", ""},
           {{"submit", "-n", "with space"}, 2, "with space", ""},
           {{"submit", "-n", "cafe"}, 2, "'cafe' could be taken for a git revision", "a letter beyond f"},
           {{"submit", "trian"}, 3, "trian", ""},
           {{"submit", "--after", "nobody"}, 3, "nobody", ""},
       }) {
    ExpectWrong(bench, wrong);
  }
  EXPECT_EQ(States(bench.Json({"list"})), "");
  EXPECT_EQ(bench.repo().Git({"for-each-ref", "refs/expq"}), "");
}

TEST(Errors, ABadSyntaxHasACaretUnderIt) {
  const Workbench bench;
  EXPECT_THAT(bench.Run({"submit", "-S", "units=[1"}).err, HasSubstr("\n  units=[1\n          ^\n"));
  EXPECT_THAT(bench.Run({"show", "--filter", "acc > "}).err, HasSubstr("\n  acc > \n        ^\n"));
}

TEST(Errors, ANameThatIsTakenIsAConflictUnlessForced) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=1", "-n", "one"});
  ExpectWrong(bench, {{"submit", "-S", "units=2", "-n", "one"}, 4, "'one'", "-n"});
  bench.Out({"run-all"});
  ExpectWrong(bench, {{"submit", "-S", "units=2", "-n", "one"}, 4, "'one'", "-f"});
  bench.Out({"submit", "-S", "units=2", "-n", "one", "-f"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

TEST(Errors, WhatIsOverCannotBeCancelledAndWhatIsUnknownIsNotFound) {
  const Workbench bench;
  bench.Out({"submit", "-S", "units=1", "-n", "one"});
  bench.Out({"run-all"});
  ExpectWrong(bench, {{"cancel", "one"}, 4, "one", ""});
  ExpectWrong(bench, {{"retry", "one"}, 4, "one", ""});
  ExpectWrong(bench, {{"priority", "one", "3"}, 4, "'one' has succeeded", ""});
  ExpectWrong(bench, {{"cancel", "nobody"}, 3, "nobody", ""});
  ExpectWrong(bench, {{"cancel", "oen"}, 3, "no experiment 'oen'", "did you mean 'one'?"});
  ExpectWrong(bench, {{"logs", "nobody"}, 3, "nobody", ""});
  ExpectWrong(bench, {{"logs", "one", "--stage", "tran"}, 3, "no log of stage 'tran'", "there are"});
  ExpectWrong(bench, {{"rename", "nobody", "somebody"}, 3, "nobody", ""});
  ExpectWrong(bench, {{"show", "--filter", "accc > 1"}, 2, "no column 'accc'", "did you mean 'acc'?"});
  ExpectWrong(bench, {{"show", "--sort-by", "accc"}, 2, "no column 'accc'", "did you mean 'acc'?"});
  ExpectWrong(bench, {{"show", "--rev", "nobranch"}, 3, "nobranch", ""});
}

TEST(Errors, APipelineThatIsWrongIsRefusedAtSubmitWithItsPlace) {
  struct Case {
    std::string yaml;
    int code;
    std::string message;
  };
  for (const Case& one : std::vector<Case>{
           {"stages:\n  a:\n    cmd: [\n", 2, "dvc.yaml:"},
           {"stages:\n  a:\n    cmd: echo\n    dpes: [raw.txt]\n", 2, "dpes"},
           {"stages:\n  a:\n    cmd: echo\n    deps: [y]\n    outs: [x]\n  b:\n    cmd: echo\n    deps: [x]\n    outs: "
            "[y]\n",
            2, "cycle"},
           {"stages:\n  a:\n    cmd: echo\n    outs: [x]\n  b:\n    cmd: echo\n    outs: [x]\n", 2, "x"},
       }) {
    const Workbench bench;
    bench.repo().Write("dvc.yaml", one.yaml);
    ExpectWrong(bench, {{"submit"}, one.code, one.message, ""});
  }
}

TEST(Errors, WithoutARepositoryACommitOrAPipelineItIsSaidWhatToDo) {
  const TempDir nowhere;
  const Program outside(EXPQ_BIN_DIR "/expq", nowhere.path());
  for (const std::string command : {"submit", "queue", "run-all", "show", "repro", "status"}) {
    const Ended ended = outside.Run({command});
    EXPECT_EQ(ended.code, 3) << command;
    EXPECT_THAT(ended.err, HasSubstr("not in a git repository"));
  }

  const TempRepo empty;
  const Program in_empty(EXPQ_BIN_DIR "/expq", empty.path());
  const Ended no_commit = in_empty.Run({"submit"});
  EXPECT_EQ(no_commit.code, 3);
  EXPECT_THAT(no_commit.err, HasSubstr("hint: add a commit first"));
  empty.Write("x", "x");
  empty.Commit();
  const Ended no_pipeline = in_empty.Run({"submit"});
  EXPECT_EQ(no_pipeline.code, 3);
  EXPECT_THAT(no_pipeline.err, HasSubstr("no dvc.yaml"));
}

TEST(Errors, AMissingDependencyFailsTheExperimentWithItsName) {
  const Workbench bench;
  bench.repo().Git({"rm", "-q", "--cached", "raw.txt"});
  bench.Out({"submit", "-n", "lacking"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  EXPECT_THAT(TextAt(bench.Json({"queue"}), "experiments.0.error"), HasSubstr("raw.txt"));
}

TEST(Errors, AQueueFileThatIsNoDatabaseIsNamed) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one"});
  bench.repo().Remove(".git/expq/queue.db-wal");
  bench.repo().Remove(".git/expq/queue.db-shm");
  bench.repo().Write(".git/expq/queue.db", std::string(8192, 'x'));
  const Ended ended = bench.Run({"queue"});
  EXPECT_NE(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("queue.db"));
}

TEST(Errors, ASchedulerThatIsNotThereIsUnreachable) {
  const Workbench bench;
  ExpectWrong(bench, {{"--scheduler", "127.0.0.1:1", "queue"}, 5, "127.0.0.1:1", ""});
}

TEST(Errors, UnderJsonTheErrorIsAnObjectOnStdout) {
  const Workbench bench;
  const Ended ended = bench.Run({"submit", "--json", "-S", "unit=1"});
  EXPECT_EQ(ended.code, 2);
  const value::Value error = Workbench::Parsed(ended.out);
  EXPECT_EQ(TextAt(error, "version"), "1");
  EXPECT_EQ(TextAt(error, "error.code"), "usage");
  EXPECT_THAT(TextAt(error, "error.message"), HasSubstr("'unit'"));
  EXPECT_THAT(TextAt(error, "error.hint"), HasSubstr("units"));
  EXPECT_EQ(TextAt(Workbench::Parsed(bench.Run({"queue", "--json", "--nonsense"}).out), "error.code"), "usage");
}

}  // namespace
}  // namespace expq::testing
