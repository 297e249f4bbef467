#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fs/filesystem.h"
#include "common/git/repository.h"
#include "common/status/status.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using testing::RunGit;
using testing::TempDir;
using testing::TempRepo;

std::string TreeOf(const TempRepo& repo) {
  auto git = Repository::Discover(repo.path());
  if (!git.ok()) return git.status().ToString();
  auto snapshot = (*git)->SnapshotTree();
  if (!snapshot.ok()) return snapshot.status().ToString();
  auto head = (*git)->Head();
  auto commit = head.ok() ? (*git)->CommitSnapshot(*snapshot, *head, "a snapshot\n") : head;
  return commit.ok() ? snapshot->tree : commit.status().ToString();
}

absl::Status ErrorOf(const TempRepo& repo) {
  auto git = Repository::Discover(repo.path());
  return git.ok() ? (*git)->SnapshotTree().status() : git.status();
}

// What git itself would stash: the tree of `git stash create`, or HEAD's when there is nothing to stash.
std::string StashTreeOf(const TempRepo& repo) {
  std::string stash = repo.Git({"stash", "create"});
  return repo.Git({"rev-parse", (stash.empty() ? "HEAD" : stash) + "^{tree}"});
}

// "mode path" of every file of a tree, as git tells it.
std::string FilesOf(const TempRepo& repo, const std::string& tree) {
  return repo.Git({"ls-tree", "-r", "--format=%(objectmode) %(path)", tree});
}

// Every byte that belongs to the user: all files but git's objects, with mode and mtime.
std::string EverythingOf(const TempRepo& repo) {
  fs::PosixFilesystem disk;
  std::string all;
  auto visit = [&](const std::string& path, fs::Kind kind) {
    if (absl::StartsWith(path, ".git/objects/") || absl::StartsWith(path, ".git/expq")) return absl::OkStatus();
    auto info = disk.Lstat(repo / path);
    absl::StrAppend(&all, path, " ", info->mode, " ", info->mtime_ns, " ", info->inode, " ");
    absl::StrAppend(&all, kind == fs::Kind::kFile ? *disk.Read(repo / path) : "", "\n");
    return absl::OkStatus();
  };
  EXPECT_TRUE(fs::Walk(disk, repo.path(), visit).ok());
  return all;
}

class Snapshot : public ::testing::Test {
 protected:
  Snapshot() {
    repo_.Write("params.yaml", "lr: 0.1\n");
    repo_.Write("src/train.py", "print(1)\n");
    repo_.Write("src/deep/er/data.txt", "data\n");
    repo_.Write("run.sh", "#!/bin/sh\n", 0755);
    repo_.Write(".gitignore", "*.log\n");
    repo_.Symlink("src/train.py", "link");
    repo_.Commit("baseline");
  }
  TempRepo repo_;
};

TEST_F(Snapshot, OfACleanWorkspaceIsHeadsTree) { EXPECT_EQ(TreeOf(repo_), repo_.Git({"rev-parse", "HEAD^{tree}"})); }

TEST_F(Snapshot, IsTheTreeThatGitStashWouldMake) {
  repo_.Write("params.yaml", "lr: 0.2\n");
  repo_.Write("run.sh", "#!/bin/sh\n", 0644);
  std::filesystem::permissions(repo_ / "run.sh", std::filesystem::perms(0644));
  std::filesystem::permissions(repo_ / "src/train.py", std::filesystem::perms(0755));
  repo_.Remove("src/deep/er/data.txt");
  repo_.Write("new.txt", "staged\n");
  repo_.Stage("new.txt");
  repo_.Write("new.txt", "staged, then changed\n");
  repo_.Write("untracked.txt", "not mine\n");
  repo_.Write("noise.log", "ignored\n");
  repo_.Remove("link");
  repo_.Symlink("elsewhere", "link");
  std::string expected = StashTreeOf(repo_);
  EXPECT_EQ(TreeOf(repo_), expected);
  EXPECT_EQ(FilesOf(repo_, expected),
            "100644 .gitignore\n120000 link\n100644 new.txt\n100644 params.yaml\n100644 run.sh\n100755 src/train.py");
}

TEST_F(Snapshot, SeesAChangeOfTheSameSizeInTheSameTick) {
  for (int i = 0; i < 20; ++i) {
    repo_.Write("params.yaml", absl::StrCat("lr: 0.", i % 10, "\n"));
    repo_.Stage("params.yaml");
    repo_.Write("params.yaml", absl::StrCat("lr: 0.", (i + 1) % 10, "\n"));
    EXPECT_EQ(TreeOf(repo_), StashTreeOf(repo_)) << i;
    repo_.Git({"reset", "--quiet", "--hard"});
  }
}

TEST_F(Snapshot, LeavesEverythingOfTheUsersAsItWas) {
  repo_.Write("params.yaml", "lr: 0.3\n");
  repo_.Git({"stash", "push", "--quiet"});
  repo_.Write("params.yaml", "lr: 0.2\n");
  repo_.Write("staged.txt", "x\n");
  repo_.Stage("staged.txt");
  repo_.Write("untracked.txt", "y\n");
  std::string before = EverythingOf(repo_);
  ASSERT_EQ(TreeOf(repo_).size(), 40u);
  EXPECT_EQ(EverythingOf(repo_), before);
}

TEST_F(Snapshot, OfATypeChangeFollowsTheWorkspace) {
  repo_.Remove("link");
  repo_.Write("link", "now a file\n");
  repo_.Remove("params.yaml");
  repo_.Symlink("run.sh", "params.yaml");
  repo_.Remove("src/train.py");
  repo_.Write("src/train.py/not_tracked", "a folder where a file was\n");
  std::string tree = TreeOf(repo_);
  EXPECT_EQ(FilesOf(repo_, tree),
            "100644 .gitignore\n100644 link\n120000 params.yaml\n100755 run.sh\n100644 src/deep/er/data.txt");
}

TEST_F(Snapshot, DoesNotFollowALinkThatTookAFoldersPlace) {
  TempDir elsewhere;
  elsewhere.Write("train.py", "not tracked\n");
  elsewhere.Write("deep/er/data.txt", "not tracked\n");
  repo_.Remove("src");
  repo_.Symlink(elsewhere.path(), "src");
  EXPECT_EQ(FilesOf(repo_, TreeOf(repo_)), "100644 .gitignore\n120000 link\n100644 params.yaml\n100755 run.sh");
}

TEST_F(Snapshot, IncludesFilesThatAreOnlyIntendedToBeAdded) {
  repo_.Write("soon/new.txt", "content\n");
  repo_.Git({"add", "--intent-to-add", "soon/new.txt"});
  std::string tree = TreeOf(repo_);
  EXPECT_EQ(repo_.Git({"show", tree + ":soon/new.txt"}), "content");
  auto git = *Repository::Discover(repo_.path());
  EXPECT_EQ(git->SnapshotTree()->index_tree, repo_.Git({"write-tree"}));
}

TEST_F(Snapshot, KeepsTheIndexContentOfFilesThatGitWasToldNotToLookAt) {
  repo_.Git({"update-index", "--assume-unchanged", "params.yaml"});
  repo_.Git({"update-index", "--skip-worktree", "run.sh"});
  repo_.Write("params.yaml", "changed\n");
  repo_.Remove("run.sh");
  EXPECT_EQ(TreeOf(repo_), repo_.Git({"rev-parse", "HEAD^{tree}"}));
}

TEST_F(Snapshot, OfASparseCheckoutIsWhole) {
  repo_.Git({"sparse-checkout", "set", "other"});
  ASSERT_FALSE(std::filesystem::exists(repo_ / "src"));
  EXPECT_EQ(TreeOf(repo_), repo_.Git({"rev-parse", "HEAD^{tree}"}));
}

TEST_F(Snapshot, LeavesOutWhatIsNoLongerTracked) {
  repo_.Git({"rm", "--cached", "--quiet", "params.yaml"});
  EXPECT_THAT(FilesOf(repo_, TreeOf(repo_)), ::testing::Not(::testing::HasSubstr("params.yaml")));
}

TEST_F(Snapshot, IsRefusedInTheMiddleOfAConflict) {
  repo_.Git({"checkout", "--quiet", "-b", "side"});
  repo_.Write("params.yaml", "lr: 1\n");
  repo_.Commit("side");
  repo_.Git({"checkout", "--quiet", "main"});
  repo_.Write("params.yaml", "lr: 2\n");
  repo_.Commit("main");
  RunGit(repo_.path(), {"merge", "side"}, true);
  absl::Status error = ErrorOf(repo_);
  EXPECT_TRUE(absl::IsFailedPrecondition(error)) << error;
  EXPECT_THAT(std::string(error.message()), ::testing::HasSubstr("params.yaml"));
}

TEST_F(Snapshot, ConvertsLineEndsAsGitDoes) {
  repo_.Write(".gitattributes", "*.txt text\n");
  repo_.Commit("attributes");
  repo_.Write("src/deep/er/data.txt", "one\r\ntwo\r\n");
  EXPECT_EQ(TreeOf(repo_), StashTreeOf(repo_));
}

TEST_F(Snapshot, IgnoresModesWhereGitIsToldTo) {
  repo_.Git({"config", "core.fileMode", "false"});
  std::filesystem::permissions(repo_ / "params.yaml", std::filesystem::perms(0755));
  repo_.Write("run.sh", "#!/bin/sh\necho\n");
  EXPECT_EQ(TreeOf(repo_), StashTreeOf(repo_));
}

TEST_F(Snapshot, OfAnEmptiedWorkspaceIsTheEmptyTree) {
  for (const char* name : {"params.yaml", "src", "run.sh", ".gitignore", "link"}) repo_.Remove(name);
  EXPECT_EQ(TreeOf(repo_), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST_F(Snapshot, WorksInALinkedWorktree) {
  TempDir other;
  repo_.Git({"worktree", "add", "--quiet", "--detach", other / "tree"});
  other.Write("tree/params.yaml", "lr: 9\n");
  auto git = *Repository::Discover(other / "tree");
  auto snapshot = git->SnapshotTree();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(*git->ReadFile(snapshot->tree, "params.yaml"), "lr: 9\n");
}

TEST_F(Snapshot, ReadsWhatIsNotYetCommittedThroughTheSameHandle) {
  repo_.Write("params.yaml", "lr: 5\n");
  auto git = *Repository::Discover(repo_.path());
  auto snapshot = git->SnapshotTree();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(*git->ReadFile(snapshot->tree, "params.yaml"), "lr: 5\n");
  EXPECT_EQ(git->ListTree(snapshot->tree)->size(), 6u);
}

TEST_F(Snapshot, SaysHowToGetRidOfASplitIndex) {
  repo_.Git({"update-index", "--split-index"});
  absl::Status error = ErrorOf(repo_);
  EXPECT_TRUE(absl::IsUnimplemented(error)) << error;
  EXPECT_THAT(status::Hint(error), ::testing::HasSubstr("--no-split-index"));
}

TEST_F(Snapshot, CommitLooksLikeAStash) {
  repo_.Write("params.yaml", "lr: 0.2\n");
  repo_.Write("new.txt", "staged\n");
  repo_.Stage("new.txt");
  auto git = *Repository::Discover(repo_.path());
  auto snapshot = git->SnapshotTree();
  CommitId head = *git->Head();
  auto commit = git->CommitSnapshot(*snapshot, head, "expq: a submission\n");
  ASSERT_TRUE(commit.ok()) << commit.status();
  EXPECT_EQ(repo_.Git({"rev-parse", commit->value + "^1"}), head.value);
  EXPECT_EQ(repo_.Git({"rev-parse", commit->value + "^2^{tree}"}), repo_.Git({"write-tree"}));
  EXPECT_EQ(repo_.Git({"log", "-1", "--format=%an <%ae>|%B", commit->value}),
            "Ada <ada@example.org>|expq: a submission\n");
  repo_.Git({"reset", "--quiet", "--hard"});
  repo_.Git({"stash", "apply", "--quiet", commit->value});
  EXPECT_EQ(repo_.Read("params.yaml"), "lr: 0.2\n");
  EXPECT_EQ(repo_.Git({"fsck", "--strict", "--no-dangling", "--no-progress"}), "");
}

TEST_F(Snapshot, CommitTakesAMessageOfManyMegabytes) {
  std::string message(6 << 20, 'x');
  for (size_t i = 97; i < message.size(); i += 97) message[i] = '\n';
  auto git = *Repository::Discover(repo_.path());
  auto commit = git->CommitSnapshot(*git->SnapshotTree(), *git->Head(), message);
  ASSERT_TRUE(commit.ok()) << commit.status();
  EXPECT_EQ((*Repository::Discover(repo_.path()))->Commit(*commit)->message, message);
}

TEST_F(Snapshot, OfManyNewFilesBecomesOnePack) {
  for (int i = 0; i < 100; ++i) repo_.Write(absl::StrCat("many/", i, ".txt"), absl::StrCat("file ", i, "\n"));
  repo_.Git({"add", "many"});
  for (int i = 0; i < 100; ++i) repo_.Write(absl::StrCat("many/", i, ".txt"), absl::StrCat("changed ", i, "\n"));
  std::string tree = TreeOf(repo_);
  EXPECT_EQ(tree, StashTreeOf(repo_));
  EXPECT_THAT(repo_.Git({"count-objects", "-v"}), ::testing::HasSubstr("packs: 1\n"));
  EXPECT_EQ(repo_.Git({"fsck", "--strict", "--no-dangling", "--no-progress"}), "");
}

TEST_F(Snapshot, KilledAtAnyMomentHarmsNothing) {
  for (int i = 0; i < 60; ++i) repo_.Write(absl::StrCat("many/", i), "staged\n");
  repo_.Git({"add", "many"});
  for (int i = 0; i < 60; ++i) repo_.Write(absl::StrCat("many/", i), absl::StrCat("changed ", i, "\n"));
  std::string before = EverythingOf(repo_);
  for (int round = 0; round < 8; ++round) {
    int started[2];
    ASSERT_EQ(pipe(started), 0);
    pid_t child = fork();
    if (child == 0) {
      auto git = *Repository::Discover(repo_.path());
      for (int i = 0;; ++i) {
        if (write(started[1], "x", 1) != 1) _exit(1);
        auto commit = git->CommitSnapshot(*git->SnapshotTree(), *git->Head(), absl::StrCat(round, i));
        if (commit.ok()) continue;
        std::fprintf(stderr, "%s\n", commit.status().ToString().c_str());
        _exit(1);
      }
    }
    close(started[1]);
    char byte = 0;
    for (int i = 0; i <= round; ++i) ASSERT_EQ(read(started[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(started[0]);
    EXPECT_EQ(EverythingOf(repo_), before);
  }
  EXPECT_EQ(repo_.Git({"fsck", "--strict", "--no-dangling", "--no-progress"}), "");
  repo_.Git({"gc", "--quiet", "--prune=now"});
  EXPECT_EQ(TreeOf(repo_), StashTreeOf(repo_));
}

TEST_F(Snapshot, SweepsWhatKilledProcessesLeftLongAgo) {
  std::string old = repo_.Write(".git/expq/tmp/git/old/pack", "x");
  std::string young = repo_.Write(".git/expq/tmp/git/young", "x");
  auto folder = std::filesystem::path(old).parent_path();
  std::filesystem::last_write_time(folder, std::filesystem::last_write_time(folder) - std::chrono::hours(25));
  ASSERT_TRUE(Repository::Open(repo_.path()).ok());
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(std::filesystem::exists(young));
}

class Submodule : public ::testing::Test {
 protected:
  Submodule() {
    inner_.Write("lib.py", "lib\n");
    inner_.Write("sub/more.py", "more\n");
    inner_.Commit("library");
    outer_.Write("main.py", "main\n");
    outer_.Commit("first");
    outer_.Git({"submodule", "--quiet", "add", inner_.path(), "vendor/lib"});
    outer_.Commit("with a submodule");
  }
  TempRepo inner_;
  TempRepo outer_;
};

TEST_F(Submodule, FilesTravelInThePlaceOfTheLink) {
  std::string tree = TreeOf(outer_);
  EXPECT_EQ(FilesOf(outer_, tree),
            "100644 .gitmodules\n100644 main.py\n100644 vendor/lib/lib.py\n100644 vendor/lib/sub/more.py");
  EXPECT_EQ(outer_.Git({"show", tree + ":vendor/lib/sub/more.py"}), "more");
  EXPECT_EQ(outer_.Git({"fsck", "--strict", "--no-dangling", "--no-progress"}), "");
}

TEST_F(Submodule, ChangesTravelToo) {
  outer_.Write("vendor/lib/lib.py", "changed\n");
  outer_.Write("vendor/lib/untracked.py", "no\n");
  std::string tree = TreeOf(outer_);
  EXPECT_EQ(outer_.Git({"show", tree + ":vendor/lib/lib.py"}), "changed");
  EXPECT_THAT(FilesOf(outer_, tree), ::testing::Not(::testing::HasSubstr("untracked")));
}

TEST_F(Submodule, IsRefusedWhenNotInitialised) {
  outer_.Git({"submodule", "--quiet", "deinit", "--force", "vendor/lib"});
  absl::Status error = ErrorOf(outer_);
  EXPECT_TRUE(absl::IsFailedPrecondition(error)) << error;
  EXPECT_THAT(std::string(error.message()), ::testing::HasSubstr("submodule 'vendor/lib' is not initialised"));
  EXPECT_EQ(status::Hint(error), "git submodule update --init vendor/lib");
}

TEST_F(Submodule, IsAWorkspaceOfItsOwn) {
  auto git = Repository::Discover(outer_ / "vendor/lib/sub");
  ASSERT_TRUE(git.ok()) << git.status();
  EXPECT_EQ((*git)->worktree(), std::filesystem::canonical(outer_ / "vendor/lib"));
  EXPECT_EQ((*git)->Head()->value, inner_.Head());
}

TEST_F(Submodule, WithinASubmoduleTravelsToo) {
  TempRepo world;
  world.Git({"submodule", "--quiet", "add", outer_.path(), "outer"});
  world.Git({"submodule", "--quiet", "update", "--init", "--recursive"});
  world.Commit("world");
  EXPECT_THAT(FilesOf(world, TreeOf(world)), ::testing::HasSubstr("100644 outer/vendor/lib/sub/more.py"));
}

}  // namespace
}  // namespace expq::git
