// Several stages, and several executions, at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/pipeline/executor.h"
#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kDeadline = absl::Seconds(60);

// Where threads wait for each other.
class Meeting {
 public:
  explicit Meeting(int people) : missing_(people) {}
  // True when all have come in time.
  bool Attend() {
    sync::MutexLock lock(mutex_);
    --missing_;
    changed_.NotifyAll();
    while (missing_ > 0) {
      if (!changed_.WaitFor(mutex_, kDeadline)) return false;
    }
    return true;
  }

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  int missing_ ABSL_GUARDED_BY(mutex_);
};

std::string Independent(int stages) {
  std::string text = "stages:\n";
  for (int i = 0; i < stages; ++i) {
    absl::StrAppend(&text, "  s", i, ":\n    cmd: meet ", i, "\n    deps: [i]\n    outs: [o", i, "]\n");
  }
  return text;
}

TEST(Parallel, IndependentStagesRunSideBySide) {
  StagedRepository repo;
  repo.Write("dvc.yaml", Independent(3)).Write("i", "");
  Meeting meeting(3);
  for (int i = 0; i < 3; ++i) {
    repo.runner.On(absl::StrCat("meet ", i), [&, i](const process::Command&, auto&) {
      EXPECT_TRUE(meeting.Attend()) << "the others are not running";
      repo.Write(absl::StrCat("o", i), "x");
      return process::ExitResult{};
    });
  }
  repo.options.jobs = 3;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s0 ran", "s1 ran", "s2 ran"));
  EXPECT_EQ(repo.Read(".gitignore").size(), 12u);
  repo.options.jobs = 1;
  EXPECT_THAT(repo.Status(), ::testing::IsEmpty());
}

TEST(Parallel, AFailureLetsRunningStagesEnd) {
  StagedRepository repo;
  repo.Write("dvc.yaml", Independent(2)).Write("i", "");
  Meeting both_run(2), failed(2);
  repo.runner.On("meet 0", [&](const process::Command&, auto&) {
    EXPECT_TRUE(both_run.Attend());
    return process::ExitResult{.code = 1};
  });
  class Witness : public Observer {
   public:
    explicit Witness(Meeting& failed) : failed_(failed) {}
    void StageEnds(const Stage& stage, const StageOutcome&) override {
      if (stage.name == "s0") failed_.Attend();
    }

   private:
    Meeting& failed_;
  } witness(failed);
  repo.observer = &witness;
  repo.runner.On("meet 1", [&](const process::Command&, auto&) {
    EXPECT_TRUE(both_run.Attend());
    EXPECT_TRUE(failed.Attend());
    repo.Write("o1", "x");
    return process::ExitResult{};
  });
  repo.options.jobs = 2;
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s0 failed", "s1 ran"));
}

TEST(Parallel, ManyStagesOnManyThreadsGiveTheLockOfOne) {
  std::string text = "stages:\n";
  for (int i = 0; i < 40; ++i) {
    const std::string dep = i < 4 ? "i" : absl::StrCat("o", i - 4);
    absl::StrAppend(&text, "  s", i, ":\n    cmd: make o", i, " ", dep, "\n    deps: [", dep, "]\n    outs: [o", i,
                    "]\n");
  }
  StagedRepository one, many;
  for (StagedRepository* repo : {&one, &many}) repo->Write("dvc.yaml", text).Write("i", "i\n");
  many.options.jobs = 8;
  EXPECT_TRUE(one.Execute().ok());
  EXPECT_TRUE(many.Execute().ok());
  EXPECT_EQ(many.Read("dvc.lock"), one.Read("dvc.lock"));
}

// Lets every stage end only after the one behind it.
class Backwards : public Observer {
 public:
  explicit Backwards(int stages) : last_(stages) {}
  void StageEnds(const Stage& stage, const StageOutcome&) override {
    sync::MutexLock lock(mutex_);
    last_ = std::min(last_, NumberOf(stage.name));
    changed_.NotifyAll();
  }
  // True when all behind `number` have ended in time.
  bool AwaitTurn(int number) {
    sync::MutexLock lock(mutex_);
    while (last_ > number + 1) {
      if (!changed_.WaitFor(mutex_, kDeadline)) return false;
    }
    return true;
  }

 private:
  static int NumberOf(const std::string& name) {
    int number = 0;
    EXPECT_TRUE(absl::SimpleAtoi(name.substr(1), &number)) << name;
    return number;
  }

  sync::Mutex mutex_;
  sync::CondVar changed_;
  int last_ ABSL_GUARDED_BY(mutex_);  // all from here on have ended
};

TEST(Parallel, StagesThatEndInReverseOrderLeaveTheFilesOfOneAfterTheOther) {
  StagedRepository one, many;
  Backwards turns(4);
  many.observer = &turns;
  many.options.jobs = 4;
  for (StagedRepository* repo : {&one, &many}) {
    repo->Write("dvc.yaml", Independent(4)).Write("i", "").Write(".gitignore", "# mine");
    for (int i = 0; i < 4; ++i) {
      repo->runner.On(absl::StrCat("meet ", i), [&, repo, i](const process::Command&, auto&) {
        EXPECT_TRUE(repo == &one || turns.AwaitTurn(i)) << "the stage behind " << i << " has not ended";
        repo->Write(absl::StrCat("o", i), "x");
        return process::ExitResult{};
      });
    }
    EXPECT_TRUE(repo->Execute().ok());
  }
  EXPECT_EQ(many.Read(".gitignore"), "# mine\n/o0\n/o1\n/o2\n/o3\n");
  EXPECT_EQ(many.Read(".gitignore"), one.Read(".gitignore"));
  EXPECT_EQ(many.Read("dvc.lock"), one.Read("dvc.lock"));
}

// Two workspaces with one cache, as two experiments of an agent.
TEST(SingleFlightTest, OneExperimentComputesAndTheOtherTakesItsResult) {
  StagedRepository first, second;
  const std::unique_ptr<SingleFlight> flight = NewFileSingleFlight(first.dir / "locks");
  blob::Cache& shared = first.cache;
  sync::StopToken second_waits;

  class Told : public SingleFlight {
   public:
    Told(SingleFlight& real, const sync::StopToken& asked) : real_(real), asked_(asked) {}
    absl::StatusOr<std::unique_ptr<fs::FileLock>> Acquire(const std::string& key, const sync::StopToken& stop,
                                                          bool* waited) override {
      sync::StopToken(asked_).Stop();
      return real_.Acquire(key, stop, waited);
    }

   private:
    SingleFlight& real_;
    const sync::StopToken& asked_;
  } told(*flight, second_waits);

  const std::string text = "stages:\n  s:\n    cmd: slow\n    deps: [i]\n    outs: [o]\n";
  for (StagedRepository* repo : {&first, &second}) repo->Write("dvc.yaml", text).Write("i", "same");
  std::thread other;
  absl::StatusOr<ExecuteReport> others;
  first.runner.On("slow", [&](const process::Command&, auto&) {
    other = std::thread([&] {
      others =
          Execute({second.fs, shared, second.runner, &told}, second.root(), second.Load(), second.options, second.stop);
    });
    EXPECT_TRUE(second_waits.WaitFor(kDeadline));
    first.Write("o", "result");
    return process::ExitResult{};
  });
  first.flight = flight.get();
  EXPECT_THAT(Results(first.Execute()), ElementsAre("s ran"));
  other.join();
  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_THAT(Results(*others), ElementsAre("s restored"));
  EXPECT_EQ(second.Read("o"), "result");
}

TEST(SingleFlightTest, AWaitEndsWhenStopped) {
  expq::testing::TempDir dir;
  const std::unique_ptr<SingleFlight> flight = NewFileSingleFlight(dir / "locks");
  sync::StopToken stop;
  bool waited = true;
  const auto held = flight->Acquire("key", stop, &waited);
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_FALSE(waited);
  stop.Stop();
  EXPECT_EQ(flight->Acquire("key", stop, &waited).status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(waited);
  EXPECT_TRUE(flight->Acquire("other", stop, &waited).ok());
  EXPECT_FALSE(waited);
}

TEST(SingleFlightTest, LeavesNoFilesBehind) {
  expq::testing::TempDir dir;
  const std::unique_ptr<SingleFlight> flight = NewFileSingleFlight(dir / "locks");
  bool waited = false;
  for (const char* key : {"one", "two"}) EXPECT_TRUE(flight->Acquire(key, sync::StopToken(), &waited).ok());
  EXPECT_TRUE(fs::PosixFilesystem().List(dir / "locks")->empty());
}

}  // namespace
}  // namespace expq::pipeline
