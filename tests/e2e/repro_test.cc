// What `repro` says and shows, and how it gets on with others in the workspace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs/filesystem.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTwo[] =
    "stages:\n"
    "  a:\n    cmd: echo one; touch a\n    outs: [a]\n"
    "  b:\n    cmd: echo two; touch b\n    outs: [b]\n";

TEST(Repro, NamesTheStageBeforeEachLineWhenSeveralMayRun) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml", kTwo);
  const Ended ran = bench.Run({"repro", "-j", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("[a] one\n"), HasSubstr("[b] two\n")));
}

TEST(Repro, LeavesTheTerminalToAStageThatIsAlone) {
  const Workbench bench;
  EXPECT_EQ(bench.Run({"repro"}).out, "training with 64\n") << "the stages form a chain";
  bench.repo().Write("dvc.yaml", kTwo);
  EXPECT_EQ(bench.Run({"repro", "-j", "1"}).out, "one\ntwo\n");
}

TEST(Repro, SaysWhatADryRunWouldDo) {
  const Workbench bench;
  EXPECT_EQ(bench.Out({"repro", "--dry"}), "would run prep: not run yet\nwould run train: not run yet\n");
  EXPECT_FALSE(fs::PosixFilesystem().Exists(bench.repo().path() + "/data.txt"));
  EXPECT_EQ(bench.Run({"repro"}).code, 0);
  bench.repo().Write("raw.txt", "other\n");
  EXPECT_EQ(bench.Out({"repro", "--dry"}),
            "would run prep: dependency raw.txt modified\nwould run train: upstream stage 'prep' runs\n");
  EXPECT_EQ(bench.Run({"repro"}).code, 0);
  bench.repo().Write("raw.txt", "raw\n");
  EXPECT_THAT(bench.Out({"repro", "--dry"}), HasSubstr("would restore prep: dependency raw.txt modified\n"));
}

TEST(Repro, WaitsForNobodyForLongAndNamesWhoHasTheRepository) {
  const Workbench bench;
  bench.repo().Write(".dvc/tmp/lock", " 1\n");
  auto held = fs::FileLock::TryLock(bench.repo().path() + "/.dvc/tmp/lock");
  ASSERT_TRUE(held.ok()) << held.status();
  const Ended refused = bench.Run({"repro"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("expq: error: the repository is locked by process 1 ("), HasSubstr("hint: ")));
  EXPECT_EQ(bench.Run({"status"}).code, 0) << "reading waits for nobody";
  EXPECT_EQ(bench.Run({"repro", "--dry"}).code, 0);
  held->reset();
  EXPECT_EQ(bench.Run({"repro"}).code, 0);
}

TEST(Repro, LetsAStageUseTheRepositoryThatItRunsIn) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml",
                     "stages:\n  a:\n    cmd: $EXPQ status -q -s b || echo dirty > a\n    outs: [a]\n"
                     "  b:\n    cmd: touch b\n    outs: [b]\n");
  const Program expq(std::string(EXPQ_BIN_DIR) + "/expq", bench.repo().path(),
                     {std::string("EXPQ=") + EXPQ_BIN_DIR + "/expq"});
  EXPECT_EQ(expq.Run({"repro", "-s", "a"}).code, 0);
  EXPECT_EQ(bench.repo().Read("a"), "dirty\n");
}

TEST(Repro, RefusesAnOutputThatGitHas) {
  const Workbench bench;
  bench.repo().Write("model.txt", "precious\n");
  bench.repo().Git({"add", "-f", "model.txt"});
  const Ended refused = bench.Run({"repro"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("stage 'train': output 'model.txt' is tracked by git"),
                                 HasSubstr("hint: git rm -r --cached 'model.txt'")));
  EXPECT_EQ(bench.repo().Read("model.txt"), "precious\n");
}

TEST(Repro, PullsFromTheDefaultRemote) {
  const Workbench bench;
  const TempDir remote;
  bench.repo().Write(".dvc/config",
                     "[core]\n    remote = there\n['remote \"there\"']\n    url = " + remote.path() + "\n");
  bench.repo().Write("dvc.yaml",
                     "stages:\n  prep:\n    cmd: cp raw.txt data.txt\n    deps: [raw.txt]\n    outs: [data.txt]\n"
                     "  train:\n    cmd: cp data.txt model.txt\n    deps: [data.txt]\n    outs: [model.txt]\n");
  EXPECT_EQ(bench.Run({"repro"}).code, 0);
  EXPECT_EQ(bench.Run({"push", "--run-cache"}).code, 0);
  for (const char* gone : {".dvc/cache", "data.txt", "model.txt", "dvc.lock"}) {
    ASSERT_TRUE(fs::PosixFilesystem().RemoveTree(bench.repo().path() + "/" + gone).ok());
  }
  const Ended pulled = bench.Run({"repro", "--pull"});
  EXPECT_EQ(pulled.code, 0) << pulled.err;
  EXPECT_THAT(pulled.err, AllOf(HasSubstr("restored prep"), HasSubstr("restored train"), Not(HasSubstr("running"))));
  EXPECT_EQ(bench.repo().Read("model.txt"), "raw\n");
}

TEST(Status, TellsByItsExitCodeWhenQuiet) {
  const Workbench bench;
  EXPECT_EQ(bench.Run({"status", "-q"}).code, 1);
  EXPECT_EQ(bench.Run({"repro"}).code, 0);
  const Ended clean = bench.Run({"status", "-q"});
  EXPECT_EQ(clean.code, 0);
  EXPECT_EQ(clean.out, "");
}

TEST(Status, TakesOutputsAsTargets) {
  const Workbench bench;
  EXPECT_EQ(bench.Out({"status", "model.txt"}), "train: not run yet\n");
  EXPECT_EQ(bench.Out({"status", "-d", "train"}), "prep: not run yet\ntrain: not run yet\n");
  EXPECT_EQ(bench.Run({"status", "nothing"}).code, 3);
}

TEST(Submit, SpellsOutPatternsAndPipelines) {
  const Workbench bench;
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--glob", "tr*"}, {"-p", "prep"}, {"-P"}, {"-R", "."}}) {
    std::vector<std::string> run = {"run", "--temp", "-S", "lr=0.5"};
    run.insert(run.end(), args.begin(), args.end());
    const Ended ran = bench.Run(run);
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  EXPECT_EQ(bench.Run({"submit", "--glob", "zz*"}).code, 3);
}

}  // namespace
}  // namespace expq::testing
