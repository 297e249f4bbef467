// Data that is not here: --allow-missing, --pull, and what is put back without them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "common/status/status.h"
#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Gives what it was told to keep, once it is asked for.
class Shelf : public DataSupply {
 public:
  explicit Shelf(StagedRepository& repo) : repo_(repo) {}

  // Moves every object of the cache here.
  void TakeAll() { ASSERT_TRUE(repo_.fs.Rename(repo_.cache.root() + "/files", repo_.root() + "/.dvc/shelf").ok()); }

  absl::Status Fetch(const std::vector<digest::Digest>& digests) override {
    for (const digest::Digest& digest : digests) {
      asked.insert(digest.text());
      const std::string object = repo_.cache.ObjectPath(digest);
      if (repo_.fs.Exists(object)) continue;
      const std::string kept = repo_.root() + "/.dvc/shelf" + object.substr((repo_.cache.root() + "/files").size());
      RETURN_IF_ERROR(repo_.fs.MakeDirs(fs::Dirname(object)));
      const absl::Status moved = repo_.fs.Rename(kept, object);
      if (!moved.ok()) return absl::NotFoundError(digest.text());
    }
    return absl::OkStatus();
  }

  absl::Status FetchRunCache() override { return absl::OkStatus(); }

  std::set<std::string> asked;

 private:
  StagedRepository& repo_;
};

class MissingData : public ::testing::Test {
 protected:
  MissingData() {
    repo.Write("in", "1").Write("dvc.yaml",
                                "stages:\n  a:\n    cmd: make mid in\n    deps: [in]\n    outs: [mid]\n"
                                "  b:\n    cmd: make end mid\n    deps: [mid]\n    outs: [end]\n");
    EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran", "b ran"));
  }

  ExecuteReport ExecuteWith(Shelf& shelf) {
    Tools tools = repo.tools();
    tools.supply = &shelf;
    repo.options.pull = true;
    auto report = pipeline::Execute(tools, repo.root(), repo.Load(), repo.options, repo.stop);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : ExecuteReport{};
  }

  StagedRepository repo;
};

TEST_F(MissingData, IsNoReasonWhenItMayBeMissing) {
  repo.Remove("mid");
  repo.Remove("end");
  repo.Remove(".dvc/cache/files");
  repo.options.allow_missing = true;
  EXPECT_THAT(repo.Status(), IsEmpty());
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a up to date", "b up to date"));
  EXPECT_FALSE(repo.Exists("end"));
}

TEST_F(MissingData, IsAReasonWhenTheStageBeforeMadeSomethingElse) {
  repo.Write("in", "2");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran", "b ran"));
  repo.Write("in", "3");
  repo.options.targets = {"a"};
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran"));
  repo.options.targets = {};
  repo.options.allow_missing = true;
  EXPECT_THAT(repo.Status(), ElementsAre("b: dependency mid modified"));
  repo.Remove("mid");
  EXPECT_THAT(repo.Status(), ElementsAre("b: dependency mid missing"));
}

TEST_F(MissingData, AFreshWorkspaceGetsWhatTheCacheHasOfStagesThatAreLeftAlone) {
  ASSERT_TRUE(repo.fs.Remove(repo.cache.ObjectPath(repo.cache.Hash(repo.dir / "mid")->digest)).ok());
  repo.Remove("mid");
  repo.Remove("end");
  repo.options.allow_missing = true;
  repo.options.put_back = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a up to date", "b up to date"));
  EXPECT_TRUE(repo.Exists("end"));
  EXPECT_FALSE(repo.Exists("mid"));
}

TEST_F(MissingData, SourcesThatMayBeMissingAreNotMissed) {
  repo.Write("data", "1").Write("data.dvc", absl::StrCat("outs:\n- md5: ", std::string(32, 'a'), "\n  path: data\n"));
  repo.Write("dvc.yaml", "stages:\n  c:\n    cmd: make o data\n    deps: [data]\n    outs: [o]\n");
  repo.Remove("data");
  EXPECT_TRUE(absl::IsNotFound(CheckoutSources(repo.tools(), repo.root(), repo.Load(), repo.options)));
  repo.options.allow_missing = true;
  EXPECT_TRUE(CheckoutSources(repo.tools(), repo.root(), repo.Load(), repo.options).ok());
}

TEST_F(MissingData, IsAReasonWhenItsDvcFileSaysSomethingElseNow) {
  const auto record = [&] {
    const std::string digest = repo.cache.Store(repo.dir / "in")->digest.text();
    repo.Write("in.dvc", absl::StrCat("outs:\n- md5: ", digest, "\n  hash: md5\n  path: in\n"));
  };
  record();
  repo.Remove("in");
  repo.options.allow_missing = true;
  EXPECT_THAT(repo.Status(), IsEmpty());
  repo.Write("in", "2");
  record();
  repo.Remove("in");
  EXPECT_THAT(repo.Status(), ElementsAre("a: dependency in missing", "b: upstream stage 'a' runs"));
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a failed", "b skipped"));
  Shelf shelf(repo);
  shelf.TakeAll();
  EXPECT_THAT(Results(ExecuteWith(shelf)), ElementsAre("a ran", "b ran")) << "with what the file says now";
}

TEST_F(MissingData, AStageOfWhichNothingIsThereIsLeftAlone) {
  repo.Remove("dvc.lock");
  repo.Remove("in");
  repo.Remove("mid");
  repo.Remove("end");
  repo.options.allow_missing = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a up to date", "b up to date"));
}

TEST_F(MissingData, OtherReasonsStillCount) {
  repo.Remove("mid");
  repo.Write("in", "2");
  repo.options.allow_missing = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran", "b ran"));
}

TEST_F(MissingData, IsPulledInsteadOfMadeAgain) {
  Shelf shelf(repo);
  shelf.TakeAll();
  repo.Remove("mid");
  repo.Remove("end");
  EXPECT_THAT(Results(ExecuteWith(shelf)), ElementsAre("a restored", "b restored"));
  EXPECT_EQ(repo.Read("end"), "end\nmid\n1");
}

TEST_F(MissingData, WhatCannotBePulledIsMadeAgain) {
  Shelf shelf(repo);
  repo.Remove("mid");
  repo.Remove("end");
  repo.Remove(".dvc/cache/files");
  EXPECT_THAT(Results(ExecuteWith(shelf)), ElementsAre("a ran", "b ran"));
}

TEST_F(MissingData, AnEarlierResultIsPulledOnceTheRunCacheKnowsIt) {
  repo.Write("in", "2");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran", "b ran"));
  Shelf shelf(repo);
  shelf.TakeAll();
  repo.Write("in", "1");
  EXPECT_THAT(Results(ExecuteWith(shelf)), ElementsAre("a restored", "b restored"));
  EXPECT_EQ(repo.Read("end"), "end\nmid\n1");
}

TEST_F(MissingData, AGoneDependencyIsPulledForAStageThatMustRun) {
  Shelf shelf(repo);
  shelf.TakeAll();
  repo.Remove("mid");
  repo.Write("dvc.yaml", "stages:\n  b:\n    cmd: make end mid mid\n    deps: [mid]\n    outs: [end]\n");
  EXPECT_THAT(Results(ExecuteWith(shelf)), ElementsAre("b ran"));
  EXPECT_EQ(repo.Read("end"), "end\nmid\n1mid\n1");
}

// As DVC: it asks for sharable results, which need inputs to tell them apart.
TEST(PutBack, AStageWithoutInputsRunsAgainUnlessTheWorkspaceIsFresh) {
  StagedRepository repo;
  repo.Write("dvc.yaml", "stages:\n  a:\n    cmd: make o\n    outs: [o]\n");
  repo.Execute();
  repo.Remove("o");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran"));
  repo.Remove("o");
  repo.options.put_back = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a restored"));
}

TEST(PutBack, TheFolderOfAnOutputIsMade) {
  StagedRepository repo;
  repo.Write("in", "1")
      .Write("deep/er/keep", "")
      .Write("dvc.yaml", "stages:\n  a:\n    cmd: make deep/er/o in\n    deps: [in]\n    outs: [deep/er/o]\n");
  repo.Execute();
  repo.Remove("deep");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a restored"));
  EXPECT_EQ(repo.Read("deep/er/.gitignore"), "/o\n");
}

TEST(PutBack, AnUncachedMetricIsPutBackWithoutTheRunCache) {
  StagedRepository repo;
  repo.Write("in", "1").Write("dvc.yaml",
                              "stages:\n  a:\n    cmd: make m.json in\n    deps: [in]\n"
                              "    metrics: [m.json: {cache: false}]\n");
  repo.Execute();
  repo.Remove("m.json");
  repo.options.no_run_cache = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a restored"));
}

TEST(ForceDownstream, ForcesWhatDirectlyFollowsAStageThatRan) {
  StagedRepository repo;
  repo.Write("in", "1")
      .Write("side", "s")
      .Write("dvc.yaml",
             "stages:\n  a:\n    cmd: make mid in\n    deps: [in]\n    outs: [mid]\n"
             "  b:\n    cmd: make end mid\n    deps: [mid]\n    outs: [end]\n"
             "  c:\n    cmd: make last end\n    deps: [end]\n    outs: [last]\n"
             "  d:\n    cmd: make other side\n    deps: [side]\n    outs: [other]\n");
  repo.Execute();
  repo.options.force_downstream = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a up to date", "b up to date", "c up to date", "d up to date"));
  repo.runner.On("make mid in", [&](const process::Command&, auto&) {
    repo.Write("mid", "mid\n1");  // what it made before
    return process::ExitResult{};
  });
  repo.Write("dvc.yaml", repo.Read("dvc.yaml") + "    always_changed: false\n");
  repo.options.force = false;
  repo.Write("in", "2");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a ran", "b ran", "c ran", "d up to date"));
  EXPECT_THAT(repo.Status(), IsEmpty());
}

TEST(Force, OfAFrozenStageTakesWhatIsThere) {
  StagedRepository repo;
  repo.Write("in", "1").Write("dvc.yaml", "stages:\n  a:\n    cmd: make o in\n    deps: [in]\n    outs: [o]\n");
  repo.Execute();
  repo.Write("dvc.yaml", repo.Read("dvc.yaml") + "    frozen: true\n").Write("in", "2");
  const std::string before = repo.Read("dvc.lock");
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a up to date"));
  repo.options.force = true;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("a restored"));
  EXPECT_NE(repo.Read("dvc.lock"), before) << "as DVC, which records the dependency anew";
  EXPECT_EQ(repo.Read("o"), "o\n1");
}

TEST(DryRun, TellsWhatTheCacheHasFromWhatWouldRun) {
  StagedRepository repo;
  repo.Write("in", "1").Write("dvc.yaml", "stages:\n  a:\n    cmd: make o in\n    deps: [in]\n    outs: [o]\n");
  repo.Execute();
  repo.Write("in", "2");
  repo.Execute();
  repo.options.dry = true;
  repo.Write("in", "1");
  EXPECT_TRUE(repo.Execute().stages[0].in_cache);
  repo.Write("in", "3");
  EXPECT_FALSE(repo.Execute().stages[0].in_cache);
  EXPECT_EQ(repo.Read("o"), "o\n2");
}

TEST(WorkspaceLock, IsHeldButWhileACommandRuns) {
  StagedRepository repo;
  repo.Write("in", "1").Write("dvc.yaml", "stages:\n  a:\n    cmd: look\n    deps: [in]\n    outs: [o]\n");
  const std::string tmp = repo.root() + "/.dvc/tmp";
  auto lock = dvclock::WorkspaceLock::Open(repo.fs, {.dir = tmp}, "expq repro", [](const absl::Status&) {}, repo.stop);
  ASSERT_TRUE(lock.ok()) << lock.status();
  repo.runner.On("look", [&](const process::Command&, auto&) {
    EXPECT_TRUE(fs::FileLock::TryLock(tmp + "/lock").ok());
    EXPECT_TRUE(absl::StrContains(repo.Read(".dvc/tmp/rwlock"), repo.root() + "/o"));
    repo.Write("o", "1");
    return process::ExitResult{};
  });
  Tools tools = repo.tools();
  tools.lock = lock->get();
  auto report = pipeline::Execute(tools, repo.root(), repo.Load(), repo.options, repo.stop);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Results(*report), ElementsAre("a ran"));
  EXPECT_FALSE(fs::FileLock::TryLock(tmp + "/lock").ok());
  EXPECT_EQ(repo.Read(".dvc/tmp/rwlock"), "{}");
}

TEST(WorkspaceLock, AStageWhosePathsAreInUseFailsAndTouchesNothing) {
  StagedRepository repo;
  repo.Write("in", "1")
      .Write("o", "old")
      .Write("dvc.yaml", "stages:\n  a:\n    cmd: make o in\n    deps: [in]\n    outs: [o]\n");
  const std::string tmp = repo.root() + "/.dvc/tmp";
  auto lock = dvclock::WorkspaceLock::Open(repo.fs, {.dir = tmp}, "expq repro", [](const absl::Status&) {}, repo.stop);
  ASSERT_TRUE(lock.ok()) << lock.status();
  dvclock::PathLocks others(repo.fs, {.dir = tmp}, "dvc repro");
  const auto held = others.Acquire({.read = {}, .write = {repo.root() + "/o"}});
  Tools tools = repo.tools();
  tools.lock = lock->get();
  auto report = pipeline::Execute(tools, repo.root(), repo.Load(), repo.options, repo.stop);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Results(*report), ElementsAre("a failed"));
  EXPECT_TRUE(absl::StrContains(report->stages[0].error.message(), "(dvc repro)")) << report->stages[0].error;
  EXPECT_EQ(repo.Read("o"), "old");
}

TEST(LockFile, KeepsWhatAnotherProgramRecordedMeanwhile) {
  StagedRepository repo;
  repo.Write("in", "1").Write("dvc.yaml", "stages:\n  a:\n    cmd: look\n    deps: [in]\n    outs: [o]\n");
  repo.runner.On("look", [&](const process::Command&, auto&) {
    repo.Write("o", "1").Write("dvc.lock", "schema: '2.0'\nstages:\n  theirs:\n    cmd: x\n");
    return process::ExitResult{};
  });
  repo.Execute();
  EXPECT_TRUE(absl::StrContains(repo.Read("dvc.lock"), "  theirs:\n    cmd: x\n  a:\n    cmd: look\n"))
      << repo.Read("dvc.lock");
}

}  // namespace
}  // namespace expq::pipeline
