#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using testing::RunGit;
using testing::TempRepo;

class Refs : public ::testing::Test {
 protected:
  Refs() {
    one_ = {repo_.Commit("one")};
    two_ = {repo_.Commit("two")};
    git_ = *Repository::Discover(repo_.path());
  }
  std::string Value(const std::string& ref) { return RunGit(repo_.path(), {"rev-parse", "--verify", "-q", ref}, true); }

  TempRepo repo_;
  CommitId one_;
  CommitId two_;
  std::unique_ptr<Repository> git_;
};

TEST_F(Refs, HaveDvcsLayoutForResults) {
  CommitId baseline{"0123456789abcdef0123456789abcdef01234567"};
  EXPECT_EQ(ResultRef(baseline, "bold-oak"), "refs/exps/01/23456789abcdef0123456789abcdef01234567/bold-oak");
  EXPECT_EQ(SubmissionRef({"00112233aabbccdd"}), "refs/expq/queue/00112233aabbccdd");
}

TEST_F(Refs, HaveALogOfWhatTheyWereNewestFirst) {
  EXPECT_TRUE(git_->RefLog("refs/exps/celery/stash")->empty());
  for (const CommitId& id : {one_, two_}) {
    repo_.Git(
        {"update-ref", "--create-reflog", "-m", "commit: dvc-exp:" + id.value, "refs/exps/celery/stash", id.value});
  }
  const auto log = git_->RefLog("refs/exps/celery/stash");
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->size(), 2u);
  EXPECT_EQ((*log)[0].id, two_);
  EXPECT_EQ((*log)[1].id, one_);
  EXPECT_EQ((*log)[1].message, "commit: dvc-exp:" + one_.value);
}

TEST_F(Refs, AreWhatGitSees) {
  ASSERT_TRUE(git_->SetRef("refs/exps/ab/cd/x", one_).ok());
  EXPECT_EQ(Value("refs/exps/ab/cd/x"), one_.value);
  repo_.Git({"update-ref", "refs/exps/ab/cd/x", two_.value});
  EXPECT_EQ(git_->Refs("refs/exps/")->at("refs/exps/ab/cd/x"), two_);
}

TEST_F(Refs, AreSetOnlyFromTheExpectedValue) {
  EXPECT_TRUE(absl::IsAborted(git_->SetRef("refs/expq/x", one_, two_)));
  EXPECT_TRUE(git_->SetRef("refs/expq/x", one_, CommitId{}).ok());
  EXPECT_TRUE(absl::IsAborted(git_->SetRef("refs/expq/x", two_, CommitId{})));
  EXPECT_EQ(Value("refs/expq/x"), one_.value);
  EXPECT_TRUE(git_->SetRef("refs/expq/x", two_, one_).ok());
  EXPECT_EQ(Value("refs/expq/x"), two_.value);
}

TEST_F(Refs, ThatArePackedAreFoundChangedAndDeleted) {
  for (const char* ref : {"refs/exps/a", "refs/exps/b", "refs/exps/c"}) ASSERT_TRUE(git_->SetRef(ref, one_).ok());
  repo_.Git({"tag", "-a", "v1", "-m", "a tag with a peeled line"});
  repo_.Git({"pack-refs", "--all", "--prune"});
  ASSERT_FALSE(std::filesystem::exists(repo_ / ".git/refs/exps/a"));
  EXPECT_EQ(git_->Refs("refs/exps/")->size(), 3u);
  EXPECT_TRUE(absl::IsAborted(git_->SetRef("refs/exps/a", two_, CommitId{})));
  EXPECT_TRUE(git_->SetRef("refs/exps/a", two_, one_).ok());
  EXPECT_EQ(git_->Refs("refs/exps/")->at("refs/exps/a"), two_);
  ASSERT_TRUE(git_->DeleteRefs({"refs/exps/a", "refs/exps/b", "refs/exps/never"}).ok());
  EXPECT_EQ(Value("refs/exps/a"), "");
  EXPECT_EQ(repo_.Git({"for-each-ref", "--format=%(refname)"}), "refs/exps/c\nrefs/heads/main\nrefs/tags/v1");
  EXPECT_EQ(repo_.Git({"rev-parse", "v1^{commit}"}), two_.value);
}

TEST_F(Refs, AreDeletedOnlyWithTheExpectedValue) {
  ASSERT_TRUE(git_->SetRef("refs/exps/a", one_).ok());
  ASSERT_TRUE(git_->SetRef("refs/exps/b", one_).ok());
  ASSERT_TRUE(git_->DeleteRefsIf({{"refs/exps/a", one_}, {"refs/exps/b", two_}}).ok());
  EXPECT_FALSE(git_->HasRef("refs/exps/a"));
  EXPECT_TRUE(git_->HasRef("refs/exps/b"));
}

TEST_F(Refs, AreListedByWhatTheyStartWith) {
  for (const char* ref : {"refs/exps/ab/x", "refs/exps/abc/y", "refs/exps/b/z", "refs/exps/ab-"}) {
    ASSERT_TRUE(git_->SetRef(ref, one_).ok());
  }
  repo_.Git({"symbolic-ref", "refs/exps/exec/EXEC_BRANCH", "refs/exps/ab/x"});
  EXPECT_EQ(git_->Refs("refs/exps/")->size(), 4u);
  EXPECT_EQ(git_->Refs("refs/exps/ab/")->size(), 1u);
  EXPECT_EQ(git_->Refs("refs/exps/ab")->size(), 3u);
  EXPECT_EQ(git_->Refs("refs/exps/b/z")->size(), 1u);
  EXPECT_EQ(git_->Refs("refs/none/")->size(), 0u);
}

TEST_F(Refs, NeedAProperNameAndACommit) {
  for (const char* ref : {"HEAD", "refs/../x", "refs/a..b", "refs/x.lock", "refs//x", "refs/x ", "exps/x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(git_->SetRef(ref, one_))) << ref;
    EXPECT_FALSE(git_->HasRef(ref)) << ref;
  }
  EXPECT_TRUE(absl::IsNotFound(git_->SetRef("refs/exps/x", {std::string(40, '1')})));
  EXPECT_FALSE(git_->SetRef("refs/exps/x", {repo_.Git({"rev-parse", "HEAD^{tree}"})}).ok());
}

TEST_F(Refs, CannotBeBelowOrAboveAnother) {
  ASSERT_TRUE(git_->SetRef("refs/exps/a", one_).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(git_->SetRef("refs/exps/a/b", one_)));
  repo_.Git({"pack-refs", "--all", "--prune"});
  EXPECT_TRUE(absl::IsFailedPrecondition(git_->SetRef("refs/exps/a/b", one_)));
  ASSERT_TRUE(git_->SetRef("refs/exps/p/q", one_).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(git_->SetRef("refs/exps/p", one_)));
  ASSERT_TRUE(git_->DeleteRefs({"refs/exps/p/q"}).ok());
  EXPECT_TRUE(git_->SetRef("refs/exps/p", one_).ok()) << "an empty folder is not in the way";
}

TEST_F(Refs, WaitForGitToLetGoOfItsLock) {
  repo_.Write(".git/refs/exps/x.lock", "");
  std::atomic<bool> done = false;
  std::thread writer([&] {
    EXPECT_TRUE(git_->SetRef("refs/exps/x", one_).ok());
    done = true;
  });
  while (!std::filesystem::exists(repo_ / ".git/expq/refs.lock")) std::this_thread::yield();
  EXPECT_FALSE(done);
  repo_.Remove(".git/refs/exps/x.lock");
  writer.join();
  EXPECT_EQ(Value("refs/exps/x"), one_.value);
}

TEST_F(Refs, GiveUpOnALockThatStays) {
  repo_.Write(".git/refs/exps/x.lock", "");
  absl::Status error = git_->SetRef("refs/exps/x", one_);
  EXPECT_TRUE(absl::IsUnavailable(error)) << error;
  EXPECT_TRUE(std::filesystem::exists(repo_ / ".git/refs/exps/x.lock")) << "it is not ours to remove";
}

TEST_F(Refs, AreNotBlockedByALockOfAKilledExpq) {
  ASSERT_TRUE(git_->SetRef("refs/exps/packed", one_).ok());
  repo_.Git({"pack-refs", "--all", "--prune"});
  repo_.Symlink("expq", ".git/refs/exps/x.lock");
  repo_.Symlink("expq", ".git/packed-refs.lock");
  EXPECT_TRUE(git_->SetRef("refs/exps/x", one_).ok());
  EXPECT_TRUE(git_->DeleteRefs({"refs/exps/packed"}).ok());
  EXPECT_FALSE(git_->HasRef("refs/exps/packed"));
  repo_.Git({"update-ref", "-d", "refs/exps/x"});
  EXPECT_FALSE(git_->HasRef("refs/exps/x"));
}

TEST_F(Refs, SetByManyAtOnceHaveOneWinner) {
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto git = *Repository::Discover(repo_.path());
      absl::Status set = git->SetRef("refs/exps/prize", i % 2 == 0 ? one_ : two_, CommitId{});
      EXPECT_TRUE(set.ok() || absl::IsAborted(set)) << set;
      if (set.ok()) ++won;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

TEST_F(Refs, LeaveNoLocksOrTemporaryFilesBehind) {
  ASSERT_TRUE(git_->SetRef("refs/exps/a/b", one_).ok());
  ASSERT_TRUE(git_->DeleteRefs({"refs/exps/a/b"}).ok());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(repo_ / ".git")) {
    if (entry.path().filename() == "refs.lock") continue;
    EXPECT_NE(entry.path().extension(), ".lock") << entry.path();
  }
  EXPECT_TRUE(std::filesystem::is_empty(repo_ / ".git/expq/tmp/git"));
}

}  // namespace
}  // namespace expq::git
