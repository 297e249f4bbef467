#include "common/git/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using experiment::Experiment;
using experiment::ProjectName;
using testing::RunGit;
using testing::TempDir;
using testing::TempRepo;

const ProjectName kProject{"p"};

// Bytes of one side as the source of another.
class Pipe {
 public:
  experiment::ByteSink sink() {
    return [this](absl::string_view piece) {
      bytes_.append(piece.data(), piece.size());
      return absl::OkStatus();
    };
  }
  experiment::ByteSource source() {
    return [this]() -> absl::StatusOr<std::string> { return std::exchange(bytes_, ""); };
  }

 private:
  std::string bytes_;
};

class Stores : public ::testing::Test {
 protected:
  Stores() {
    repo_.Write("file", "1");
    baseline_ = {repo_.Commit("baseline")};
    auto git = *Repository::Discover(repo_.path());
    result_ = *git->CommitChanges(baseline_.value, {{.path = "metrics.json", .bytes = "{}"}}, {baseline_}, "result");
    other_ = *git->CommitChanges(baseline_.value, {{.path = "metrics.json", .bytes = "[]"}}, {baseline_}, "other");
  }
  Experiment Result(const std::string& name, const CommitId& revision) const {
    Experiment experiment;
    experiment.project = kProject;
    experiment.name = name;
    experiment.baseline = baseline_;
    experiment.revision = revision;
    return experiment;
  }
  std::string Value(const std::string& ref) { return RunGit(repo_.path(), {"rev-parse", "--verify", "-q", ref}, true); }

  TempRepo repo_;
  TempDir hub_;
  CommitId baseline_;
  CommitId result_;
  CommitId other_;
  LocalRecords records_{[this](const ProjectName&) { return repo_.path(); }};
  LocalSnapshotStore here_{[this](const ProjectName&) { return repo_.path(); }};
  LocalSnapshotStore there_{[this](const ProjectName& project) { return hub_ / absl::StrCat(project.value, ".git"); }};
};

TEST_F(Stores, CarryACommitFromOneToAnother) {
  EXPECT_EQ(*there_.Missing(kProject, {baseline_, result_}), (std::vector<CommitId>{baseline_, result_}));
  Pipe pipe;
  ASSERT_TRUE(here_.GetPack(kProject, {result_}, {}, pipe.sink()).ok());
  absl::Status put = there_.PutPack(kProject, {result_}, pipe.source());
  ASSERT_TRUE(put.ok()) << put;
  EXPECT_EQ(*there_.Missing(kProject, {baseline_, result_, other_}), std::vector<CommitId>{other_});
  RunGit(hub_ / "p.git", {"gc", "--quiet", "--prune=now"});
  EXPECT_TRUE(there_.Missing(kProject, {result_})->empty()) << "a ref keeps it until it is published";
}

TEST_F(Stores, RefuseAPackWithoutTheCommitThatItShouldBring) {
  Pipe pipe;
  ASSERT_TRUE(here_.GetPack(kProject, {baseline_}, {}, pipe.sink()).ok());
  EXPECT_TRUE(absl::IsDataLoss(there_.PutPack(kProject, {result_}, pipe.source())));
}

TEST_F(Stores, GetOfAnUnknownProjectIsNotFoundAndMakesNothing) {
  Pipe pipe;
  EXPECT_TRUE(absl::IsNotFound(there_.GetPack(kProject, {result_}, {}, pipe.sink())));
  EXPECT_FALSE(Repository::Open(hub_ / "p.git").ok());
}

TEST_F(Stores, PublishAResultWhereDvcLooksForIt) {
  ASSERT_TRUE(records_.PublishResult(Result("bold-oak", result_), false).ok());
  EXPECT_EQ(Value(ResultRef(baseline_, "bold-oak")), result_.value);
  EXPECT_TRUE(records_.ResultExists(kProject, baseline_, "bold-oak"));
  EXPECT_FALSE(records_.ResultExists(kProject, baseline_, "bold"));
  EXPECT_FALSE(records_.ResultExists({"p"}, result_, "bold-oak"));
}

TEST_F(Stores, PublishingAgainIsHarmlessAndReplacingIsExplicit) {
  ASSERT_TRUE(records_.PublishResult(Result("x", result_), false).ok());
  EXPECT_TRUE(records_.PublishResult(Result("x", result_), false).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(records_.PublishResult(Result("x", other_), false)));
  EXPECT_TRUE(records_.PublishResult(Result("x", other_), true).ok());
  EXPECT_EQ(Value(ResultRef(baseline_, "x")), other_.value);
  EXPECT_TRUE(absl::IsNotFound(records_.PublishResult(Result("y", {std::string(40, '1')}), false)));
}

TEST_F(Stores, PublishingLetsGoOfTheRefThatKeptTheCommit) {
  Pipe pipe;
  ASSERT_TRUE(here_.GetPack(kProject, {result_}, {}, pipe.sink()).ok());
  ASSERT_TRUE(there_.PutPack(kProject, {result_}, pipe.source()).ok());
  LocalRecords records([this](const ProjectName&) { return hub_ / "p.git"; });
  ASSERT_TRUE(records.PublishSubmission(kProject, {"0011223344556677"}, result_).ok());
  EXPECT_EQ(RunGit(hub_ / "p.git", {"for-each-ref", "--format=%(refname)"}), "refs/expq/queue/0011223344556677");
  EXPECT_TRUE(records.PublishSubmission(kProject, {"0011223344556677"}, result_).ok());
}

TEST_F(Stores, ForgetOnlyWhatIsStillThatResult) {
  ASSERT_TRUE(records_.PublishResult(Result("mine", result_), false).ok());
  ASSERT_TRUE(records_.PublishResult(Result("replaced", other_), false).ok());
  ASSERT_TRUE(records_.PublishSubmission(kProject, {"aa"}, result_).ok());
  Experiment unfinished = Result("never", {});
  absl::Status forgot =
      records_.Forget(kProject, {Result("mine", result_), Result("replaced", result_), unfinished}, {{"aa"}, {"bb"}});
  ASSERT_TRUE(forgot.ok()) << forgot;
  EXPECT_FALSE(records_.ResultExists(kProject, baseline_, "mine"));
  EXPECT_TRUE(records_.ResultExists(kProject, baseline_, "replaced"));
  EXPECT_EQ(Value("refs/expq/queue/aa"), "");
}

TEST_F(Stores, ServeManyThreads) {
  std::atomic<int> published = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 25; ++i) {
        bool ok = records_.HasCommit(kProject, result_) &&
                  records_.PublishResult(Result(absl::StrCat("e", thread, "-", i), result_), false).ok();
        if (ok) ++published;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(published, 100);
}

}  // namespace
}  // namespace expq::git
