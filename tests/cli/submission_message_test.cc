#include "cli/submission_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "common/params/params.h"

namespace expq::cli {
namespace {

TEST(SubmissionMessage, HoldsOneReadableLineForEachExperiment) {
  experiment::Experiment a, b;
  a.id.value = "0123456789abcdef";
  a.name = "rusty-otter";
  a.baseline.value = std::string(40, 'a');
  a.overrides = {"units=128", "note='two\nlines'"};
  a.options.env = {{"K", "V"}};
  a.timeout = absl::Minutes(2);
  b = a;
  b.name = "other";
  b.timeout = absl::InfiniteDuration();
  const std::string message = SubmissionMessage({"feedbeef00000000"}, {a, b});
  const std::vector<std::string> lines = absl::StrSplit(message, '\n');
  ASSERT_EQ(lines.size(), 5u);  // subject, blank, two, and the end of the last
  EXPECT_EQ(lines[0], "expq: 2 experiments");
  EXPECT_EQ(lines[1], "");
  const auto first = params::ParseJson(lines[2]);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "name")), "rusty-otter");
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "overrides.1")), "note='two\nlines'");
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "timeout_s")), "120.0");
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "submission")), "feedbeef00000000");
  EXPECT_TRUE(value::Lookup(*params::ParseJson(lines[3]), "timeout_s")->is_null());
}

}  // namespace
}  // namespace expq::cli
