#include "cli/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/status/status.h"

namespace expq::cli {
namespace {

using ::testing::HasSubstr;
using value::Value;

const std::map<std::string, Value>& Row() {
  static const std::map<std::string, Value> row = {{"acc", Value(0.95)},
                                                   {"units", Value(64)},
                                                   {"opt.name", Value("adam")},
                                                   {"flag", Value(true)},
                                                   {"state", Value("failed")}};
  return row;
}

const Value* Look(const std::string& name) {
  const auto found = Row().find(name);
  return found == Row().end() ? nullptr : &found->second;
}

absl::Status Known(const std::string& name) {
  return Look(name) != nullptr || name == "absent" ? absl::OkStatus() : absl::NotFoundError(name);
}

absl::StatusOr<bool> Holds(const std::string& text) {
  ASSIGN_OR_RETURN(Filter filter, Filter::Parse(text));
  RETURN_IF_ERROR(filter.Bind(&Known));
  return filter.Matches(&Look);
}

TEST(Filter, ComparesJoinsAndNegates) {
  const std::map<std::string, bool> cases = {
      {"acc > 0.9", true},
      {"acc > 0.9 and units >= 64", true},
      {"acc < 0.9 or units == 64", true},
      {"not acc > 0.9", false},
      {"not (acc < 0.9 or units < 64)", true},
      {"acc < 0.9 and units == 64 or flag", true},  // and binds tighter
      {"acc < 0.9 and (units == 64 or flag)", false},
      {"opt.name == 'adam'", true},
      {"opt.name = \"sgd\"", false},
      {"opt.name != sgd", true},
      {"state == failed", true},
      {"units == 64.0", true},
      {"units == 6.4e1", true},
      {"units > -1", true},
      {"64 == units", true},
      {"flag", true},
      {"flag == true", true},
      {"absent", false},
      {"absent > 1", false},
      {"absent < 1", false},
      {"absent != 1", true},
      {"opt.name > 1", false},
  };
  for (const auto& [text, expected] : cases) {
    const auto holds = Holds(text);
    ASSERT_TRUE(holds.ok()) << text << ": " << holds.status();
    EXPECT_EQ(*holds, expected) << text;
  }
}

TEST(Filter, PutsACaretUnderWhatIsWrong) {
  EXPECT_THAT(Filter::Parse("acc >").status().message(), HasSubstr("\n  acc >\n       ^"));
  EXPECT_THAT(Filter::Parse("acc > 1 units").status().message(), HasSubstr("\n          ^"));
  EXPECT_THAT(Filter::Parse("(acc > 1").status().message(), HasSubstr("expected )"));
  EXPECT_THAT(Filter::Parse("acc > 'x").status().message(), HasSubstr("no end"));
  EXPECT_THAT(Filter::Parse("").status().message(), HasSubstr("expected a column"));
  EXPECT_THAT(Filter::Parse("acc > and").status().message(), HasSubstr("expected a column"));
}

TEST(Filter, RefusesAnUnknownColumnOnTheLeft) {
  EXPECT_TRUE(absl::IsNotFound(Holds("acccc > 1").status()));
  EXPECT_TRUE(absl::IsNotFound(Holds("acc > 1 and acccc").status()));
}

TEST(Filter, SurvivesDeepNesting) {
  EXPECT_FALSE(Filter::Parse(std::string(100000, '(') + "acc").ok());
  std::string nots;
  for (int i = 0; i < 100000; ++i) nots += "not ";
  EXPECT_FALSE(Filter::Parse(nots + "acc").ok());
}

}  // namespace
}  // namespace expq::cli
