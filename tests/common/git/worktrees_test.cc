#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/git/repository.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using ::testing::ElementsAre;

TEST(Worktrees, AreKnownToEachOther) {
  const testing::TempRepo repo;
  repo.Write("a", "a\n");
  repo.Commit();
  const testing::TempDir elsewhere;
  repo.Git({"worktree", "add", "--quiet", "-b", "side", elsewhere / "tree"});
  for (const std::string& dir : {repo.path(), elsewhere / "tree"}) {
    EXPECT_THAT((*Repository::Open(dir))->Worktrees(), ElementsAre(repo.path(), elsewhere / "tree")) << dir;
  }
}

TEST(Worktrees, OfABareRepositoryAreOnlyThoseThatWereAdded) {
  const testing::TempDir dir;
  const auto bare = *Repository::OpenBare(dir / "bare.git");
  EXPECT_THAT(bare->Worktrees(), ElementsAre());
}

}  // namespace
}  // namespace expq::git
