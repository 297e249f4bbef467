#include "agent/slot.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "agent/git_folder.h"
#include "agent/slot_pool.h"
#include "tests/support/temp_repo.h"

namespace expq::agent {
namespace {

class SlotTest : public ::testing::Test {
 protected:
  SlotTest() {
    repo_.Write("params.yaml", "units: 64\n");
    repo_.Write("src/train.py", "print(1)\n");
    repo_.Write("run.sh", "#!/bin/sh\n", 0755);
    repo_.Symlink("src/train.py", "link");
    first_ = repo_.Commit();
    repo_.Write("params.yaml", "units: 128\n");
    repo_.Remove("src");
    repo_.Write("src", "now a file\n");
    repo_.Write("new/deep/file", "x");
    second_ = repo_.Commit();
  }

  std::unique_ptr<Slot> Acquire() {
    auto slot = pool_.Acquire(git_->common_dir() + "/objects");
    EXPECT_TRUE(slot.ok()) << slot.status();
    return *std::move(slot);
  }
  void Materialize(Slot& slot, const std::string& commit) {
    auto files = git_->ListTree(commit);
    ASSERT_TRUE(files.ok()) << files.status();
    absl::Status made = slot.Materialize(*git_, std::make_shared<const TreeFiles>(*files));
    ASSERT_TRUE(made.ok()) << made;
  }
  // Every file and link below, with what it holds.
  std::map<std::string, std::string> Content(const Slot& slot) {
    std::map<std::string, std::string> content;
    absl::Status walked = fs::Walk(fs_, slot.workspace(), [&](const std::string& path, fs::Kind kind) {
      std::string file = fs::Join(slot.workspace(), path);
      content[path] = kind == fs::Kind::kSymlink ? "-> " + *fs_.ReadLink(file) : *fs_.Read(file);
      return absl::OkStatus();
    });
    EXPECT_TRUE(walked.ok()) << walked;
    return content;
  }
  uint64_t Inode(const Slot& slot, const std::string& path) {
    return fs_.Lstat(fs::Join(slot.workspace(), path))->inode;
  }
  void Put(const Slot& slot, const std::string& path, const std::string& bytes) {
    std::string file = fs::Join(slot.workspace(), path);
    ASSERT_TRUE(fs_.MakeDirs(fs::Dirname(file)).ok());
    ASSERT_TRUE(fs_.Write(file, bytes, fs::Durability::kAtomic).ok());
  }

  testing::TempRepo repo_;
  testing::TempDir data_;
  fs::PosixFilesystem fs_;
  AgentLayout layout_{data_.path()};
  SlotPool pool_{fs_, layout_, true};
  std::string first_, second_;
  std::unique_ptr<git::Repository> git_ = *git::Repository::Open(repo_.path());
  const std::map<std::string, std::string> first_content_ = {{"params.yaml", "units: 64\n"},
                                                             {"src/train.py", "print(1)\n"},
                                                             {"run.sh", "#!/bin/sh\n"},
                                                             {"link", "-> src/train.py"}};
};

TEST_F(SlotTest, HoldsExactlyTheTree) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  EXPECT_EQ(Content(*slot), first_content_);
  EXPECT_EQ(fs_.Lstat(fs::Join(slot->workspace(), "run.sh"))->mode & 0111, 0111u);
  EXPECT_EQ(fs_.Lstat(fs::Join(slot->workspace(), "params.yaml"))->mode & 0111, 0u);
}

TEST_F(SlotTest, TurnsOneTreeIntoAnotherAndBack) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  Materialize(*slot, second_);
  EXPECT_EQ(Content(*slot), (std::map<std::string, std::string>{{"params.yaml", "units: 128\n"},
                                                                {"src", "now a file\n"},
                                                                {"run.sh", "#!/bin/sh\n"},
                                                                {"link", "-> src/train.py"},
                                                                {"new/deep/file", "x"}}));
  Materialize(*slot, first_);
  EXPECT_EQ(Content(*slot), first_content_);
}

TEST_F(SlotTest, LeavesUnchangedFilesAloneAlsoInTheNextProcess) {
  int number = -1;
  uint64_t inode = 0;
  {
    auto slot = Acquire();
    Materialize(*slot, first_);
    inode = Inode(*slot, "src/train.py");
    Materialize(*slot, first_);
    EXPECT_EQ(Inode(*slot, "src/train.py"), inode);
    number = slot->number();
    ASSERT_TRUE(slot->SaveManifest().ok());
  }
  auto slot = Acquire();
  EXPECT_EQ(slot->number(), number);
  Materialize(*slot, first_);
  EXPECT_EQ(Inode(*slot, "src/train.py"), inode);
}

TEST_F(SlotTest, UndoesWhateverStagesDid) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  Put(*slot, "params.yaml", "units: 99\n");
  Put(*slot, "out/model.bin", "weights");
  Put(*slot, "src/extra/junk", "junk");
  ASSERT_TRUE(fs_.Chmod(fs::Join(slot->workspace(), "run.sh"), 0644).ok());
  ASSERT_TRUE(fs_.Remove(fs::Join(slot->workspace(), "link")).ok());
  ASSERT_TRUE(fs_.MakeDirs(fs::Join(slot->workspace(), "link/now/a/folder")).ok());
  Materialize(*slot, first_);
  EXPECT_EQ(Content(*slot), first_content_);
  EXPECT_EQ(fs_.Lstat(fs::Join(slot->workspace(), "run.sh"))->mode & 0111, 0111u);
}

TEST_F(SlotTest, DoesNotWriteThroughALinkThatAStageMade) {
  testing::TempDir outside;
  outside.Write("train.py", "not ours");
  auto slot = Acquire();
  Materialize(*slot, first_);
  ASSERT_TRUE(fs_.RemoveTree(fs::Join(slot->workspace(), "src")).ok());
  ASSERT_TRUE(fs_.Link(fs::LinkKind::kSymlink, outside.path(), fs::Join(slot->workspace(), "src")).ok());
  Materialize(*slot, first_);
  EXPECT_EQ(Content(*slot), first_content_);
  EXPECT_EQ(outside.Read("train.py"), "not ours");
}

TEST_F(SlotTest, KeepsDataSourcesUntilTheyAreNoneAnyMore) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  Put(*slot, "data/images/1.png", "1");
  Put(*slot, "data/other", "2");
  ASSERT_TRUE(slot->KeepSources({"data/images"}).ok());
  Materialize(*slot, first_);
  auto content = Content(*slot);
  EXPECT_TRUE(content.contains("data/images/1.png"));
  EXPECT_FALSE(content.contains("data/other"));
  ASSERT_TRUE(slot->KeepSources({}).ok());
  EXPECT_EQ(Content(*slot), first_content_);
}

TEST_F(SlotTest, SaysWhichTrackedFilesWereTouched) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  EXPECT_TRUE(slot->Touched().empty());
  Put(*slot, "params.yaml", "units: 65\n");
  Put(*slot, "untracked", "");
  ASSERT_TRUE(fs_.Remove(fs::Join(slot->workspace(), "run.sh")).ok());
  std::set<std::string> touched;
  for (const git::TreeFile& file : slot->Touched()) touched.insert(file.path);
  EXPECT_EQ(touched, (std::set<std::string>{"params.yaml", "run.sh"}));
}

TEST_F(SlotTest, IsUsedByOneAttemptAtATime) {
  SlotPool other_process(fs_, layout_, true);
  auto a = Acquire();
  auto b = Acquire();
  auto c = other_process.Acquire(git_->common_dir() + "/objects");
  ASSERT_TRUE(c.ok()) << c.status();
  EXPECT_EQ((std::set<int>{a->number(), b->number(), (*c)->number()}).size(), 3u);
  int number = a->number();
  pool_.Release(std::move(a));
  EXPECT_EQ(Acquire()->number(), number);
}

TEST_F(SlotTest, IsMovedAwayForPeopleToLookAt) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  experiment::Experiment experiment;
  experiment.id.value = "a1b2";
  experiment.name = "rusty-otter";
  auto kept = slot->Keep(experiment, 2);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(*kept, data_ / "work/kept/a1b2/rusty-otter-2");
  EXPECT_EQ(*fs_.Read(*kept + "/params.yaml"), "units: 64\n");
  Materialize(*slot, first_);
  EXPECT_EQ(Content(*slot), first_content_);
}

TEST_F(SlotTest, IsFoundAgainByTheAttemptThatItWasPreparedFor) {
  AttemptKey key{{"0123456789abcdef"}, 3};
  int number = -1;
  {
    SlotPool earlier_process(fs_, layout_, true);
    auto slot = earlier_process.Acquire(git_->common_dir() + "/objects");
    ASSERT_TRUE(slot.ok());
    number = (*slot)->number();
    Materialize(**slot, first_);
    Put(**slot, "out", "made so far");
    ASSERT_TRUE((*slot)->MarkPrepared(key).ok());
  }
  EXPECT_TRUE(absl::IsNotFound(pool_.Resume({{"0123456789abcdef"}, 4}).status()));
  auto resumed = pool_.Resume(key);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ((*resumed)->number(), number);
  EXPECT_TRUE(Content(**resumed).contains("out"));
  ASSERT_TRUE((*resumed)->Reset(true).ok());
  EXPECT_FALSE((*resumed)->IsPreparedFor(key));
}

TEST_F(SlotTest, LooksLikeARepositoryToGitButIsNotTheUsers) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  experiment::CommitId baseline{first_};
  ASSERT_TRUE(WriteGitFolder(fs_, slot->workspace(), git_->common_dir() + "/objects", baseline).ok());
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"rev-parse", "HEAD"}), first_);
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"rev-parse", "--show-toplevel"}), slot->workspace());
  testing::RunGit(slot->workspace(), {"add", "params.yaml"});
  testing::RunGit(slot->workspace(), {"update-ref", "refs/heads/mine", first_});
  ASSERT_TRUE(WriteGitFolder(fs_, slot->workspace(), git_->common_dir() + "/objects", {second_}).ok());
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"rev-parse", "HEAD"}), second_);
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"for-each-ref"}), "");
  EXPECT_EQ(testing::RunGit(repo_.path(), {"for-each-ref", "--format=%(refname)"}), "refs/heads/main");
  Materialize(*slot, first_);
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"rev-parse", "HEAD"}), second_);
}

TEST_F(SlotTest, GitSeesWhatAStageChangesAndNothingElse) {
  auto slot = Acquire();
  auto status = [&] { return testing::RunGit(slot->workspace(), {"status", "--porcelain"}); };
  auto prepare = [&](const std::string& snapshot) {
    Materialize(*slot, snapshot);
    ASSERT_TRUE(WriteGitFolder(fs_, slot->workspace(), git_->common_dir() + "/objects", {first_}).ok());
    ASSERT_TRUE(slot->WriteIndex().ok());
  };
  prepare(first_);
  EXPECT_EQ(status(), "");
  Put(*slot, "params.yaml", "units: 65\n");
  Put(*slot, "out", "made");
  EXPECT_EQ(status(), " M params.yaml\n?? out");
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"diff", "HEAD", "--stat", "--format="}),
            " params.yaml | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)");
  testing::RunGit(slot->workspace(), {"update-index", "--assume-unchanged", "run.sh"});
  prepare(first_);
  Put(*slot, "run.sh", "changed");
  EXPECT_EQ(status(), " M run.sh") << "an earlier attempt's index says nothing";
  // What the user had not committed stands between HEAD and the index.
  prepare(second_);
  EXPECT_EQ(status(), "A  new/deep/file\nM  params.yaml\nA  src\nD  src/train.py");
}

TEST_F(SlotTest, GitNeedsToReadNothingToSeeThatAllIsAsItWas) {
  auto slot = Acquire();
  Materialize(*slot, first_);
  ASSERT_TRUE(WriteGitFolder(fs_, slot->workspace(), git_->common_dir() + "/objects", {first_}).ok());
  ASSERT_TRUE(slot->WriteIndex().ok());
  // The raw comparison by what lstat says, which takes no content into account.
  EXPECT_EQ(testing::RunGit(slot->workspace(), {"diff-files"}), "");
}

}  // namespace
}  // namespace expq::agent
