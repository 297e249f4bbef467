#include "agent/project.h"

#include <gtest/gtest.h>

#include <optional>

#include "absl/strings/str_format.h"
#include "common/git/stores.h"
#include "tests/support/temp_repo.h"

namespace expq::agent {
namespace {

using experiment::CommitId;

// A user's repository with many snapshots on one baseline, and an agent's mirror of it.
class MirrorTest : public ::testing::Test {
 protected:
  MirrorTest() {
    repo_.Write("a.txt", "a\n");
    baseline_ = {repo_.Commit()};
  }

  CommitId Snapshot(const CommitId& baseline) {
    const git::Change change{.path = "a.txt", .bytes = absl::StrCat(++snapshots_)};
    auto commit = users_->CommitChanges(baseline.value, {change}, {baseline}, "snapshot");
    EXPECT_TRUE(commit.ok()) << commit.status();
    return *commit;
  }
  void Fetch(const CommitId& commit) {
    const absl::Status fetched = project_.FetchCommit(*mirror_, far_, commit);
    ASSERT_TRUE(fetched.ok()) << fetched;
  }
  // As if so many more had been fetched, all of them the same.
  void HoldMore(int count, const CommitId& commit) {
    std::string refs = "# pack-refs with: peeled fully-peeled sorted\n";
    for (int i = 0; i < count; ++i)
      absl::StrAppend(&refs, commit.value, absl::StrFormat(" refs/expq/fetched/f%03d\n", i));
    data_.Write("mirror.git/packed-refs", refs);
  }
  bool IsHeld(const CommitId& commit) const { return mirror_->HasRef("refs/expq/fetched/" + commit.value); }
  size_t Held() const { return mirror_->Refs("refs/expq/fetched/")->size(); }

  testing::TempRepo repo_;
  testing::TempDir data_;
  fs::PosixFilesystem fs_;
  CommitId baseline_;
  int snapshots_ = 0;
  std::unique_ptr<git::Repository> users_ = *git::Repository::Open(repo_.path());
  std::unique_ptr<git::Repository> mirror_ = *git::Repository::OpenBare(data_ / "mirror.git");
  git::LocalSnapshotStore far_{
      [this](const experiment::ProjectName&) -> absl::StatusOr<std::string> { return repo_.path(); }};
  const AgentLayout layout_{data_.path()};
  Project project_{{"p"}, {data_ / "mirror.git", data_ / "cache", {}, "", nullptr}, fs_, layout_};
};

TEST_F(MirrorTest, KeepsSomeOfWhatItFetchedAndAllThatIsNeeded) {
  const CommitId running = Snapshot(baseline_);
  Fetch(running);
  const CommitId other{repo_.Commit("another baseline")};
  const CommitId kept = Snapshot(other), passing = Snapshot(baseline_);
  data_.Write("work/kept/e1/name-1/.git/HEAD", other.value + "\n");
  Fetch(kept);
  Fetch(passing);
  HoldMore(130, passing);
  std::optional<Project::Use> use;
  use.emplace(project_, running);
  Fetch(Snapshot(baseline_));
  EXPECT_EQ(Held(), 64u + 3u) << "spare ones, two that are needed, and the one just fetched";
  EXPECT_TRUE(IsHeld(running));
  EXPECT_TRUE(IsHeld(kept)) << "its baseline is what a kept workspace borrows";
  Fetch(Snapshot(baseline_));
  EXPECT_EQ(Held(), 64u + 4u) << "not each time";
  use.reset();
  ASSERT_TRUE(fs_.RemoveTree(layout_.KeptDir()).ok());
  HoldMore(130, passing);
  Fetch(Snapshot(baseline_));
  EXPECT_EQ(Held(), 64u + 1u);
}

}  // namespace
}  // namespace expq::agent
