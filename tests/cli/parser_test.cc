#include "cli/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"

namespace expq::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Parsed {
  bool force = false;
  int jobs = 1;
  std::string name;
  std::vector<std::string> set, targets;
};

absl::StatusOr<Parsed> Parse(const std::vector<std::string>& args) {
  Parsed parsed;
  OptionTable table;
  table.Flag("-f,--force", &parsed.force, "");
  table.Number("-j,--jobs", "N", &parsed.jobs, "", 1);
  table.Text("-n,--name", "NAME", &parsed.name, "");
  table.Repeated("-S,--set", "KEY=VALUE", &parsed.set, "");
  table.Positionals("TARGET", &parsed.targets, "what to run", 0, 3);
  RETURN_IF_ERROR(ParseArguments(table, args));
  return parsed;
}

TEST(Parser, TakesEverySpellingOfAValue) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"-j", "4"}, {"-j4"}, {"--jobs", "4"}, {"--jobs=4"}, {"-fj4"}}) {
    EXPECT_EQ(Parse(args)->jobs, 4) << args[0];
  }
}

TEST(Parser, ARepeatedOptionTakesOneValueEachAndLeavesPositionalsAlone) {
  const auto parsed = Parse({"-S", "a=1", "train", "-S", "~b", "eval", "--set=-c=2"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->set, ElementsAre("a=1", "~b", "-c=2"));
  EXPECT_THAT(parsed->targets, ElementsAre("train", "eval"));
}

TEST(Parser, NegativeNumbersAreNoOptions) {
  EXPECT_THAT(Parse({"name", "-5"})->targets, ElementsAre("name", "-5"));
  EXPECT_THAT(Parse({"--", "-f"})->targets, ElementsAre("-f"));
}

TEST(Parser, TheLastOfAnOptionCounts) { EXPECT_EQ(Parse({"-n", "a", "-n", "b"})->name, "b"); }

TEST(Parser, AnOldNameOfAnOptionDoesTheSameAndIsRemarkedOn) {
  std::string message;
  bool json = false;
  OptionTable table;
  table.Text("-m,--message", "MESSAGE", &message, "");
  table.Old("-M", "--message");
  table.Flag("--json", &json, "");
  table.Old("--show-json", "--json");
  ASSERT_TRUE(ParseArguments(table, {"-M", "words", "--show-json"}).ok());
  EXPECT_EQ(message, "words");
  EXPECT_TRUE(json);
  EXPECT_THAT(table.remarks(), ElementsAre("-M is the old name of --message", "--show-json is the old name of --json"));
}

TEST(Parser, SaysWhatIsWrongAndWhatIsNear) {
  const auto unknown = Parse({"--forec"});
  EXPECT_EQ(unknown.status().message(), "unknown option --forec");
  EXPECT_EQ(status::Hint(unknown.status()), "did you mean --force?");
  EXPECT_EQ(Parse({"-n"}).status().message(), "--name needs a value");
  EXPECT_THAT(Parse({"-j", "x"}).status().message(), HasSubstr("--jobs: 'x' is not a whole number"));
  EXPECT_THAT(Parse({"1", "2", "3", "4"}).status().message(), HasSubstr("'4' is one argument too many"));
}

}  // namespace
}  // namespace expq::cli
