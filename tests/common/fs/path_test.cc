#include <gtest/gtest.h>

#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

TEST(Path, JoinLetsAnAbsoluteSecondPartWin) {
  EXPECT_EQ(Join("a/b", "c"), "a/b/c");
  EXPECT_EQ(Join("a/", "c"), "a/c");
  EXPECT_EQ(Join("a", "/c"), "/c");
  EXPECT_EQ(Join("a", ""), "a");
  EXPECT_EQ(Join("", "c"), "c");
}

TEST(Path, NormalizeIsLexicalAndKeepsLeadingDotDot) {
  EXPECT_EQ(Normalize("a/./b/../c"), "a/c");
  EXPECT_EQ(Normalize("../a//b/"), "../a/b");
  EXPECT_EQ(Normalize("a/../../b"), "../b");
  EXPECT_EQ(Normalize("/../a"), "/a");
  EXPECT_EQ(Normalize("/"), "/");
  EXPECT_EQ(Normalize(""), ".");
  EXPECT_EQ(Normalize("a/.."), ".");
}

TEST(Path, DirnameAndBasenameSplitLikeTheShellsTools) {
  EXPECT_EQ(Dirname("a/b"), "a");
  EXPECT_EQ(Dirname("a"), ".");
  EXPECT_EQ(Dirname("/a"), "/");
  EXPECT_EQ(Dirname("/"), "/");
  EXPECT_EQ(Dirname("a/b/"), "a");
  EXPECT_EQ(Dirname("a//b"), "a");
  EXPECT_EQ(Basename("a/b"), "b");
  EXPECT_EQ(Basename("a/b/"), "b");
  EXPECT_EQ(Basename("/"), "/");
  EXPECT_EQ(Basename("b"), "b");
}

TEST(Path, RelativeClimbsOutOfTheBase) {
  EXPECT_EQ(Relative("/a/b/c", "/a/d"), "../b/c");
  EXPECT_EQ(Relative("/a", "/a"), ".");
  EXPECT_EQ(Relative("x/y", "."), "x/y");
  EXPECT_EQ(Relative(".", "x/y"), "../..");
}

TEST(Path, IsWithinDoesNotTakeASharedPrefixForAFolder) {
  EXPECT_TRUE(IsWithin("/a/b", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/a"));
  EXPECT_FALSE(IsWithin("/ab", "/a"));
  EXPECT_FALSE(IsWithin("/", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/"));
  EXPECT_TRUE(IsWithin("a/b", "."));
  EXPECT_FALSE(IsWithin("../b", "."));
  EXPECT_FALSE(IsWithin("/b", "."));
}

TEST(Path, TemporaryNamesAreHiddenSiblingsAndNeverTheSame) {
  std::string first = TemporaryName("/x/object"), second = TemporaryName("/x/object");
  EXPECT_NE(first, second);
  EXPECT_EQ(Dirname(first), "/x");
  EXPECT_EQ(Basename(first).size(), 27u);
  EXPECT_EQ(Basename(first).front(), '.');
}

}  // namespace
}  // namespace expq::fs
