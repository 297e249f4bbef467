#include <set>

#include "common/params/params.h"
#include "common/random/random.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

TEST(GenerateName, IsTwoWordsFromManyAndPassesTheCheck) {
  const auto random = random::NewSeededRandom(7);
  std::set<std::string> adjectives, nouns;
  for (int i = 0; i < 20000; ++i) {
    const std::string name = GenerateName(*random);
    ASSERT_TRUE(CheckName(name).ok()) << name;
    const size_t dash = name.find('-');
    ASSERT_NE(dash, std::string::npos) << name;
    adjectives.insert(name.substr(0, dash));
    nouns.insert(name.substr(dash + 1));
  }
  EXPECT_GE(adjectives.size(), 300u);
  EXPECT_GE(nouns.size(), 300u);
}

TEST(CheckName, RefusesWhatGitRefusesAndWhatLooksLikeACommit) {
  for (const char* good :
       {"a", "rusty-otter", "exp_1", "lr=0.1", "face-off", "abc", "x@y", "\xC3\xBC", "v1.2", "12", "cafes"}) {
    EXPECT_TRUE(CheckName(good).ok()) << good;
  }
  for (const char* bad : {"",     "a b",   "a/b",    "a..b",     ".a",
                          "a.",   "-a",    "a.lock", "a~1",      "a^",
                          "a:b",  "a?",    "a*",     "a[",       "a\\b",
                          "@",    "a@{1}", "a\tb",   "a\x7F",    "1234",
                          "cafe", "CAFE",  "facade", "deadbeef", "0123456789abcdef"}) {
    EXPECT_FALSE(CheckName(bad).ok()) << bad;
  }
  EXPECT_FALSE(CheckName(std::string(201, 'x')).ok());
}

TEST(Nearest, AcceptsAThirdOfTheWord) {
  const std::vector<std::string> keys = {"train.units", "train.lr", "seed"};
  EXPECT_EQ(Nearest("train.unit", keys), "train.units");
  EXPECT_EQ(Nearest("trian.lr", keys), "train.lr");
  EXPECT_EQ(Nearest("sed", keys), "seed");
  EXPECT_EQ(Nearest("momentum", keys), "");
  EXPECT_EQ(Nearest("x", {}), "");
  EXPECT_EQ(Nearest("x", {"m", "xy"}), "") << "nothing of it would be left";
  EXPECT_EQ(Nearest("dta", {"data"}), "data");
  EXPECT_EQ(Nearest("trian", {"prepare", "train"}), "train") << "a swap is one slip";
}

}  // namespace
}  // namespace expq::params
