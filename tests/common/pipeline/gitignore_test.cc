#include "common/pipeline/gitignore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GitIgnoreTest : public ::testing::Test {
 protected:
  expq::testing::TempDir dir_;
  fs::PosixFilesystem fs_;
  GitIgnoreBook book_{fs_, dir_.path()};
};

TEST_F(GitIgnoreTest, WritesTheNameBesideTheOutputOnce) {
  dir_.Write("sub/keep", "");
  ASSERT_TRUE(book_.Ignore("sub/o").ok());
  ASSERT_TRUE(book_.Ignore("sub/o").ok());
  ASSERT_TRUE(book_.Ignore("top").ok());
  EXPECT_EQ(dir_.Read("sub/.gitignore"), "/o\n");
  EXPECT_EQ(dir_.Read(".gitignore"), "/top\n");
  EXPECT_THAT(book_.Changed(), ElementsAre(".gitignore", "sub/.gitignore"));
}

TEST_F(GitIgnoreTest, AppendsToWhatIsThere) {
  dir_.Write(".gitignore", "# mine\nx");
  ASSERT_TRUE(book_.Ignore("o").ok());
  EXPECT_EQ(dir_.Read(".gitignore"), "# mine\nx\n/o\n");
}

TEST_F(GitIgnoreTest, NamesWithWildcardsMatchOnlyThemselves) {
  ASSERT_TRUE(book_.Ignore("#a*[1]?!").ok());
  EXPECT_EQ(dir_.Read(".gitignore"), "/\\#a\\*\\[1\\]\\?\\!\n");
  ASSERT_TRUE(book_.Ignore("#a*[1]?!").ok());
  EXPECT_EQ(dir_.Read(".gitignore"), "/\\#a\\*\\[1\\]\\?\\!\n");
}

TEST_F(GitIgnoreTest, LeavesWhatIsIgnoredAlready) {
  dir_.Write(".gitignore", "*.bin\n/models\nout/\n");
  dir_.Write("models/deep/x", "");
  dir_.Write("out/x", "");
  for (const char* path : {"a.bin", "sub/b.bin", "models/deep/m", "out"}) {
    EXPECT_TRUE(book_.Ignore(path).ok()) << path;
  }
  EXPECT_THAT(book_.Changed(), IsEmpty());
  EXPECT_EQ(dir_.Read(".gitignore"), "*.bin\n/models\nout/\n");
}

TEST_F(GitIgnoreTest, WhatOneBookAppendsStandsInTheOrderOfItsRanks) {
  dir_.Write(".gitignore", "# mine\n/b\n");
  ASSERT_TRUE(book_.Ignore("z", 3).ok());
  ASSERT_TRUE(book_.Ignore("x", 1).ok());
  ASSERT_TRUE(book_.Ignore("w", 3).ok());
  ASSERT_TRUE(book_.Ignore("b", 0).ok());
  EXPECT_EQ(dir_.Read(".gitignore"), "# mine\n/b\n/x\n/z\n/w\n");
}

TEST_F(GitIgnoreTest, WhatSomebodyElseHasAppendedStaysWhereItIs) {
  ASSERT_TRUE(book_.Ignore("z", 3).ok());
  dir_.Write(".gitignore", dir_.Read(".gitignore") + "!/z\n");
  ASSERT_TRUE(book_.Ignore("x", 1).ok());
  ASSERT_TRUE(book_.Ignore("a", 0).ok());
  EXPECT_EQ(dir_.Read(".gitignore"), "/z\n!/z\n/a\n/x\n");
}

}  // namespace
}  // namespace expq::pipeline
