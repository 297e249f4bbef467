// Text of any bytes, files that are none, huge ones: one clear line or the work done, and never a wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/remote_house.h"
#include "tests/e2e/stage_script.h"
#include "tests/e2e/witness.h"

namespace expq::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(OddInput, TextThatIsNoUtf8IsRefusedByEveryCommand) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one"});
  const std::string refs = bench.repo().Git({"for-each-ref"});
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"submit", "-n", "b\xFF"},
                                             {"submit", "-n", "two", "-m", "\xFE"},
                                             {"submit", "-n", "two", "-S", "opt.name=\xFF"},
                                             {"submit", "-n", "two", "-e", "A=\xFF"},
                                             {"set", "one", "k=\xFF"},
                                             {"rename", "one", "\xFF"},
                                             {"--project", "\xFF", "list"}}) {
    SCOPED_TRACE(args[0]);
    const Ended ended = bench.Run(args);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, StartsWith("expq: error: not valid UTF-8: '"));
    std::vector<std::string> json = args;
    json.push_back("--json");
    EXPECT_EQ(TextAt(Workbench::Parsed(bench.Run(json).out), "error.code"), "usage");
  }
  EXPECT_EQ(bench.repo().Git({"for-each-ref"}), refs);
  EXPECT_EQ(value::ToJson(*value::Lookup(bench.Json({"list"}), "experiments.0.properties")), "{}");
}

TEST(OddInput, AnEmptyNameIsNoWishForAGeneratedOne) {
  const Workbench bench;
  const Ended ended = bench.Run({"submit", "-n", ""});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, StartsWith("expq: error: --name: the name is empty\n"));
  EXPECT_EQ(States(bench.Json({"list"})), "");
}

TEST(OddInput, ARepositoryInAFolderOfAnyBytesWorks) {
  const Workbench bench;
  const TempDir place;
  const std::string folder = place / "w\xFF odd 'name'\n";
  std::filesystem::copy(bench.repo().path(), folder, std::filesystem::copy_options::recursive);
  const Program expq(EXPQ_BIN_DIR "/expq", folder);
  EXPECT_EQ(expq.Run({"submit", "-n", "one", "-S", "units=1"}).code, 0);
  EXPECT_EQ(expq.Run({"submit", "-n", "bad", "-S", "units=13"}).code, 0);
  EXPECT_EQ(expq.Run({"run-all"}).code, 1);
  EXPECT_THAT(States(Workbench::Parsed(expq.Run({"list", "--json"}).out)), "one=succeeded bad=failed");
  EXPECT_EQ(TextAt(Workbench::Parsed(expq.Run({"doctor", "--json"}).out), "checks.0.check"), "repository");

  const House house;
  const Ended remote = expq.Run({"--scheduler", house.address(), "submit"});
  EXPECT_EQ(remote.code, 2);
  EXPECT_EQ(remote.err,
            "expq: error: the folder's name is not valid UTF-8, and names the project\nhint: --project NAME\n");
  EXPECT_EQ(expq.Run({"--scheduler", house.address(), "--project", "odd", "submit"}).code, 0);
}

TEST(OddInput, FilesOfAnyNameTravelAndComeBack) {
  const House house;
  const Workbench bench = house.NewBench();
  bench.repo().Write("f\xFE.txt", "odd\n");
  bench.repo().Write("new\nline.txt", "line\n");
  bench.repo().Write("train.sh", "cat f*.txt new*.txt; touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Commit("odd names");
  bench.Out({"submit", "-n", "one"});
  const auto agent = house.Agent("box");
  EXPECT_EQ(bench.Run({"wait", "one"}).code, 0);
  EXPECT_EQ(bench.Out({"logs", "one", "--stage", "train"}), "odd\nline\n");
}

TEST(OddInput, APipeOrDeviceInPlaceOfAFileIsNotWaitedFor) {
  const Workbench bench;
  TrackRawData(bench);
  bench.repo().Remove("raw.txt");
  ASSERT_EQ(mkfifo((bench.repo() / "raw.txt").c_str(), 0600), 0);
  const Ended data = bench.Run({"submit", "-n", "data"});
  EXPECT_GT(data.code, 0);
  EXPECT_THAT(data.err, AllOf(StartsWith("expq: error: "), HasSubstr("raw.txt")));
  bench.repo().Remove("raw.txt");
  bench.repo().Write("raw.txt", "raw\n");

  for (const char* file : {"params.yaml", "dvc.yaml"}) {
    const std::string text = bench.repo().Read(file);
    bench.repo().Remove(file);
    bench.repo().Symlink("/dev/zero", file);
    EXPECT_GT(bench.Run({"submit", "-n", "zeros", "-S", "units=1"}).code, 0) << file;
    EXPECT_GE(bench.Run({"show"}).code, 0) << file;
    EXPECT_GE(bench.Run({"status"}).code, 0) << file;
    bench.repo().Remove(file);
    ASSERT_EQ(mkfifo((bench.repo() / file).c_str(), 0600), 0);
    EXPECT_GT(bench.Run({"submit", "-n", "pipe", "-S", "units=1"}).code, 0) << file;
    EXPECT_GE(bench.Run({"show"}).code, 0) << file;
    bench.repo().Remove(file);
    bench.repo().Write(file, text);
  }
  EXPECT_EQ(States(bench.Json({"list"})), "");
}

TEST(OddInput, ARefusedSubmitSaysOnlyWhy) {
  const Workbench bench;
  TrackRawData(bench);
  bench.repo().Write("raw.txt", "changed\n");
  EXPECT_EQ(bench.Run({"submit", "-S", "unts=1"}).err,
            "expq: error: could not override 'unts': no such key in params.yaml\n"
            "hint: did you mean 'units'? to add a key use +unts=…\n");
  EXPECT_EQ(bench.Run({"submit", "-S", "units=1"}).err,
            "data changed since it was added: raw.txt.dvc is recorded as it is now\n");
}

TEST(OddInput, AParamsFileOfManyMegabytesIsReadOnceAndQuickly) {
  const Workbench bench;
  std::string params = "units: 1\nlr: 0.1\nopt: {name: sgd}\n";
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&params, "key", i, ": ", i, "\n");
  params += "line: [";
  for (int i = 0; i < 60'000; ++i) absl::StrAppend(&params, i, ", ");
  params += "]\n";
  bench.repo().Write("params.yaml", params);
  EXPECT_EQ(bench.Out({"submit", "-n", "one", "-S", "units=2"}), "queued one  units=2\n");
  bench.Out({"run-all"});
  const std::string revision = TextAt(bench.Json({"list"}), "experiments.0.revision");
  params.replace(params.find("units: 1"), 8, "units: 2");
  EXPECT_TRUE(bench.repo().Git({"show", revision + ":params.yaml"}) + "\n" == params);
}

TEST(OddInput, WhatStagesAreCalledCannotActOnATerminal) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml", "stages:\n  \"bad\\e[2J\\e]0;title\\x07\":\n    cmd: exit 3\n");
  bench.Out({"submit", "-n", "one"});
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("failed one: stage 'bad': exited with code 3\n"));
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"wait", "one"}, {"queue"}, {"queue", "--explain", "one"}, {"status"}, {"logs", "one"}, {"show"}}) {
    const Ended ended = bench.Run(args);
    EXPECT_THAT(ended.out + ended.err, Not(HasSubstr("\x1b"))) << args[0];
    EXPECT_THAT(ended.out + ended.err, Not(HasSubstr("\a"))) << args[0];
  }
}

}  // namespace
}  // namespace expq::testing
