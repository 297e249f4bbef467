// One call after the other on one thread: what runs, what is left alone, what is restored.
#include "common/pipeline/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kThree[] = R"(
stages:
  prepare:
    cmd: make clean.txt raw.txt
    deps: [raw.txt]
    outs: [clean.txt]
  train:
    cmd: make model.bin clean.txt
    deps: [clean.txt]
    params: [lr]
    outs: [model.bin]
  evaluate:
    cmd: make metrics.json model.bin
    deps: [model.bin]
    metrics:
    - metrics.json: {cache: false}
)";

class Executor : public ::testing::Test {
 protected:
  void WriteThree() {
    repo.Write("dvc.yaml", kThree).Write("raw.txt", "raw\n").Write("params.yaml", "lr: 1\nseed: 2\n");
  }

  // One stage "s" that makes "o" of "i".
  void WriteOne(absl::string_view more = "") {
    repo.Write("dvc.yaml", absl::StrCat("stages:\n  s:\n    cmd: make o i\n    deps: [i]\n    outs: [o]\n", more))
        .Write("i", "input\n");
  }

  StagedRepository repo;
};

TEST_F(Executor, RunsStagesInOrderAndThenHasNothingToDo) {
  WriteThree();
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare ran", "train ran", "evaluate ran"));
  EXPECT_EQ(repo.Read("metrics.json"), "metrics.json\nmodel.bin\nclean.txt\nraw\n");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare up to date", "train up to date", "evaluate up to date"));
  EXPECT_THAT(repo.runner.texts(), IsEmpty());
  EXPECT_THAT(repo.Status(), IsEmpty());
}

TEST_F(Executor, RunsOnlyWhatAChangeReaches) {
  WriteThree();
  repo.Execute();
  repo.Write("params.yaml", "lr: 2\nseed: 3\n");
  EXPECT_THAT(repo.Status(),
              ElementsAre("train: parameter params.yaml:lr modified", "evaluate: upstream stage 'train' runs"));
  // The model comes out the same, so that nothing after it has changed.
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare up to date", "train ran", "evaluate up to date"));
}

TEST_F(Executor, ATargetBringsItsAncestors) {
  WriteThree();
  repo.options.targets = {"train"};
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare ran", "train ran"));
}

TEST_F(Executor, DownstreamLeavesAncestorsAlone) {
  WriteThree();
  repo.Execute();
  repo.Write("raw.txt", "changed\n");
  repo.options.targets = {"train"};
  repo.options.downstream = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("train up to date", "evaluate up to date"));
}

TEST_F(Executor, SingleItemRunsJustThat) {
  WriteThree();
  repo.Execute();
  repo.Write("raw.txt", "changed\n").Write("params.yaml", "lr: 2\n");
  repo.options.targets = {"train"};
  repo.options.single_item = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("train ran"));
}

TEST_F(Executor, ForceRunsWhatIsUpToDateAndPassesOverTheRunCache) {
  WriteThree();
  repo.Execute();
  repo.options.force = true;
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("prepare ran", "train ran", "evaluate ran"));
  EXPECT_EQ(report.stages[0].reasons.at(0).Text(), "forced");
}

TEST_F(Executor, DryPlansPastOutputsThatDoNotExistYet) {
  WriteThree();
  repo.options.dry = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare planned", "train planned", "evaluate planned"));
  EXPECT_THAT(repo.runner.texts(), IsEmpty());
  EXPECT_FALSE(repo.Exists("dvc.lock"));
  repo.options.dry = false;
  repo.Execute();
  for (const char* made : {"clean.txt", "model.bin"}) repo.Remove(made);
  repo.Write("raw.txt", "changed\n");
  EXPECT_THAT(repo.Status(),
              ElementsAre("prepare: dependency raw.txt modified", "prepare: output clean.txt missing",
                          "train: dependency clean.txt missing", "train: output model.bin missing",
                          "train: upstream stage 'prepare' runs", "evaluate: dependency model.bin missing",
                          "evaluate: upstream stage 'train' runs"));
}

TEST_F(Executor, CommandsGetDvcsEnvironmentInTheirFolder) {
  repo.Write("sub/dvc.yaml",
             "stages:\n  s:\n    wdir: w\n    cmd: [make a ../i, make b ../i]\n    deps: [../i]\n    outs: [a, b]\n")
      .Write("sub/i", "i")
      .Write("sub/w/keep", "");
  repo.options.subdir = "sub";
  repo.options.env = {"SHELL=/bin/bash", "DVC_STAGE=other"};
  repo.options.grace = absl::Seconds(3);
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("sub/dvc.yaml:s ran"));
  const std::vector<process::Command> commands = repo.runner.commands();
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_THAT(commands[0].argv, ElementsAre("/bin/bash", "--noprofile", "--norc", "-c", "make a ../i"));
  EXPECT_THAT(commands[1].env, ElementsAre("SHELL=/bin/bash", "DVC_STAGE=sub/dvc.yaml:s", "DVC_ROOT=" + repo.root()));
  EXPECT_EQ(commands[1].cwd, repo.root() + "/sub/w");
  EXPECT_EQ(commands[1].grace, absl::Seconds(3));
  EXPECT_THAT(repo.Read("sub/dvc.lock"), HasSubstr("path: ../i"));
}

TEST_F(Executor, TheFirstFailingCommandEndsTheStageAndTheRun) {
  repo.Write("dvc.yaml",
             "stages:\n  a:\n    cmd: [make a, fail 3, make b]\n    outs: [a]\n  z:\n    cmd: make z\n    outs: [z]\n");
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("a failed", "z skipped"));
  EXPECT_FALSE(report.ok());
  ASSERT_NE(report.FirstFailure(), nullptr);
  EXPECT_EQ(report.FirstFailure()->exit.code, 3);
  EXPECT_TRUE(report.FirstFailure()->error.ok()) << "a failing command is no error of ours";
  EXPECT_THAT(repo.runner.texts(), ElementsAre("make a", "fail 3"));
  EXPECT_TRUE(repo.Exists("a")) << "what it made stays for a look";
  EXPECT_FALSE(repo.Exists("dvc.lock"));
}

TEST_F(Executor, EarlierStagesStaySavedWhenALaterOneFails) {
  WriteThree();
  repo.runner.On("make model.bin clean.txt", [](auto&, auto&) { return process::ExitResult{.code = 1}; });
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("prepare ran", "train failed", "evaluate skipped"));
  EXPECT_THAT(repo.Read("dvc.lock"), HasSubstr("  prepare:\n"));
  EXPECT_THAT(repo.Read("dvc.lock"), Not(HasSubstr("  train:\n")));
}

TEST_F(Executor, KeepGoingRunsWhatDoesNotDependOnTheFailure) {
  repo.Write("dvc.yaml",
             "stages:\n  a:\n    cmd: fail 1\n    outs: [a]\n  b:\n    cmd: make b a\n    deps: [a]\n    outs: [b]\n"
             "  c:\n    cmd: make c\n    outs: [c]\n");
  repo.options.keep_going = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a failed", "b skipped", "c ran"));
}

TEST_F(Executor, AMissingDependencyIsAFailedStage) {
  WriteThree();
  repo.Remove("raw.txt");
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("prepare failed", "train skipped", "evaluate skipped"));
  EXPECT_EQ(report.stages[0].error.message(), "stage 'prepare': missing dependency raw.txt");
  EXPECT_THAT(repo.runner.texts(), IsEmpty());
}

TEST_F(Executor, MissingParamsAreNamedTogether) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make o\n    params: [a.b, lr, c]\n    outs: [o]\n")
      .Write("params.yaml", "lr: 1\n");
  EXPECT_EQ(repo.Execute().stages[0].error.message(), "stage 's': parameters 'a.b, c' are missing from 'params.yaml'");
  repo.Remove("params.yaml");
  EXPECT_EQ(repo.Execute().stages[0].error.message(),
            "stage 's': parameters 'a.b, lr, c' are missing from 'params.yaml'");
  EXPECT_EQ(status::Hint(repo.Execute().stages[0].error), "there is no file 'params.yaml'");
}

TEST_F(Executor, AFileNamedAsAParamIsSuggestedAsAFile) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make o\n    params: [conf.toml]\n    outs: [o]\n")
      .Write("params.yaml", "lr: 1\n")
      .Write("conf.toml", "lr = 1\n");
  EXPECT_EQ(status::Hint(repo.Execute().stages[0].error), "if the file 'conf.toml' is meant, write 'conf.toml:'");
}

TEST_F(Executor, TellsWhichCommandFailed) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: [make o, fail 3, make p]\n    outs: [o]\n");
  const ExecuteReport report = repo.Execute();
  EXPECT_EQ(report.stages[0].exit.code, 3);
  EXPECT_EQ(report.stages[0].command, 1u);
}

TEST_F(Executor, AParamsFileThatDoesNotParseIsAFailedStageAndNamesTheFile) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make o\n    params:\n    - conf.yaml: [lr]\n    outs: [o]\n")
      .Write("conf.yaml", "lr: [1\n");
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("s failed"));
  EXPECT_THAT(std::string(report.stages[0].error.message()), HasSubstr("conf.yaml"));
}

TEST_F(Executor, AnOutputThatIsNotMadeIsAFailure) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make other\n    outs: [o]\n");
  EXPECT_EQ(repo.Execute().stages[0].error.message(), "stage 's': output 'o' was not made by its command");
}

TEST_F(Executor, AMissingFolderToRunInIsAFailure) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    wdir: w\n    cmd: make o\n    always_changed: true\n");
  EXPECT_EQ(repo.Execute().stages[0].error.message(), "stage 's': working directory w does not exist");
}

TEST_F(Executor, ABrokenLockFailsTheCallBeforeAnythingRuns) {
  WriteThree();
  repo.Write("dvc.lock", "schema: '2.0'\nstages:\n  train: 3\n");
  const auto report = Execute(repo.tools(), repo.root(), repo.Load(), repo.options, repo.stop);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("dvc.lock:3:3: "));
  EXPECT_THAT(repo.runner.texts(), IsEmpty());
}

TEST_F(Executor, AMissingOutputIsRestoredByTheLockEvenWithoutRunCache) {
  WriteThree();
  repo.Execute();
  repo.Remove("model.bin");
  repo.Remove(".dvc/cache/runs");
  repo.options.no_run_cache = true;
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("prepare up to date", "train restored", "evaluate up to date"));
  EXPECT_EQ(repo.Read("model.bin"), "model.bin\nclean.txt\nraw\n");
  EXPECT_EQ(report.experiment_hash, digest::Sha256Hex("{}")) << "nothing was recorded";
}

TEST_F(Executor, AnOutputEditedByHandIsPutBack) {
  WriteThree();
  repo.Execute();
  repo.Remove("clean.txt");
  repo.Write("clean.txt", "edited");
  EXPECT_THAT(Results(repo.Execute()), Contains("prepare restored"));
  EXPECT_EQ(repo.Read("clean.txt"), "clean.txt\nraw\n");
}

TEST_F(Executor, AnEarlierResultComesFromTheRunCache) {
  WriteThree();
  repo.Execute();
  repo.Write("raw.txt", "second\n");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare ran", "train ran", "evaluate ran"));
  repo.Write("raw.txt", "raw\n");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare restored", "train restored", "evaluate restored"));
  EXPECT_EQ(repo.Read("metrics.json"), "metrics.json\nmodel.bin\nclean.txt\nraw\n");
  EXPECT_THAT(repo.Status(), IsEmpty());
  repo.Write("raw.txt", "second\n");
  repo.options.no_run_cache = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare ran", "train ran", "evaluate ran"));
}

TEST_F(Executor, AnEarlierResultThatIsDamagedIsMadeAnew) {
  WriteThree();
  repo.Execute();
  repo.Write("raw.txt", "second\n");
  repo.Execute();
  repo.Write("raw.txt", "raw\n");
  const digest::Digest model = digest::Md5Of("model.bin\nclean.txt\nraw\n");
  const std::string object = repo.cache.ObjectPath(model);
  ASSERT_TRUE(repo.fs.Chmod(object, 0644).ok());
  ASSERT_TRUE(repo.fs.Write(object, "damaged", fs::Durability::kAtomic).ok());
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare restored", "train ran", "evaluate restored"));
  EXPECT_EQ(*repo.fs.Read(object), "model.bin\nclean.txt\nraw\n");
}

TEST_F(Executor, AMetricFromTheRunCacheIsAFileOfItsOwn) {
  WriteThree();
  repo.Execute();
  repo.Remove("metrics.json");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare up to date", "train up to date", "evaluate restored"));
  const auto info = repo.fs.Lstat(repo.dir / "metrics.json");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->links, 1u);
  EXPECT_EQ(info->mode & 0200, 0200u);
}

TEST_F(Executor, NoCommitLeavesTheCacheEmpty) {
  WriteOne();
  repo.options.no_commit = true;
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("s ran"));
  EXPECT_FALSE(repo.Exists(".dvc/cache/files"));
  EXPECT_FALSE(repo.Exists(".dvc/cache/runs"));
  EXPECT_THAT(report.blobs, IsEmpty());
  EXPECT_THAT(repo.Status(), ElementsAre("s: output o not in cache"));
}

TEST_F(Executor, APersistentOutputSurvivesAndDoesNotTouchTheCache) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: grow\n    deps: [i]\n    outs:\n    - log: {persist: true}\n")
      .Write("i", "1");
  repo.runner.On("grow", [&](const process::Command&, auto&) {
    EXPECT_TRUE(repo.fs.Append(repo.dir / "log", "line\n").ok());
    return process::ExitResult{};
  });
  const ExecuteReport first = repo.Execute();
  repo.Write("i", "2");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s ran"));
  EXPECT_EQ(repo.Read("log"), "line\nline\n");
  ASSERT_EQ(first.blobs.size(), 1u);
  EXPECT_EQ(repo.fs.Read(repo.cache.ObjectPath(first.blobs[0])).value_or(""), "line\n");
}

TEST_F(Executor, OutputsAreGoneBeforeTheCommandAndTheirFoldersAreThere) {
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: look\n    outs: [deep/er/o]\n    always_changed: true\n");
  repo.runner.On("look", [&](const process::Command&, auto&) {
    EXPECT_FALSE(repo.Exists("deep/er/o"));
    return process::ExitResult{.code =
                                   repo.fs.Write(repo.dir / "deep/er/o", "x", fs::Durability::kAtomic).ok() ? 0 : 1};
  });
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s ran"));
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s ran"));
  EXPECT_EQ(repo.Read("deep/er/.gitignore"), "/o\n");
}

TEST_F(Executor, AFrozenStageNeverRunsAndHidesWhatIsUpstream) {
  WriteThree();
  repo.Execute();
  std::string frozen = kThree;
  frozen.insert(frozen.find("    params: [lr]"), "    frozen: true\n");
  repo.Write("dvc.yaml", frozen).Write("params.yaml", "lr: 9\n").Write("raw.txt", "changed\n");
  repo.options.targets = {"evaluate"};
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("train up to date", "evaluate up to date"));
  repo.Remove("model.bin");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("train restored", "evaluate up to date"));
  repo.Remove("model.bin");
  repo.Write("model.bin", "by hand\n");
  EXPECT_THAT(Results(repo.Execute()), Contains("train restored"));
}

TEST_F(Executor, AFrozenStageWhoseOutputCannotBeHadFails) {
  WriteOne("    frozen: true\n");
  const ExecuteReport report = repo.Execute();
  EXPECT_EQ(report.stages[0].error.message(), "stage 's': output 'o' is missing and the stage is frozen");
  EXPECT_FALSE(status::Hint(report.stages[0].error).empty());
}

TEST_F(Executor, AStageThatWritesIntoACachedDependencyIsCaughtAndTheObjectGoes) {
  StagedRepository linked({.link_kinds = {fs::LinkKind::kHardlink}});
  linked.Write("dvc.yaml",
               "stages:\n  a:\n    cmd: make d\n    outs: [d]\n  b:\n    cmd: spoil\n    deps: [d]\n    outs: [o]\n");
  linked.runner.On("spoil", [&](const process::Command&, auto&) {
    EXPECT_TRUE(linked.fs.Chmod(linked.dir / "d", 0644).ok());
    EXPECT_TRUE(linked.fs.Append(linked.dir / "d", "spoiled").ok());
    EXPECT_TRUE(linked.fs.Write(linked.dir / "o", "x", fs::Durability::kAtomic).ok());
    return process::ExitResult{};
  });
  const ExecuteReport report = linked.Execute();
  EXPECT_THAT(Results(report), ElementsAre("a ran", "b failed"));
  EXPECT_EQ(report.stages[1].error.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(report.stages[1].error.message()), HasSubstr("wrote into dependency d"));
  EXPECT_FALSE(linked.cache.Has(digest::Md5Of("d\n")));
  EXPECT_THAT(Results(linked.Execute()), Contains("a ran")) << "it is made anew";
}

TEST_F(Executor, ADependencyChangedDuringTheRunIsRecordedAsItIsThen) {
  WriteOne();
  repo.runner.On("make o i", [&](const process::Command&, auto&) {
    repo.Write("i", "changed while it ran\n").Write("o", "x");
    return process::ExitResult{};
  });
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s ran"));
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s up to date"));
}

TEST_F(Executor, AFolderIsAnOutputAndADependency) {
  repo.Write("seed", "1")
      .Write("dvc.yaml",
             "stages:\n  a:\n    cmd: fill\n    deps: [seed]\n    outs: [d]\n"
             "  b:\n    cmd: make o d/x\n    deps: [d]\n    outs: [o]\n");
  repo.runner.On("fill", [&](const process::Command&, auto&) {
    repo.Write("d/x", "x").Write("d/y/z", "z");
    return process::ExitResult{};
  });
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("a ran", "b ran"));
  EXPECT_EQ(report.blobs.size(), 4u) << "the manifest, its two files, and o";
  repo.Remove("d/y");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a restored", "b up to date"));
  EXPECT_EQ(repo.Read("d/y/z"), "z");
}

TEST_F(Executor, TracksWhatBelongsIntoACommit) {
  WriteThree();
  repo.Write(".gitignore", "*.bin");
  EXPECT_THAT(repo.Execute().tracked_files, ElementsAre(".gitignore", "dvc.lock", "metrics.json"));
  EXPECT_EQ(repo.Read(".gitignore"), "*.bin\n/clean.txt\n");
  EXPECT_THAT(repo.Execute().tracked_files, ElementsAre("dvc.lock", "metrics.json"));
}

TEST_F(Executor, AStopBeforeTheStartRunsNothing) {
  WriteThree();
  repo.stop.Stop();
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("prepare stopped", "train stopped", "evaluate stopped"));
  EXPECT_THAT(repo.runner.texts(), IsEmpty());
}

TEST_F(Executor, AStoppedCommandIsNotAFailure) {
  WriteThree();
  repo.runner.On("make clean.txt raw.txt", [&](auto&, const sync::StopToken& stop) {
    repo.stop.Stop();
    EXPECT_TRUE(stop.Stopped());
    return process::ExitResult{.code = -1, .signal = 15, .stopped = true};
  });
  const ExecuteReport report = repo.Execute();
  EXPECT_THAT(Results(report), ElementsAre("prepare stopped", "train stopped", "evaluate stopped"));
  EXPECT_EQ(report.FirstFailure(), nullptr);
  EXPECT_FALSE(report.ok());
}

// Says where output and state go, and writes down what it is told.
class Witness : public Observer {
 public:
  void StageStarts(const Stage& stage, const std::vector<Reason>& reasons) override {
    seen.push_back(absl::StrCat("start ", stage.name, " ", reasons.size()));
  }
  void StageEnds(const Stage& stage, const StageOutcome& outcome) override {
    seen.push_back(absl::StrCat("end ", stage.name, " ", static_cast<int>(outcome.result)));
  }
  std::string OutputPath(const Stage& stage) override { return "/logs/" + stage.name; }
  std::string StateDir(const Stage& stage) override { return fs::Join(states, stage.name); }
  bool UnderWay(const Stage& stage) override { return stage.name == under_way; }

  std::vector<std::string> seen;
  std::string states, under_way;
};

TEST_F(Executor, AnObserverSeesStagesAndPlacesTheirFiles) {
  WriteOne();
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: [make o i, make p i]\n    deps: [i]\n    outs: [o, p]\n");
  Witness witness;
  witness.states = "/states";
  repo.observer = &witness;
  repo.Execute();
  EXPECT_THAT(witness.seen, ElementsAre("start s 1", "end s 1"));
  const std::vector<process::Command> commands = repo.runner.commands();
  EXPECT_EQ(commands.at(0).output_path, "/logs/s");
  EXPECT_EQ(commands.at(1).output_path, "/logs/s");
  EXPECT_EQ(commands.at(0).state_dir, "/states/s/1");
  EXPECT_EQ(commands.at(1).state_dir, "/states/s/2");
  witness.seen.clear();
  repo.Execute();
  EXPECT_THAT(witness.seen, ElementsAre("end s 0"));
}

TEST_F(Executor, AStageThatIsUnderWayKeepsItsOutputs) {
  WriteOne();
  Witness witness;
  witness.states = repo.dir / "states";
  repo.observer = &witness;
  witness.under_way = "s";
  repo.Write("o", "half\n");
  repo.runner.On("make o i", [&](const process::Command&, auto&) {
    EXPECT_TRUE(repo.Exists("o")) << "the supervised command of an earlier life is writing it";
    return process::ExitResult{};
  });
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s ran"));
  EXPECT_EQ(repo.Read("o"), "half\n");
}

}  // namespace
}  // namespace expq::pipeline
