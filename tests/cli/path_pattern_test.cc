#include "cli/path_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace expq::cli {
namespace {

using ::testing::ElementsAre;

TEST(PathPattern, MatchesAsPythonsGlob) {
  const testing::TempDir dir;
  for (const char* path : {"a.csv", "b.txt", ".hidden.csv", "sub/c.csv", "sub/deep/d.csv", "[x].csv"})
    dir.Write(path, "");
  const fs::PosixFilesystem disk;
  const auto expand = [&](const std::string& pattern) { return *ExpandPattern(disk, dir.path(), pattern); };
  EXPECT_THAT(expand("*.csv"), ElementsAre("[x].csv", "a.csv"));
  EXPECT_THAT(expand(".*.csv"), ElementsAre(".hidden.csv"));
  EXPECT_THAT(expand("*/*.csv"), ElementsAre("sub/c.csv"));
  EXPECT_THAT(expand("**/*.csv"), ElementsAre("[x].csv", "a.csv", "sub/c.csv", "sub/deep/d.csv"));
  EXPECT_THAT(expand("sub"), ElementsAre("sub"));
  EXPECT_THAT(expand("[[]x].csv"), ElementsAre("[x].csv"));
  EXPECT_THAT(expand("?.txt"), ElementsAre("b.txt"));
  EXPECT_THAT(expand(dir / "sub/*.csv"), ElementsAre(dir / "sub/c.csv"));
  EXPECT_THAT(expand("nothing/*"), ElementsAre());
  EXPECT_TRUE(absl::IsNotFound(ExpandPatterns(disk, dir.path(), {"*.csv", "*.none"}).status()));
}

}  // namespace
}  // namespace expq::cli
