#include "common/git/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "common/status/status.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using testing::RunGit;
using testing::TempDir;
using testing::TempRepo;

std::string Canonical(const std::string& path) { return std::filesystem::canonical(path); }

TEST(Discover, FindsTheRepositoryFromASubfolder) {
  TempRepo repo;
  repo.Write("a/b/file", "x");
  auto found = Repository::Discover(repo / "a/b");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->worktree(), Canonical(repo.path()));
  EXPECT_EQ((*found)->git_dir(), Canonical(repo.path()) + "/.git");
  EXPECT_EQ((*found)->common_dir(), (*found)->git_dir());
}

// A plain repository is found by its files, all others through libgit2: nobody may see the difference.
TEST(Discover, FindsWhatGitFindsHoweverTheRepositoryLies) {
  TempRepo plain, elsewhere, linked, bare;
  TempDir other;
  elsewhere.Git({"config", "core.worktree", other.path()});
  std::filesystem::rename(linked / ".git", other / "moved");
  std::filesystem::create_symlink(other / "moved", linked / ".git");
  bare.Git({"config", "core.bare", "true"});
  plain.Write("in/file", "x");
  for (const std::string& dir : {plain.path(), plain / "in", linked.path()}) {
    auto found = Repository::Discover(dir);
    ASSERT_TRUE(found.ok()) << dir << ": " << found.status();
    EXPECT_EQ((*found)->worktree(), RunGit(dir, {"rev-parse", "--show-toplevel"}));
    EXPECT_EQ(Canonical((*found)->git_dir()), Canonical(RunGit(dir, {"rev-parse", "--absolute-git-dir"})));
  }
  auto found = Repository::Discover(elsewhere.path());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->worktree(), Canonical(other.path()));
  found = Repository::Discover(bare.path());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->worktree(), "");
  found = Repository::Discover(plain / ".git/refs");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->git_dir(), Canonical(plain / ".git"));
}

TEST(Discover, SaysWhatIsWrongWhenItIsFirstNeeded) {
  TempRepo repo;
  repo.Write(".git/config", "[core\n");
  auto found = Repository::Discover(repo.path());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(std::string((*found)->Head().status().message()), ::testing::HasSubstr("cannot open the git repository"));
  EXPECT_FALSE((*found)->IsTracked("file"));
}

TEST(Discover, SaysWhenThereIsNone) {
  TempDir dir;
  auto found = Repository::Discover(dir.path());
  EXPECT_TRUE(absl::IsNotFound(found.status())) << found.status();
  EXPECT_THAT(std::string(found.status().message()), ::testing::HasSubstr("is not in a git repository"));
}

TEST(Discover, KnowsALinkedWorktreeFromItsRepository) {
  TempRepo repo;
  repo.Write("file", "x");
  repo.Commit();
  TempDir other;
  RunGit(repo.path(), {"worktree", "add", "--quiet", "-b", "side", other / "tree"});
  auto found = Repository::Discover(other / "tree");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->worktree(), Canonical(other / "tree"));
  EXPECT_EQ((*found)->common_dir(), Canonical(repo / ".git"));
  EXPECT_NE((*found)->git_dir(), (*found)->common_dir());
  EXPECT_EQ((*found)->HeadBranch(), "side");
}

TEST(Discover, ReadsASparseCheckoutsRepository) {
  TempRepo repo;
  repo.Write("in/file", "x");
  repo.Write("out/file", "x");
  repo.Commit();
  repo.Git({"sparse-checkout", "set", "in"});  // sets extensions.worktreeConfig
  auto found = Repository::Discover(repo.path());
  EXPECT_TRUE(found.ok()) << found.status();
}

TEST(Discover, OpensABareRepositoryThatHasNoWorkspace) {
  TempDir dir;
  ASSERT_TRUE(Repository::OpenBare(dir / "p.git").ok());
  auto found = Repository::Discover(dir / "p.git");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->worktree(), "");
  EXPECT_TRUE(absl::IsFailedPrecondition((*found)->SnapshotTree().status()));
}

TEST(Discover, RefusesTheRepositoryOfAnotherUserAsGitDoes) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  TempRepo repo;
  ASSERT_EQ(chown(repo.path().c_str(), 12345, 12345), 0);
  absl::Status error = Repository::Discover(repo.path()).status();
  EXPECT_TRUE(absl::IsPermissionDenied(error)) << error;
  EXPECT_THAT(status::Hint(error), ::testing::HasSubstr("safe.directory"));
}

TEST(Discover, SaysThatItCannotReadSha256Repositories) {
  TempDir dir;
  RunGit(dir.path(), {"init", "--quiet", "--object-format=sha256"});
  EXPECT_TRUE(absl::IsUnimplemented(Repository::Discover(dir.path()).status()));
}

TEST(Open, DoesNotLookAbove) {
  TempRepo repo;
  repo.Write("a/file", "x");
  EXPECT_TRUE(Repository::Open(repo.path()).ok());
  EXPECT_TRUE(Repository::Open(repo / ".git").ok());
  EXPECT_TRUE(absl::IsNotFound(Repository::Open(repo / "a").status()));
}

TEST(Discover, WorksInManyThreadsAtOnce) {
  TempRepo repo;
  repo.Write("file", "x");
  repo.Commit();
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto found = Repository::Discover(repo.path());
      if (found.ok() && (*found)->Head().ok()) ++opened;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 8);
}

TEST(Head, OfARepositoryWithoutCommitsSaysWhatToDo) {
  TempRepo repo;
  auto head = (*Repository::Discover(repo.path()))->Head();
  EXPECT_TRUE(absl::IsNotFound(head.status()));
  EXPECT_THAT(status::Hint(head.status()), ::testing::HasSubstr("add a commit first"));
}

TEST(Head, MayBeDetached) {
  TempRepo repo;
  std::string first = repo.Commit("first");
  repo.Commit("second");
  auto git = *Repository::Discover(repo.path());
  EXPECT_EQ(git->HeadBranch(), "main");
  repo.Git({"checkout", "--quiet", "--detach", first});
  EXPECT_EQ(git->HeadBranch(), "");
  EXPECT_EQ(git->Head()->value, first);
}

TEST(Resolve, TakesWhatGitTakes) {
  TempRepo repo;
  std::string first = repo.Commit("first");
  repo.Git({"tag", "-a", "v1", "-m", "a tag"});
  repo.Commit("second");
  auto git = *Repository::Discover(repo.path());
  EXPECT_EQ(git->Resolve("HEAD~1")->value, first);
  EXPECT_EQ(git->Resolve("v1")->value, first);
  EXPECT_EQ(git->Resolve(first.substr(0, 8))->value, first);
  for (const char* unknown : {"nonsense", "HEAD~7", "", "a..b", "HEAD:file", "^"}) {
    EXPECT_TRUE(absl::IsNotFound(git->Resolve(unknown).status())) << unknown << git->Resolve(unknown).status();
  }
}

TEST(Commit, TellsParentsMessageAndTime) {
  TempRepo repo;
  std::string first = repo.Commit("first");
  std::string second = repo.Commit("second\n\nwith a body");
  auto info = (*Repository::Discover(repo.path()))->Commit({second});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->parents, std::vector<CommitId>{{first}});
  EXPECT_EQ(info->message, "second\n\nwith a body\n");
  EXPECT_EQ(std::to_string(info->time), repo.Git({"log", "-1", "--format=%ct"}));
}

TEST(Config, IsTheRepositorys) {
  TempRepo repo;
  auto git = *Repository::Discover(repo.path());
  EXPECT_EQ(git->User().name, "Ada");
  EXPECT_EQ(git->OriginUrl(), "");
  EXPECT_TRUE(absl::IsNotFound(git->ConfigString("expq.scheduler").status()));
  repo.Git({"config", "expq.scheduler", "hub:7070"});
  repo.Git({"remote", "add", "origin", "https://example.org/x.git"});
  EXPECT_EQ(*git->ConfigString("expq.scheduler"), "hub:7070");
  EXPECT_EQ(git->OriginUrl(), "https://example.org/x.git");
}

TEST(IsIgnored, FollowsGitignoreAsItIsNow) {
  TempRepo repo;
  auto git = *Repository::Discover(repo.path());
  EXPECT_FALSE(git->IsIgnored("out/a.bin"));
  repo.Write(".gitignore", "*.bin\n/build/\n");
  EXPECT_TRUE(git->IsIgnored("out/a.bin"));
  EXPECT_TRUE(git->IsIgnored("build/"));
  EXPECT_FALSE(git->IsIgnored("a.txt"));
}

}  // namespace
}  // namespace expq::git
