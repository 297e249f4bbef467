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

// What a terminal shows of a command when that is typed; "code N" at its end.
std::string Typed(const Workbench& bench, const std::string& keys, const std::string& arguments) {
  const Program shell("/bin/sh", bench.repo().path(), {"SHELL=/bin/sh", "TERM=dumb"});
  const std::string command = absl::StrCat("printf '", keys, "' | /usr/bin/script -q -e -c '", EXPQ_BIN_DIR, "/expq ",
                                           arguments, "; echo code $?' /dev/null");
  return shell.Run({"-c", command}).out;
}

TEST(Repro, NamesTheStageBeforeEachLineWhenSeveralMayRun) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml", kTwo);
  const Ended ran = bench.Run({"repro", "-j", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("[a] one\n"), HasSubstr("[b] two\n")));
}

TEST(Repro, ShowsOnlyTheLastStateOfALineThatIsRewritten) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml",
                     "stages:\n"
                     "  a:\n    cmd: printf '\\r1%%\\r99%%\\r100%%\\nbar\\r   \\rdone\\n'; touch a\n    outs: [a]\n"
                     "  b:\n    cmd: printf 'dos\\r\\n\\r\\n50%%\\r'; touch b\n    outs: [b]\n");
  const Ended ran = bench.Run({"repro", "-j", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("[a] 100%\n"), HasSubstr("[a] done\n"), HasSubstr("[b] dos\n[b] \n[b] 50%\n"),
                             Not(HasSubstr("\r"))));
}

TEST(Repro, AsksBeforeEachStageWhenToldTo) {
  const Workbench bench;
  const Ended alone = bench.Run({"repro", "-i"});
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--interactive: there is no terminal to ask at"));
  const std::string refused = Typed(bench, "y\\nmaybe\\nn\\n", "repro -i");
  EXPECT_THAT(refused, AllOf(HasSubstr("bring 'prep' up to date (not run yet)? [y/n]"),
                             HasSubstr("bring 'train' up to date (not run yet)? [y/n]"),
                             HasSubstr("stage 'train': not done: you said no"), HasSubstr("code 1")));
  EXPECT_EQ(bench.repo().Read("data.txt"), "raw\n");
  EXPECT_FALSE(fs::PosixFilesystem().Exists(bench.repo() / "model.txt"));
  EXPECT_THAT(Typed(bench, "yes\\n", "repro -i"), AllOf(HasSubstr("'train'"), Not(HasSubstr("'prep'"))));
  EXPECT_EQ(bench.Out({"status"}), "");
  EXPECT_THAT(Typed(bench, "", "repro -i"), HasSubstr("everything is up to date"));
}

TEST(Repro, AlwaysAsksWhereTheConfigurationSaysSo) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", "[core]\n    interactive = true\n");
  const Ended alone = bench.Run({"repro"});
  EXPECT_EQ(alone.code, 1);
  EXPECT_THAT(alone.err, HasSubstr("stage 'prep': nobody is there to be asked"));
  EXPECT_EQ(bench.Run({"repro", "--dry"}).code, 0);
  EXPECT_THAT(Typed(bench, "y\\ny\\n", "repro"), HasSubstr("code 0"));
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
