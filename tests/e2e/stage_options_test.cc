// What `submit` and `run` say about how stages are run, as `repro` has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "common/fs/filesystem.h"
#include "tests/e2e/remote_house.h"

namespace expq::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Stages a → b that write down when they run: a's output is the same whatever `units` is.
class Diary {
 public:
  explicit Diary(const std::string& command_of_a = "echo same > a") : bench_({"DIARY=" + (dir_ / "diary")}) {
    bench_.repo().Write(".gitignore", "/a\n/b\n");
    bench_.repo().Write("dvc.yaml", absl::StrCat("stages:\n  a:\n    cmd: echo a >> $DIARY; ", command_of_a,
                                                 "\n    params: [units]\n    outs: [a]\n"
                                                 "  b:\n    cmd: echo b >> $DIARY; cat a > b\n    deps: [a]\n"
                                                 "    outs: [b]\n"));
    bench_.repo().Commit("two stages");
  }

  const Workbench& bench() const { return bench_; }
  // The stages that have run since it was asked last: "a b ".
  std::string Read() const {
    const std::string text = absl::StrReplaceAll(dir_.Read("diary"), {{"\n", " "}});
    dir_.Write("diary", "");
    return text;
  }

 private:
  TempDir dir_;
  Workbench bench_;
};

TEST(StageOptions, ForceDownstreamAlsoRunsWhatFollowsAStageThatRan) {
  const Diary diary;
  diary.bench().Out({"run", "--temp", "-n", "first", "-S", "units=1"});
  EXPECT_EQ(diary.Read(), "a b ");
  diary.bench().Out({"run", "--temp", "-n", "second", "-S", "units=2"});
  EXPECT_EQ(diary.Read(), "a ");
  diary.bench().Out({"submit", "-n", "third", "-S", "units=3", "--force-downstream"});
  diary.bench().Out({"run-all"});
  EXPECT_EQ(diary.Read(), "a b ");
}

TEST(StageOptions, ARetryIsRunWithTheSameOptions) {
  const TempDir outside;
  const std::string block = outside.Write("block", "");
  const Diary diary("echo same > a; test ! -e " + block);
  ASSERT_TRUE(fs::PosixFilesystem().Remove(block).ok());
  diary.bench().Out({"run", "--temp", "-n", "first", "-S", "units=1"});
  outside.Write("block", "");
  diary.bench().Out({"submit", "-n", "second", "-S", "units=2", "--force-downstream"});
  EXPECT_EQ(diary.bench().Run({"run-all"}).code, 1);
  ASSERT_TRUE(fs::PosixFilesystem().Remove(block).ok());
  diary.Read();
  diary.bench().Out({"retry", "--failed"});
  EXPECT_EQ(diary.bench().Run({"run-all"}).code, 0);
  EXPECT_EQ(diary.Read(), "a b ");
}

TEST(StageOptions, IgnoreErrorsRunsWhatFollowsAFailureAndKeepsTheResult) {
  const Diary diary("echo half > a; exit 3");
  EXPECT_EQ(diary.bench().Run({"run", "--temp", "-n", "strict"}).code, 1);
  EXPECT_EQ(diary.Read(), "a ");
  diary.bench().Out({"submit", "-n", "lenient", "--ignore-errors"});
  EXPECT_EQ(diary.bench().Run({"run-all"}).code, 0);
  EXPECT_EQ(diary.Read(), "a b ");
  EXPECT_EQ(States(diary.bench().Json({"list"})), "strict=failed lenient=succeeded");
  EXPECT_THAT(diary.bench().Out({"logs", "lenient"}), HasSubstr("warning: stage 'a': exited with code 3\n"));
  const std::string lock = diary.bench().repo().Git(
      {"show", TextAt(diary.bench().Json({"list", "lenient"}), "experiments.0.revision") + ":dvc.lock"});
  EXPECT_THAT(lock, AllOf(HasSubstr("  b:\n"), Not(HasSubstr("  a:\n"))));
}

// The data of stage `big` is not here: only the small one is of interest.
class Partly {
 public:
  Partly() {
    bench_.repo().Write(".gitignore", "/data\n/big\n/small\n");
    bench_.repo().Write("data", "much\n");
    bench_.repo().Write("dvc.yaml",
                        "stages:\n  big:\n    cmd: cp data big\n    deps: [data]\n    outs: [big]\n"
                        "  small:\n    cmd: echo small > small\n    params: [units]\n    outs: [small]\n");
    bench_.Out({"add", "data"});
    bench_.Out({"repro"});
    bench_.repo().Commit("partly fetched");
  }

  const Workbench& bench() const { return bench_; }
  void ForgetData() const {
    for (const char* path : {"data", "big", ".dvc/cache"}) bench_.repo().Remove(path);
  }

 private:
  Workbench bench_;
};

TEST(StageOptions, AllowMissingLeavesStagesAloneWhoseDataIsNotHere) {
  const Partly partly;
  partly.ForgetData();
  const Ended refused = partly.bench().Run({"run", "-n", "strict", "-S", "units=1"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("data.dvc: missing data 'data'"));
  const Ended ran = partly.bench().Run({"run", "-n", "one", "-S", "units=1", "--allow-missing"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(partly.bench().repo().Read("params.yaml"), HasSubstr("units: 1 "));
  EXPECT_FALSE(fs::PosixFilesystem().Exists(partly.bench().repo() / "big"));
  EXPECT_EQ(partly.bench().Out({"status", "small"}), "");
}

TEST(StageOptions, AllowMissingTravelsToAnAgent) {
  const House house;
  const Partly partly;
  partly.ForgetData();
  partly.bench().Out({"submit", "--scheduler", house.address(), "-n", "one", "-S", "units=1", "--allow-missing"});
  const auto agent = house.Agent("box");
  EXPECT_EQ(partly.bench().Run({"wait", "--scheduler", house.address(), "one"}).code, 0)
      << partly.bench().Run({"queue", "--scheduler", house.address(), "--explain", "one"}).out;
}

class Pulling {
 public:
  Pulling() {
    partly_.bench().repo().Write(
        ".dvc/config", "[core]\n    remote = there\n['remote \"there\"']\n    url = " + remote_.path() + "\n");
    partly_.bench().repo().Commit("a remote");
    partly_.bench().Out({"push", "--run-cache"});
    partly_.ForgetData();
  }
  const Workbench& bench() const { return partly_.bench(); }

 private:
  const TempDir remote_;
  const Partly partly_;
};

TEST(StageOptions, PullTakesDataFromTheDefaultRemote) {
  const Pulling pulling;
  const Ended ran = pulling.bench().Run({"run", "-n", "one", "-S", "units=1", "--pull"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(pulling.bench().repo().Read("big"), "much\n");
  EXPECT_THAT(pulling.bench().Out({"logs", "one"}), Not(HasSubstr("cp data big")));
}

TEST(StageOptions, PullFindsEarlierResultsThere) {
  const Pulling pulling;
  pulling.bench().repo().Remove("dvc.lock");
  const Ended ran = pulling.bench().Run({"run", "--temp", "-n", "one", "--pull"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(pulling.bench().Run({"logs", "one"}).err, HasSubstr("the results of all its stages were there before"));
}

TEST(StageOptions, PullSendsAnAgentWhatOnlyTheRemoteHas) {
  const House house;
  const Pulling pulling;
  const Ended sent =
      pulling.bench().Run({"submit", "--scheduler", house.address(), "-n", "one", "-S", "units=1", "--pull"});
  EXPECT_THAT(sent.err, HasSubstr("of data"));
  const auto agent = house.Agent("box");
  EXPECT_EQ(pulling.bench().Run({"wait", "--scheduler", house.address(), "one"}).code, 0);
}

TEST(StageOptions, WhatDvcHasUnderOtherNamesIsNamed) {
  const Workbench bench;
  const std::vector<std::pair<std::vector<std::string>, std::string>> refused = {
      {{"run", "--queue"}, "expq submit"},
      {{"run", "--run-all"}, "expq run-all"},
      {{"run", "-j", "2"}, "--stage-jobs"},
      {{"submit", "--dry"}, "--dry-run"},
      {{"submit", "--interactive"}, "expq repro -i"},
      {{"submit", "--no-commit"}, "are kept"}};
  for (const auto& [arguments, hint] : refused) {
    const Ended ended = bench.Run(arguments);
    EXPECT_EQ(ended.code, 2) << arguments[1];
    EXPECT_THAT(ended.err, HasSubstr(hint)) << arguments[1];
  }
}

TEST(StageOptions, PullWithoutARemoteIsRefusedBeforeAnythingIsQueued) {
  const Workbench bench;
  const Ended refused = bench.Run({"submit", "-n", "one", "--pull"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("remote"));
  EXPECT_EQ(States(bench.Json({"list"})), "");
}

}  // namespace
}  // namespace expq::testing
