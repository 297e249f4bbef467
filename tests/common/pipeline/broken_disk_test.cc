// The disk fills up at any moment: the stage fails, nothing wrong is left, and the next run goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/pipeline/staged_repository.h"
#include "tests/support/faulty_filesystem.h"

namespace expq::pipeline {
namespace {

using expq::testing::FsCall;

constexpr char kStages[] = R"(
stages:
  a:
    cmd: make d/a i
    deps: [i]
    outs: [d/a]
  b:
    cmd: make m.json d/a
    deps: [d/a]
    outs:
    - log: {persist: true}
    metrics:
    - m.json: {cache: false}
  c:
    cmd: make o d/a
    deps: [d/a]
    outs: [o]
    metrics:
    - n.json: {cache: false}
)";

bool Changes(FsCall call) {
  switch (call) {
    case FsCall::kWrite:
    case FsCall::kMakeDirs:
    case FsCall::kRemove:
    case FsCall::kRemoveTree:
    case FsCall::kRename:
    case FsCall::kLink:
    case FsCall::kChmod:
      return true;
    case FsCall::kLstat:
    case FsCall::kStat:
    case FsCall::kRead:
    case FsCall::kList:
    case FsCall::kReadLink:
    case FsCall::kAppend:
    case FsCall::kSync:
      return false;
  }
  return false;
}

// A repository over a disk that breaks; its commands write to a whole one.
class BreakingRepository {
 public:
  BreakingRepository() : disk_(repo_.fs), index_(disk_, ""), cache_(disk_, repo_.dir / ".dvc/cache", index_) {
    repo_.Write("dvc.yaml", kStages).Write("i", "input\n").Write("log", "").Write("n.json", "");
    repo_.runner.On("make m.json d/a", [this](const process::Command&, auto&) {
      repo_.Write("log", "line").Write("m.json", "{}");
      return process::ExitResult{};
    });
    repo_.runner.On("make o d/a", [this](const process::Command&, auto&) {
      repo_.Write("o", "o").Write("n.json", "{}");
      return process::ExitResult{};
    });
  }

  // From the n-th change on, nothing can be changed any more. False when it did not come so far.
  bool ExecuteWithRoomFor(int changes) {
    disk_.Inject({.when = [](FsCall call, const std::string&) { return Changes(call); }, .after = changes});
    const absl::StatusOr<ExecuteReport> report = Execute();
    const bool struck = disk_.Struck() > 0;
    disk_.Heal();
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return struck;
    const StageOutcome* failure = report->FirstFailure();
    EXPECT_TRUE(failure == nullptr || absl::IsResourceExhausted(failure->error)) << failure->error;
    EXPECT_TRUE(failure == nullptr || absl::StartsWith(failure->error.message(), "stage '")) << failure->error;
    return struck;
  }

  absl::StatusOr<ExecuteReport> Execute() {
    return pipeline::Execute({disk_, cache_, repo_.runner}, repo_.root(), repo_.Load(), repo_.options, repo_.stop);
  }

  // What a whole disk makes of it afterwards.
  void ExpectRecovery() {
    const absl::StatusOr<ExecuteReport> report = Execute();
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->FirstFailure()->error;
    for (const digest::Digest& blob : report->blobs) {
      EXPECT_EQ(digest::Md5Of(repo_.fs.Read(cache_.ObjectPath(blob)).value_or("")), blob);
    }
    const auto again = Execute();
    ASSERT_TRUE(again.ok());
    EXPECT_THAT(Results(*again), ::testing::Each(::testing::HasSubstr("up to date")));
  }

 private:
  StagedRepository repo_;
  expq::testing::FaultyFilesystem disk_;
  blob::HashIndex index_;
  blob::Cache cache_;
};

TEST(BrokenDisk, AFullDiskAtAnyMomentFailsAStageAndNothingElse) {
  int room = 0;
  for (bool struck = true; struck; ++room) {
    SCOPED_TRACE(room);
    BreakingRepository repository;
    struck = repository.ExecuteWithRoomFor(room);
    repository.ExpectRecovery();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(room, 20) << "it never came far";
}

}  // namespace
}  // namespace expq::pipeline
