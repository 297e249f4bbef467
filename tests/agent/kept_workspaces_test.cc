#include "agent/kept_workspaces.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_format.h"
#include "tests/support/memory_filesystem.h"
#include "tests/support/temp_dir.h"

namespace expq::agent {
namespace {

using experiment::ExperimentId;

TEST(KeptWorkspaces, NamesAllOfThemSomeAtATime) {
  testing::MemoryFilesystem disk;
  const AgentLayout layout("/data");
  KeptWorkspaces kept(disk, layout);
  EXPECT_TRUE(kept.Next().empty());
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(disk.MakeDirs(layout.KeptOf({absl::StrFormat("e%015x", i)}) + "/name-1").ok());
  }
  std::set<ExperimentId> named;
  for (int round = 0; round < 3; ++round) {
    const auto some = kept.Next();
    EXPECT_EQ(some.size(), 256u);
    named.insert(some.begin(), some.end());
  }
  EXPECT_EQ(named.size(), 600u);
}

TEST(KeptWorkspaces, NamesTheFewThatThereAreAgainAndAgain) {
  testing::MemoryFilesystem disk;
  const AgentLayout layout("/data");
  ASSERT_TRUE(disk.MakeDirs(layout.KeptOf({"b"})).ok());
  ASSERT_TRUE(disk.MakeDirs(layout.KeptOf({"a"})).ok());
  KeptWorkspaces kept(disk, layout);
  for (int round = 0; round < 3; ++round) {
    const auto all = kept.Next();
    EXPECT_EQ(std::set<ExperimentId>(all.begin(), all.end()), (std::set<ExperimentId>{{"a"}, {"b"}}));
    EXPECT_EQ(all.size(), 2u);
  }
}

TEST(KeptWorkspaces, RemovesWhatIsKeptOfOneExperimentAndNothingElse) {
  testing::TempDir dir;
  fs::PosixFilesystem disk;
  dir.Write("work/kept/e1/old-1/a.txt", "1");
  dir.Write("work/kept/e1/new-2/a.txt", "2");
  dir.Write("work/kept/e2/name-1/a.txt", "3");
  dir.Write("work/0/a.txt", "4");
  KeptWorkspaces kept(disk, AgentLayout(dir.path()));
  for (const char* hostile : {"", "..", ".", "../0", "e1/../../0", "/"}) kept.Remove({hostile});
  EXPECT_TRUE(disk.Exists(dir / "work/kept/e1/old-1/a.txt"));
  kept.Remove({"e1"});
  EXPECT_FALSE(disk.Exists(dir / "work/kept/e1"));
  EXPECT_TRUE(disk.Exists(dir / "work/kept/e2/name-1/a.txt"));
  EXPECT_TRUE(disk.Exists(dir / "work/0/a.txt"));
}

}  // namespace
}  // namespace expq::agent
