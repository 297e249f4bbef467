#include "scheduler/core/import.h"

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::core {
namespace {

using experiment::Experiment;
using experiment::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const experiment::ProjectName kProject{"digits"};

Experiment AnExperiment(int n, const std::string& name) {
  Experiment e;
  e.id.value = absl::StrFormat("e%015x", n);
  e.name = name;
  e.baseline.value = std::string(40, 'b');
  return e;
}

Recorded Made(int n, int second, std::vector<Experiment> experiments) {
  return {.id = {absl::StrFormat("a%015x", n)},
          .commit = {absl::StrFormat("d%039x", n)},
          .created = absl::FromUnixSeconds(second),
          .experiments = std::move(experiments)};
}

std::vector<std::string> Names(const ImportDecision& decision) {
  std::vector<std::string> names;
  for (const auto& submission : decision.submissions) {
    for (const Entry& entry : submission.entries) names.push_back(entry.name);
  }
  return names;
}

TEST(Import, TheOldestSubmissionComesFirst) {
  const auto decision = DecideImport(kProject,
                                     {Made(1, 20, {AnExperiment(1, "late")}),  //
                                      Made(2, 10, {AnExperiment(2, "one"), AnExperiment(3, "two")})},
                                     {});
  EXPECT_THAT(Names(decision), ElementsAre("one", "two", "late"));
  EXPECT_THAT(decision.skipped, ElementsAre());
}

TEST(Import, WhatHasAResultHasSucceededAndTheRestIsQueued) {
  Experiment done = AnExperiment(1, "done");
  done.revision.value = std::string(40, 'c');
  done.attempt = 3;
  const auto decision = DecideImport(kProject, {Made(1, 10, {done, AnExperiment(2, "open")})}, {});
  const auto& entries = decision.submissions.at(0).entries;
  EXPECT_EQ(entries[0].state, State::kSucceeded);
  EXPECT_EQ(entries[0].attempt, 3) << "its logs are found, and no number comes twice";
  EXPECT_EQ(entries[1].state, State::kQueued);
  EXPECT_EQ(entries[1].project, kProject);
  EXPECT_EQ(entries[1].submission.value, "a000000000000001");
  EXPECT_EQ(entries[1].snapshot, decision.submissions[0].commit);
  EXPECT_EQ(entries[1].created, absl::FromUnixSeconds(10));
}

TEST(Import, TheLaterOfOneNameReplacedTheOther) {
  const auto decision = DecideImport(
      kProject, {Made(1, 10, {AnExperiment(1, "a"), AnExperiment(2, "b")}), Made(2, 20, {AnExperiment(3, "a")})}, {});
  EXPECT_THAT(Names(decision), ElementsAre("b", "a"));
  EXPECT_THAT(decision.skipped, ElementsAre("submission a000000000000001: 'a' was replaced by another of that name"));
}

TEST(Import, WhatIsInTheBooksStays) {
  Entry there;
  static_cast<Experiment&>(there) = AnExperiment(9, "a");
  EXPECT_THAT(Names(DecideImport(kProject, {Made(1, 10, {AnExperiment(1, "a")})}, {there})), ElementsAre());
  EXPECT_THAT(Names(DecideImport(kProject, {Made(1, 10, {AnExperiment(9, "other name")})}, {there})), ElementsAre());
}

TEST(Import, WhatNoSubmitWouldTakeIsPassedOverWhole) {
  Experiment hostile = AnExperiment(1, "../../config");
  const auto decision = DecideImport(kProject, {Made(1, 10, {AnExperiment(2, "fine"), hostile})}, {});
  EXPECT_THAT(Names(decision), ElementsAre());
  EXPECT_THAT(decision.skipped, ElementsAre(HasSubstr("experiment name '../../config'")));
}

}  // namespace
}  // namespace expq::core
