// Commands that work on the workspace itself: run, repro, status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "common/fs/filesystem.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Run, ThatIsInterruptedLeavesNeitherWorkInTheQueueNorAChange) {
  const TempDir outside;
  const Workbench bench({"WAIT=" + outside.path() + "/never"});
  Background run(bench.expq(), {"run", "-n", "one", "-S", "units=5"});
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"list"}), "experiments.0.stage") == "train"; }));
  run.Signal(SIGINT);
  EXPECT_EQ(run.Join().code, 130);
  EXPECT_EQ(States(bench.Json({"list"})), "one=cancelled");
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), "");
}

TEST(Run, ThatFailsChangesNothingInTheWorkspace) {
  const Workbench bench;
  bench.repo().Write("raw.txt", "mine\n");
  const std::string before = bench.repo().Git({"status", "--porcelain"});
  const Ended ran = bench.Run({"run", "-n", "one", "-S", "units=13"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "failed one: stage 'train': exited with code 3\n");
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), before);
  EXPECT_EQ(bench.Run({"run", "-S", "units=1,2"}).code, 2) << "a grid is for submit";
}

TEST(Run, AppliesNothingWhileSomebodyElseHasTheRepository) {
  const Workbench bench;
  bench.repo().Write(".dvc/tmp/lock", " 1\n");
  const auto held = fs::FileLock::TryLock(bench.repo().path() + "/.dvc/tmp/lock");
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(bench.Run({"run", "--temp", "-n", "apart", "-S", "units=4"}).code, 0);
  const Ended ran = bench.Run({"run", "-n", "one", "-S", "units=5"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("the result is recorded, not applied: the repository is locked by process 1 ("));
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), "");
  EXPECT_EQ(States(bench.Json({"list"})), "apart=succeeded one=succeeded");
}

TEST(Run, AppliesNothingToWhatARunningStageIsAt) {
  const Workbench bench;
  bench.repo().Write("hold.sh", "$EXPQ run -n one -S units=5 2> said; echo $? > code\n");
  bench.repo().Write("dvc.yaml",
                     bench.repo().Read("dvc.yaml") +
                         "  hold:\n    cmd: sh hold.sh; touch held\n    deps: [params.yaml]\n    outs: [held]\n");
  bench.repo().Write(".gitignore", bench.repo().Read(".gitignore") + "/held\n/said\n/code\n");
  bench.repo().Commit("a stage that holds a file");
  const Program expq(std::string(EXPQ_BIN_DIR) + "/expq", bench.repo().path(),
                     {std::string("EXPQ=") + EXPQ_BIN_DIR + "/expq"});
  EXPECT_EQ(expq.Run({"repro", "-s", "hold"}).code, 0);
  EXPECT_EQ(bench.repo().Read("code"), "4\n");
  EXPECT_THAT(bench.repo().Read("said"), HasSubstr("the result is recorded, not applied"));
}

TEST(Run, WritesOverATrackedFileOnlyWhatItWasGiven) {
  const Workbench bench;
  bench.repo().Write("raw.txt", "not committed\n");
  EXPECT_EQ(bench.Run({"run", "-n", "one", "-S", "units=5"}).code, 0);
  EXPECT_EQ(bench.repo().Read("raw.txt"), "not committed\n");
  EXPECT_EQ(bench.repo().Read("model.txt"), "not committed\n5\n");
  EXPECT_EQ(bench.repo().Read("params.yaml"), "# how wide\nunits: 5  # neurons\nlr: 0.1\nopt:\n  name: sgd\n");
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(Repro, RunsIndependentStagesSideBySide) {
  const TempDir outside;
  const Workbench bench({"MEET=" + outside.path()});
  bench.repo().Write("dvc.yaml", kMeetingStages);
  EXPECT_EQ(bench.Run({"repro", "-j", "2"}).code, 0);
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(Repro, NeedsNoPlaceOfItsOwnInTheRepository) {
  const Workbench bench;
  bench.repo().Write(".git/expq", "in the way\n");
  const Ended ran = bench.Run({"repro"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("warning: the hash index is not saved: "));
  EXPECT_EQ(bench.repo().Read("model.txt"), "raw\n64\n");
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(Repro, StopsAtAFailureAndGoesOnFromThere) {
  const Workbench bench;
  bench.repo().Write("params.yaml", "units: 13\nlr: 0.1\nopt: {name: sgd}\n");
  const Ended failed = bench.Run({"repro"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr("train"));
  EXPECT_EQ(bench.Out({"status"}), "train: not run yet\n");
  bench.repo().Write("params.yaml", "units: 5\nlr: 0.1\nopt: {name: sgd}\n");
  EXPECT_THAT(bench.Out({"repro"}), Not(HasSubstr("cp raw.txt")));
  EXPECT_EQ(bench.repo().Read("model.txt"), "raw\n5\n");
}

TEST(Status, SaysEveryReasonByItsName) {
  const Workbench bench;
  bench.Out({"repro"});
  bench.repo().Write("params.yaml", "units: 64\nlr: 0.2\nopt: {name: sgd}\n");
  bench.repo().Write("train.sh", "touch model.txt; echo '{}' > metrics.json\n");
  bench.repo().Remove("model.txt");
  const std::string status = bench.Out({"status"});
  EXPECT_THAT(status, HasSubstr("train: "));
  EXPECT_THAT(status, HasSubstr("lr"));
  EXPECT_THAT(status, HasSubstr("train.sh"));
  EXPECT_THAT(status, HasSubstr("model.txt"));
  EXPECT_THAT(status, Not(HasSubstr("prep")));
  EXPECT_THAT(status, Not(HasSubstr("units")));
}

// The example of the README and of ./demo; its stages need scikit-learn for /usr/bin/python3.
TEST(Example, HasIndependentFeatureStagesNestedParamsAndTrackedDataAndRuns) {
  const TempRepo repo;
  std::filesystem::copy(EXPQ_SOURCE_DIR "/examples/digits", repo.path(), std::filesystem::copy_options::recursive);
  repo.Commit("digits");
  EXPECT_EQ(repo.Git({"ls-files", "data"}), "data/.gitignore\ndata/digits.csv.dvc") << "the data is DVC's, not git's";
  EXPECT_THAT(repo.Read("params.yaml"), HasSubstr("  #"));
  const Program expq(EXPQ_BIN_DIR "/expq", repo.path(), {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"});
  const value::Value status = Workbench::Parsed(expq.Run({"status", "--json"}).out);
  EXPECT_GE(value::Lookup(status, "stages")->list()->size(), 5u);
  const std::string pipeline = repo.Read("dvc.yaml");
  for (const char* feature : {"pixels", "shape"}) {
    EXPECT_THAT(pipeline,
                HasSubstr(absl::StrCat("    - src/features_", feature, ".py\n    - data/prepared\n    params:\n")))
        << "needs prepare and nothing else";
  }
  EXPECT_THAT(pipeline, HasSubstr("    plots:\n    - plots/loss.csv:\n"));
  const Ended grid = expq.Run({"submit", "--dry-run", "-S", "train.units=16,32,64,128", "-S", "train.lr=1e-3,5e-3"});
  EXPECT_EQ(grid.code, 0) << grid.err;
  EXPECT_EQ(std::count(grid.out.begin(), grid.out.end(), '\n'), 8);
  if (Program("/usr/bin/python3", repo.path()).Run({"-c", "import sklearn"}).code != 0) {
    GTEST_SKIP() << "there is no scikit-learn here";
  }
  const Ended ran = expq.Run({"run", "--temp", "-n", "small", "-e", "PATH=/usr/bin:/bin", "-S", "train.units=16", "-S",
                              "train.epochs=3", "--stage-jobs", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err << expq.Run({"logs", "small"}).out;
  const value::Value shown = Workbench::Parsed(expq.Run({"show", "--json"}).out);
  double accuracy = 0;
  const value::Value& metrics = *value::Lookup(shown, "experiments.0")->map()->Find("metrics");
  ASSERT_TRUE(metrics.map()->Find("metrics.json")->map()->Find("acc")->AsDouble(&accuracy));
  EXPECT_GT(accuracy, 0.2) << "better than guessing";
}

}  // namespace
}  // namespace expq::testing
