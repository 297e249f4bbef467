#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using testing::TempRepo;

class CommitChanges : public ::testing::Test {
 protected:
  CommitChanges() {
    repo_.Write("params.yaml", "lr: 0.1\n");
    repo_.Write("a/b/c.txt", "c\n");
    repo_.Write("a/d.txt", "d\n");
    head_ = {repo_.Commit("baseline")};
    git_ = *Repository::Discover(repo_.path());
  }

  // "path mode" lines of the commit that `changes` make on top of HEAD.
  std::string FilesAfter(const std::vector<Change>& changes) {
    auto commit = git_->CommitChanges(head_.value, changes, {head_}, "a result\n");
    if (!commit.ok()) return commit.status().ToString();
    last_ = *commit;
    return repo_.Git({"ls-tree", "-r", "--format=%(path)", commit->value});
  }

  TempRepo repo_;
  CommitId head_;
  CommitId last_;
  std::unique_ptr<Repository> git_;
};

TEST_F(CommitChanges, AddsChangesAndDeletesFiles) {
  EXPECT_EQ(FilesAfter({{.path = "params.yaml", .bytes = "lr: 0.2\n"},
                        {.path = "a/b/new.sh", .bytes = "#!/bin/sh\n", .mode = FileMode::kExecutable},
                        {.path = "x/y/z", .bytes = "deep"},
                        {.path = "link", .bytes = "a/d.txt", .mode = FileMode::kSymlink},
                        {.path = "a/d.txt", .bytes = std::nullopt}}),
            "a/b/c.txt\na/b/new.sh\nlink\nparams.yaml\nx/y/z");
  EXPECT_EQ(repo_.Git({"show", last_.value + ":params.yaml"}), "lr: 0.2");
  EXPECT_EQ(repo_.Git({"ls-tree", "--format=%(objectmode)", last_.value, "a/b/new.sh", "link"}), "100755\n120000");
  EXPECT_EQ(repo_.Git({"log", "-1", "--format=%P|%an|%ce|%B", last_.value}),
            absl::StrCat(head_.value, "|Ada|ada@example.org|a result\n"));
  EXPECT_EQ(repo_.Git({"fsck", "--strict", "--no-dangling", "--no-progress"}), "");
}

TEST_F(CommitChanges, WithoutChangesHasTheSameTree) {
  FilesAfter({});
  EXPECT_EQ(repo_.Git({"rev-parse", last_.value + "^{tree}"}), repo_.Git({"rev-parse", "HEAD^{tree}"}));
}

TEST_F(CommitChanges, DropsFoldersThatBecomeEmpty) {
  EXPECT_EQ(FilesAfter({{.path = "a/b/c.txt", .bytes = std::nullopt}, {.path = "a/d.txt", .bytes = std::nullopt}}),
            "params.yaml");
  EXPECT_EQ(FilesAfter({{.path = "a/b/c.txt", .bytes = std::nullopt},
                        {.path = "a/d.txt", .bytes = std::nullopt},
                        {.path = "params.yaml", .bytes = std::nullopt}}),
            "");
}

TEST_F(CommitChanges, DeletesWhatIsNotThereWithoutComplaint) {
  EXPECT_EQ(FilesAfter({{.path = "no/such/file", .bytes = std::nullopt},
                        {.path = "a", .bytes = std::nullopt},
                        {.path = "params.yaml/below", .bytes = std::nullopt}}),
            "a/b/c.txt\na/d.txt\nparams.yaml");
}

TEST_F(CommitChanges, LetAFileTakeAFoldersPlaceAndTheOtherWayRound) {
  EXPECT_EQ(FilesAfter({{.path = "a", .bytes = "now a file"}, {.path = "a/d.txt", .bytes = std::nullopt}}),
            "a\nparams.yaml");
  EXPECT_EQ(FilesAfter({{.path = "params.yaml/x", .bytes = "1"}, {.path = "params.yaml.bak", .bytes = "2"}}),
            "a/b/c.txt\na/d.txt\nparams.yaml.bak\nparams.yaml/x");
  EXPECT_THAT(FilesAfter({{.path = "p", .bytes = "1"}, {.path = "p/q", .bytes = "2"}}),
              ::testing::HasSubstr("INVALID_ARGUMENT"));
}

TEST_F(CommitChanges, LetTheLastOfTwoChangesOfAFileCount) {
  FilesAfter(
      {{.path = "params.yaml", .bytes = "one"}, {.path = "z", .bytes = "z"}, {.path = "params.yaml", .bytes = "two"}});
  EXPECT_EQ(repo_.Git({"show", last_.value + ":params.yaml"}), "two");
}

TEST_F(CommitChanges, RefusePathsThatNoCheckoutShouldMake) {
  for (const char* path : {"../x", "/etc/passwd", ".git/config", "a/.GIT/x", "a//b", ""}) {
    EXPECT_THAT(FilesAfter({{.path = path, .bytes = "x"}}), ::testing::HasSubstr("INVALID_ARGUMENT")) << path;
  }
}

TEST_F(CommitChanges, RefuseAParentThatDoesNotExist) {
  CommitId nobody{std::string(40, '1')};
  EXPECT_FALSE(git_->CommitChanges(head_.value, {}, {nobody}, "x").ok());
  EXPECT_TRUE(absl::IsNotFound(git_->CommitChanges(nobody.value, {}, {}, "x").status()));
}

TEST_F(CommitChanges, SurviveGarbageCollectionOnceARefPointsAtThem) {
  FilesAfter({{.path = "metrics.json", .bytes = "{}"}});
  ASSERT_TRUE(git_->SetRef("refs/exps/ab/cd/one", last_).ok());
  repo_.Git({"gc", "--quiet", "--prune=now"});
  EXPECT_EQ(*git_->ReadFile(last_.value, "metrics.json"), "{}");
  EXPECT_EQ(repo_.Git({"show", "refs/exps/ab/cd/one:metrics.json"}), "{}");
}

TEST_F(CommitChanges, OfManyThreadsAllLast) {
  constexpr int kThreads = 4, kCommits = 25;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      auto git = *Repository::Discover(repo_.path());
      for (int i = 0; i < kCommits; ++i) {
        std::string name = absl::StrCat("run-", thread, "-", i);
        auto commit = git->CommitChanges(
            head_.value, {{.path = "shared.txt", .bytes = absl::StrCat(i)}, {.path = "a/metrics.json", .bytes = name}},
            {head_}, name);
        if (commit.ok() && git->SetRef(ResultRef(head_, name), *commit, CommitId{}).ok()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, kThreads * kCommits);
  EXPECT_EQ(git_->Refs("refs/exps/")->size(), static_cast<size_t>(kThreads * kCommits));
  EXPECT_EQ(repo_.Git({"fsck", "--strict", "--no-progress"}), "");
}

}  // namespace
}  // namespace expq::git
