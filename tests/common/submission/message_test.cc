#include "common/submission/message.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/every_option.h"

namespace expq::submission {
namespace {

using experiment::Experiment;
using ::testing::HasSubstr;

const experiment::SubmissionId kId{"feedbeef00000000"};

Experiment AnExperiment(const std::string& name) {
  Experiment e;
  e.id.value = "0123456789abcdef";
  e.name = name;
  e.submission = kId;
  e.baseline.value = std::string(40, 'a');
  return e;
}

// Everything that a person can ask for.
Experiment Demanding() {
  Experiment e = AnExperiment("rusty-otter");
  e.message = "two\nlines, \"quoted\" and ünïcode";
  e.overrides = {"units=128", "note='two\nlines'", "conf/a.yaml:x=1e-05"};
  e.options = testing::EveryOption();
  e.need = {.cpus = 4, .memory = int64_t{48} << 30, .gpus = 2, .labels = {{"a100", ""}, {"zone", "b=c"}}};
  e.priority = -7;
  e.retries = 2;
  e.timeout = absl::Seconds(90.25);
  e.after = {{"1111111111111111"}, {"2222222222222222"}};
  e.force_name = true;
  return e;
}

void ExpectSame(const Experiment& read, const Experiment& written) {
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.name, written.name);
  EXPECT_EQ(read.submission, written.submission);
  EXPECT_EQ(read.message, written.message);
  EXPECT_EQ(read.baseline, written.baseline);
  EXPECT_EQ(read.overrides, written.overrides);
  EXPECT_EQ(read.options, written.options);
  EXPECT_EQ(read.need, written.need);
  EXPECT_EQ(read.priority, written.priority);
  EXPECT_EQ(read.retries, written.retries);
  EXPECT_EQ(read.timeout, written.timeout);
  EXPECT_EQ(read.after, written.after);
  EXPECT_EQ(read.force_name, written.force_name);
}

TEST(SubmissionMessage, HoldsOneReadableLineForEachExperiment) {
  Experiment other = AnExperiment("other");
  other.id.value = "0123456789abcde0";
  const std::vector<std::string> lines = absl::StrSplit(WriteMessage(kId, {Demanding(), other}), '\n');
  ASSERT_EQ(lines.size(), 5u);  // subject, blank, two, and the end of the last
  EXPECT_EQ(lines[0], "expq: 2 experiments");
  EXPECT_EQ(lines[1], "");
  const auto first = params::ParseJson(lines[2]);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "name")), "rusty-otter");
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "overrides.1")), "note='two\nlines'");
  EXPECT_EQ(value::PythonText(*value::Lookup(*first, "timeout_s")), "90.25");
  EXPECT_TRUE(value::Lookup(*params::ParseJson(lines[3]), "timeout_s")->is_null());
}

TEST(SubmissionMessage, EverythingThatNeverChangesComesBack) {
  Experiment plain = AnExperiment("other");
  plain.id.value = "0123456789abcde0";
  // What a submission shares is taken from its first experiment.
  plain.options = Demanding().options;
  plain.need = Demanding().need;
  const auto read = ParseMessage(WriteMessage(kId, {Demanding(), plain}));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->id, kId);
  ASSERT_EQ(read->experiments.size(), 2u);
  ExpectSame(read->experiments[0], Demanding());
  ExpectSame(read->experiments[1], plain);
}

TEST(SubmissionMessage, WhatALineLacksHasItsDefaultAndWhatIsNewIsPassedOver) {
  const auto read = ParseMessage(
      "expq: 1 experiment\n\n"
      R"({"id":"0123456789abcdef","name":"a","submission":"feedbeef00000000","baseline":"b","colour":{"is":"new"}})"
      "\n");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->experiments[0].options, experiment::RunOptions());
  EXPECT_EQ(read->experiments[0].timeout, absl::InfiniteDuration());
}

TEST(SubmissionMessage, AnotherCommitIsNotASubmission) {
  for (const char* text : {"", "dvc: commit experiment 12", "expq: some experiments\n", "WIP on main: expq: 1"}) {
    EXPECT_THAT(ParseMessage(text).status().message(), HasSubstr("line 1: not \"expq: N experiments\"")) << text;
  }
}

TEST(SubmissionMessage, WhatIsWrongIsNamedWithItsLine) {
  const std::string good = WriteMessage(kId, {Demanding(), AnExperiment("other")});
  const struct {
    const char* from;
    const char* to;
    const char* says;
  } kCases[] = {
      {R"("id":"0123456789abcdef","name":"rusty)", R"("name":"rusty)", "submission message line 3: id is missing"},
      {R"("name":"rusty-otter")", R"("name":7)", "submission message line 3: name: not a text"},
      {R"("priority":-7)", R"("priority":"high")", "line 3: priority: not an integer"},
      {R"("priority":-7)", R"("priority":99999999999)", "line 3: priority: not an integer, or too large"},
      {R"("gpus":2)", R"("gpus":1.5)", "line 3: need: gpus: not an integer"},
      {R"("force":true)", R"("force":1)", "line 3: options: force: not true or false"},
      {R"("timeout_s":90.25)", R"("timeout_s":NaN)", "line 3: timeout_s: not a number of seconds"},
      {R"("targets":["train")", R"("targets":[1)", "line 3: options: targets: not a list of texts"},
      {R"("env":{)", R"("env":[{)", "line 3"},
      {"2 experiments", "3 experiments", "2 experiments where its first line says 3"},
  };
  for (const auto& wrong : kCases) {
    const std::string text = absl::StrReplaceAll(good, {{wrong.from, wrong.to}});
    ASSERT_NE(text, good) << wrong.from;
    const auto read = ParseMessage(text);
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << wrong.to;
    EXPECT_THAT(read.status().message(), HasSubstr(wrong.says));
  }
}

TEST(SubmissionMessage, LinesOfTwoSubmissionsAreRefused) {
  std::string text = WriteMessage(kId, {Demanding(), AnExperiment("other")});
  text.replace(text.rfind(kId.value), kId.value.size(), "feedbeef00000001");
  EXPECT_THAT(ParseMessage(text).status().message(), HasSubstr("line 4: belongs to submission feedbeef00000001"));
}

TEST(SubmissionMessage, AMessageCutAnywhereIsRefused) {
  const std::string good = WriteMessage(kId, {Demanding(), AnExperiment("other")});
  for (size_t size = 0; size + 2 < good.size(); size += 7) {
    EXPECT_FALSE(ParseMessage(good.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace expq::submission
