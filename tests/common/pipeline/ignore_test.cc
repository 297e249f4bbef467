#include "common/pipeline/ignore.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace expq::pipeline {
namespace {

struct GlobCase {
  std::string glob;
  std::string path;
  bool matches;
};

class Globs : public ::testing::TestWithParam<GlobCase> {};

TEST_P(Globs, MatchAsGitDoes) { EXPECT_EQ(GlobMatches(GetParam().glob, GetParam().path), GetParam().matches); }

const std::vector<GlobCase>& Cases() {
  static const std::vector<GlobCase> cases = {
      {"a", "a", true},          {"a", "ab", false},          {"*", "a", true},         {"*", "a/b", false},
      {"*.csv", "x.csv", true},  {"*.csv", "x.csvy", false},  {"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false},
      {"?", "/", false},         {"a?c", "abc", true},        {"[ab]c", "bc", true},    {"[!ab]c", "bc", false},
      {"[a-c]", "b", true},      {"[a-c]", "d", false},       {"[]]", "]", true},       {"[x", "[x", true},
      {"**/b", "b", true},       {"**/b", "a/b", true},       {"**/b", "x/a/b", true},  {"**/b", "ab", false},
      {"a/**", "a/x/y", true},   {"a/**", "a", false},        {"a/**/b", "a/b", true},  {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/xb", false}, {"a**", "abc", true},        {"a**", "a/b", false},    {"**", "a/b/c", true},
      {"\\*", "*", true},        {"\\*", "a", false},         {"", "", true},           {"", "a", false},
      {"a/*/c", "a/b/c", true},  {"a/*/c", "a/b/d/c", false},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(All, Globs, ::testing::ValuesIn(Cases()));

TEST(Globs, StayLinearOnHostilePatterns) {
  std::string glob;
  for (int i = 0; i < 200; ++i) glob += "*a";
  EXPECT_FALSE(GlobMatches(glob + "b", std::string(2000, 'a')));
}

IgnorePatterns Patterns(absl::string_view text) {
  IgnorePatterns patterns(IgnorePatterns::Style::kGit);
  patterns.Add("", text);
  return patterns;
}

TEST(IgnorePatterns, SkipCommentsAndBlankLines) {
  const IgnorePatterns patterns = Patterns("# note\r\n\n  \n\\#real\nplain  \r\n");
  EXPECT_EQ(patterns.size(), 2u);
  EXPECT_TRUE(patterns.Ignores("#real", false));
  EXPECT_TRUE(patterns.Ignores("plain", false));
}

TEST(IgnorePatterns, MatchNamesAnywhereAndPathsFromTheirFolder) {
  const IgnorePatterns patterns = Patterns("name\n/top\na/b\n");
  EXPECT_TRUE(patterns.Ignores("x/y/name", false));
  EXPECT_TRUE(patterns.Ignores("top", true));
  EXPECT_FALSE(patterns.Ignores("x/top", true));
  EXPECT_TRUE(patterns.Ignores("a/b", false));
  EXPECT_FALSE(patterns.Ignores("x/a/b", false));
}

TEST(IgnorePatterns, TellFoldersFromFiles) {
  const IgnorePatterns patterns = Patterns("build/\n");
  EXPECT_TRUE(patterns.Ignores("x/build", true));
  EXPECT_FALSE(patterns.Ignores("x/build", false));
}

TEST(IgnorePatterns, TheLastMatchDecides) {
  const IgnorePatterns patterns = Patterns("*.csv\n!keep.csv\n\\!odd\n");
  EXPECT_TRUE(patterns.Ignores("a.csv", false));
  EXPECT_FALSE(patterns.Ignores("x/keep.csv", false));
  EXPECT_TRUE(patterns.Ignores("!odd", false));
}

TEST(IgnorePatterns, ReachOnlyBelowTheirFolder) {
  IgnorePatterns patterns(IgnorePatterns::Style::kGit);
  patterns.Add("sub", "/x\ny\n");
  EXPECT_TRUE(patterns.Ignores("sub/x", false));
  EXPECT_TRUE(patterns.Ignores("sub/deep/y", false));
  EXPECT_FALSE(patterns.Ignores("x", false));
  EXPECT_FALSE(patterns.Ignores("y", false));
  patterns.Truncate(0);
  EXPECT_FALSE(patterns.Ignores("sub/x", false));
}

TEST(IgnorePatterns, OfDvcReachAllThatIsBelowAFolder) {
  IgnorePatterns patterns(IgnorePatterns::Style::kDvc);
  patterns.Add("lib", "*\n!in\n/in/deep\nonly/\n");
  EXPECT_TRUE(patterns.Ignores("lib/x", false));
  EXPECT_FALSE(patterns.Ignores("lib/in", true));
  EXPECT_FALSE(patterns.Ignores("lib/in/b.txt", false)) << "brought back with its folder";
  EXPECT_TRUE(patterns.Ignores("lib/in/deep/x", false));
  EXPECT_TRUE(patterns.Ignores("lib/in/only/x", false));
  EXPECT_FALSE(patterns.Ignores("lib/in/only", false)) << "a file of a folder's name";
  EXPECT_FALSE(patterns.Ignores("x", false));
}

}  // namespace
}  // namespace expq::pipeline
