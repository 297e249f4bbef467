// What people bring along from DVC: old spellings, old settings, and what DVC's own queue holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(FromDvc, OldNamesOfOptionsWorkAndAreRemarkedOn) {
  const Workbench bench;
  const Ended submitted = bench.Run({"submit", "-n", "one", "-M", "words"});
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  EXPECT_THAT(submitted.err, HasSubstr("warning: -M is the old name of --message\n"));
  const Ended shown = bench.Run({"show", "--show-json"});
  EXPECT_THAT(shown.err, HasSubstr("warning: --show-json is the old name of --json\n"));
  EXPECT_EQ(TextAt(Workbench::Parsed(shown.out), "experiments.0.message"), "words");
  EXPECT_EQ(bench.Out({"show", "--show-md"}), bench.Out({"show", "--md"}));
  EXPECT_EQ(bench.Out({"show", "--show-csv"}), bench.Out({"show", "--csv"}));
}

TEST(FromDvc, WhatIsNotFollowedIsWarnedOfByEveryCommandThatRunsStages) {
  const Workbench bench;
  bench.repo().Write(".dvc/config",
                     "[exp]\n    code = src\n    auto_push = true\n['machine \"m\"']\n    cloud = aws\n");
  const std::string pipeline = bench.repo().Read("dvc.yaml");
  bench.repo().Write("dvc.yaml",
                     absl::StrReplaceAll(pipeline, {{"outs: [model.txt]", "outs: [model.txt: {checkpoint: true}]"}}));
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"status"}, {"repro", "--dry"}, {"submit"}, {"run", "--temp"}, {"push"}}) {
    const Ended ended = bench.Run(command);
    for (const char* name : {"exp.code", "exp.auto_push", "machine.m.cloud", "'checkpoint'"}) {
      EXPECT_THAT(ended.err, HasSubstr(name)) << command[0];
    }
  }
}

TEST(FromDvc, ExpGcForgetsExperimentsOfOtherCommits) {
  const Workbench bench;
  const std::string head = bench.repo().Head();
  bench.Out({"run", "--temp", "-n", "old"});
  bench.Out({"submit", "-n", "waits"});
  bench.repo().Git({"update-ref", "refs/exps/" + head.substr(0, 2) + "/" + head.substr(2) + "/dvcs", head});
  bench.repo().Commit("next");
  bench.Out({"run", "--temp", "-n", "new"});
  const Ended refused = bench.Run({"exp", "gc", "-w"});
  EXPECT_EQ(refused.code, 4) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("warning: DVC 3 has no 'exp gc' any more"));
  EXPECT_EQ(bench.Run({"exp", "gc", "-f"}).code, 2);
  EXPECT_EQ(bench.Out({"exp", "gc", "-A", "-f"}), "");
  EXPECT_EQ(bench.Out({"exp", "gc", "-w", "--queued", "-f"}), "removed old\n");
  EXPECT_EQ(bench.Out({"exp", "gc", "-w", "-f"}), "removed waits\n");
  EXPECT_EQ(States(bench.Json({"list"})), "new=succeeded");
  EXPECT_THAT(bench.repo().Git({"for-each-ref", "refs/exps"}), Not(HasSubstr("dvcs")));
}

TEST(FromDvc, ItsWordsAreAnsweredWithOurs) {
  const Workbench bench;
  EXPECT_THAT(bench.Run({"exp", "run", "--queue", "-S", "units=1"}).err,
              HasSubstr("hint: here it is expq run, submit"));
  EXPECT_THAT(bench.Run({"exp", "apply", "one"}).err, HasSubstr("hint: dvc exp apply works on the same results"));
}

// The paths below `dir` of files with these bytes in them.
std::vector<std::string> FilesWith(const std::string& dir, const std::string& bytes) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (absl::StrContains(text, bytes)) found.push_back(entry.path());
  }
  return found;
}

// DVC copies both files into every temporary folder.
TEST(FromDvc, NothingPersonalReachesASchedulerOrAnAgent) {
  const House house;
  const Workbench bench = house.NewBench();
  bench.repo().Write(".dvc/config.local",
                     "['remote \"s\"']\n    url = s3://bucket\n    secret_access_key = hush-hush\n");
  bench.repo().Git({"remote", "add", "origin", "https://me:hush-hush@localhost/x.git"});
  bench.repo().Write("train.sh",
                     "cat .dvc/config.local; git config --list; touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one"});
  const auto agent = house.Agent("box", {"--idle-exit", "1s"});
  EXPECT_EQ(bench.Run({"wait", "one"}).code, 0);
  EXPECT_EQ(agent->Join().code, 0);
  EXPECT_THAT(bench.Out({"logs", "one", "--stage", "train"}), Not(HasSubstr("hush-hush")));
  EXPECT_THAT(FilesWith(house.dir().path(), "hush-hush"), IsEmpty());
}

// An experiment as `dvc exp run --queue` leaves it: a commit on DVC's stash, whose pickle is none of our business.
void QueueInDvc(const Workbench& bench, const std::string& name) {
  const TempRepo& repo = bench.repo();
  const std::string head = repo.Head();
  const std::string message = "dvc-exp:" + head + ":" + head + ":" + name;
  repo.Write(".dvc/tmp/repro.dat", "a pickle");
  repo.Git({"add", "-f", ".dvc/tmp/repro.dat"});
  const std::string commit = repo.Commit(message);
  repo.Git({"update-ref", "--create-reflog", "-m", "commit: " + message, "refs/exps/celery/stash", commit});
  repo.Git({"reset", "-q", "--hard", head});
}

TEST(FromDvc, WhatItHasQueuedIsListedAsWhatToTypeAndNeverRun) {
  const Workbench bench;
  const std::string before = bench.Run({"queue"}).err;
  EXPECT_THAT(before, Not(HasSubstr("DVC")));
  bench.repo().Write("params.yaml", "units: 65\nlr: 0.1\nopt:\n  name: a b\nmore: [1]\n");
  QueueInDvc(bench, "first");
  bench.repo().Write("params.yaml", "units: 64\nopt:\n  name: sgd\n");
  bench.repo().Write("train.sh", "echo other\n");
  QueueInDvc(bench, "second");
  EXPECT_THAT(bench.Run({"queue"}).err, HasSubstr("DVC has queued 2 experiments, which expq does not run"));
  EXPECT_THAT(bench.Run({"run-all"}).err, HasSubstr("expq queue --dvc says how to submit them here"));
  EXPECT_EQ(States(bench.Json({"list"})), "");
  const std::string listed = bench.Out({"queue", "--dvc"});
  EXPECT_THAT(listed, HasSubstr("\nexpq submit -n first -S '+more=[1]' -S \"opt.name='a b'\" -S units=65\n"));
  EXPECT_THAT(listed, HasSubstr("\n# with other files: train.sh\nexpq submit -n second -S '~lr'\n"));
  EXPECT_THAT(listed, Not(HasSubstr("which is not HEAD")));
}

}  // namespace
}  // namespace expq::testing
