#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using testing::RunGit;
using testing::TempDir;
using testing::TempRepo;

experiment::ByteSource SourceOf(std::string bytes, size_t piece = 1000) {
  return [bytes = std::move(bytes), piece, at = size_t{0}]() mutable -> absl::StatusOr<std::string> {
    std::string next = bytes.substr(at, piece);
    at += next.size();
    return next;
  };
}

class Pack : public ::testing::Test {
 protected:
  Pack() {
    for (int i = 0; i < 40; ++i) repo_.Write(absl::StrCat("dir/", i), absl::StrCat("file number ", i, "\n"));
    repo_.Write("params.yaml", "lr: 0.1\n");
    one_ = {repo_.Commit("one")};
    repo_.Write("params.yaml", "lr: 0.2\n");
    two_ = {repo_.Commit("two")};
    here_ = *Repository::Discover(repo_.path());
    there_ = *Repository::OpenBare(other_ / "there.git");
  }

  std::string Packed(const std::vector<CommitId>& wants, const std::vector<CommitId>& haves) {
    std::string bytes;
    absl::Status wrote = here_->WritePack(wants, haves, [&](absl::string_view piece) {
      bytes.append(piece.data(), piece.size());
      return absl::OkStatus();
    });
    EXPECT_TRUE(wrote.ok()) << wrote;
    return bytes;
  }

  // Nothing of a refused pack stays: no object, no temporary file.
  void ExpectNothingThere() {
    EXPECT_EQ(RunGit(other_ / "there.git", {"count-objects", "-v"}),
              "count: 0\nsize: 0\nin-pack: 0\npacks: 0\nsize-pack: 0\nprune-packable: 0\ngarbage: 0\nsize-garbage: 0");
    std::string temporary = other_ / "there.git/expq/tmp/git";
    EXPECT_TRUE(!std::filesystem::exists(temporary) || std::filesystem::is_empty(temporary));
  }

  TempRepo repo_;
  TempDir other_;
  CommitId one_;
  CommitId two_;
  std::unique_ptr<Repository> here_;
  std::unique_ptr<Repository> there_;
};

TEST_F(Pack, BringsACommitWithAllThatItReaches) {
  absl::Status read = there_->ReadPack(SourceOf(Packed({two_}, {})));
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_TRUE(there_->HasCommit(two_));
  EXPECT_TRUE(there_->HasCommit(one_));
  EXPECT_EQ(*there_->ReadFile(two_.value, "params.yaml"), "lr: 0.2\n");
  ASSERT_TRUE(there_->SetRef("refs/expq/x", two_).ok());
  EXPECT_EQ(RunGit(other_ / "there.git", {"fsck", "--strict", "--no-progress"}), "");
}

TEST_F(Pack, LeavesOutWhatTheOtherSideHas) {
  ASSERT_TRUE(there_->ReadPack(SourceOf(Packed({one_}, {}))).ok());
  std::string thin = Packed({two_}, {one_, {std::string(40, '7')}});
  EXPECT_LT(thin.size(), 1000u);
  ASSERT_TRUE(there_->ReadPack(SourceOf(thin, 7)).ok());
  EXPECT_EQ(*there_->ReadFile(two_.value, "dir/7"), "file number 7\n");
  EXPECT_THAT(RunGit(other_ / "there.git", {"count-objects", "-v"}), ::testing::HasSubstr("packs: 1\n"))
      << "a small pack becomes loose objects";
}

TEST_F(Pack, OfNothingIsHarmless) {
  ASSERT_TRUE(there_->ReadPack(SourceOf(Packed({one_}, {}))).ok());
  EXPECT_TRUE(there_->ReadPack(SourceOf(Packed({one_}, {one_}))).ok());
  EXPECT_TRUE(there_->ReadPack(SourceOf(Packed({one_}, {}))).ok()) << "the same again";
}

TEST_F(Pack, FromGitItselfIsUnderstood) {
  repo_.Write(".git/wants", two_.value + "\n");
  std::string bytes = repo_.Git({"-c", "alias.po=!git pack-objects --revs --stdout -q <.git/wants >.git/out", "po"});
  ASSERT_TRUE(there_->ReadPack(SourceOf(repo_.Read(".git/out"))).ok());
  EXPECT_TRUE(there_->HasCommit(two_));
}

TEST_F(Pack, WithMissingObjectsIsRefusedWhole) {
  absl::Status read = there_->ReadPack(SourceOf(Packed({two_}, {one_})));
  EXPECT_TRUE(absl::IsDataLoss(read)) << read;
  EXPECT_FALSE(there_->HasCommit(two_));
  ExpectNothingThere();
}

TEST_F(Pack, CutOffAnywhereIsRefused) {
  std::string whole = Packed({two_}, {});
  for (size_t size : {size_t{0}, size_t{3}, size_t{12}, size_t{20}, whole.size() / 2, whole.size() - 1}) {
    absl::Status read = there_->ReadPack(SourceOf(whole.substr(0, size)));
    EXPECT_TRUE(absl::IsDataLoss(read)) << size << read;
  }
  ExpectNothingThere();
}

TEST_F(Pack, WithAFlippedByteIsRefused) {
  std::string whole = Packed({two_}, {});
  for (size_t at = 0; at < whole.size(); at += 13) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    EXPECT_FALSE(there_->ReadPack(SourceOf(broken)).ok()) << at;
  }
  ExpectNothingThere();
}

TEST_F(Pack, ThatClaimsBillionsOfObjectsIsRefused) {
  std::string whole = Packed({two_}, {});
  whole[8] = '\x7f';
  absl::Status read = there_->ReadPack(SourceOf(whole));
  EXPECT_TRUE(absl::IsDataLoss(read) || absl::IsResourceExhausted(read)) << read;
  ExpectNothingThere();
}

TEST_F(Pack, WithGarbageBehindItIsRefused) {
  EXPECT_FALSE(there_->ReadPack(SourceOf(Packed({two_}, {}) + "more")).ok());
  ExpectNothingThere();
}

TEST_F(Pack, WhoseSourceFailsLeavesNothing) {
  std::string whole = Packed({two_}, {});
  int pieces = 0;
  absl::Status read = there_->ReadPack([&]() -> absl::StatusOr<std::string> {
    if (++pieces > 1) return absl::UnavailableError("the line is cut");
    return whole.substr(0, 500);
  });
  EXPECT_TRUE(absl::IsUnavailable(read)) << read;
  ExpectNothingThere();
}

TEST_F(Pack, WhoseSinkFailsStops) {
  absl::Status wrote = here_->WritePack({two_}, {}, [](absl::string_view) { return absl::UnavailableError("full"); });
  EXPECT_TRUE(absl::IsUnavailable(wrote)) << wrote;
}

TEST_F(Pack, OfAnUnknownCommitIsNotFound) {
  absl::Status wrote =
      here_->WritePack({{std::string(40, '1')}}, {}, [](absl::string_view) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsNotFound(wrote)) << wrote;
}

}  // namespace
}  // namespace expq::git
