#include "common/pipeline/staleness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Fingerprint Of(absl::string_view bytes) { return {.digest = digest::Md5Of(bytes)}; }

value::Map Values(std::initializer_list<std::pair<const char*, value::Value>> items) {
  value::Map map;
  for (const auto& [key, item] : items) map.Set(key, item);
  return map;
}

// A stage with a dependency, two params and an output, its lock, and a workspace in which nothing has changed.
class StalenessTest : public ::testing::Test {
 protected:
  std::vector<std::string> Reasons() const {
    std::vector<std::string> texts;
    for (const Reason& reason : Staleness(stage, &lock, seen)) texts.push_back(reason.Text());
    return texts;
  }

  Stage stage{.name = "train",
              .cmd = "run",
              .deps = {{.path = "in", .root_path = "in"}},
              .params = {{.path = "params.yaml", .root_path = "params.yaml", .keys = {"lr", "n"}}},
              .outs = {{.path = "out", .root_path = "out"}}};
  LockEntry lock{.cmd = "run",
                 .deps = {{.path = "in", .content = Of("in")}},
                 .params = {{.path = "params.yaml", .values = Values({{"lr", 0.5}, {"n", value::Null()}})}},
                 .outs = {{.path = "out", .content = Of("out")}}};
  Observation seen{.deps = {Of("in")},
                   .params = {{.path = "params.yaml", .values = Values({{"lr", 0.5}, {"n", value::Null()}})}},
                   .outs = {{.content = Of("out"), .in_cache = true}}};
};

TEST_F(StalenessTest, NothingChangedIsUpToDate) { EXPECT_THAT(Reasons(), IsEmpty()); }

TEST_F(StalenessTest, AStageWithoutALockEntryWasNotRunYet) {
  const std::vector<Reason> reasons = Staleness(stage, nullptr, seen);
  ASSERT_EQ(reasons.size(), 1u);
  EXPECT_EQ(reasons[0].Text(), "not run yet");
}

TEST_F(StalenessTest, ACommandIsComparedExactly) {
  stage.cmd = value::List{"run"};
  EXPECT_THAT(Reasons(), ElementsAre("command changed"));
}

TEST_F(StalenessTest, ATextThatLostABlankWhereItWasFoldedIsTheSame) {
  const std::string words(60, 'x');
  stage.cmd = words + "  and_longer_than_a_line";
  lock.cmd = words + " and_longer_than_a_line";
  EXPECT_THAT(Reasons(), IsEmpty());
  seen.params[0].values.Set("lr", stage.cmd);
  lock.params[0].values.Set("lr", lock.cmd);
  EXPECT_THAT(Reasons(), IsEmpty());
  lock.cmd = words + "and_longer_than_a_line";
  EXPECT_THAT(Reasons(), ElementsAre("command changed"));
}

TEST_F(StalenessTest, ADependencyIsNewModifiedOrMissing) {
  seen.deps[0] = Of("other");
  EXPECT_THAT(Reasons(), ElementsAre("dependency in modified"));
  seen.deps[0] = std::nullopt;
  EXPECT_THAT(Reasons(), ElementsAre("dependency in missing"));
  seen.deps[0] = Of("in");
  lock.deps.clear();
  EXPECT_THAT(Reasons(), ElementsAre("dependency in new"));
}

TEST_F(StalenessTest, ADroppedDependencyOrParamDoesNotMatter) {
  stage.deps.clear();
  seen.deps.clear();
  stage.params[0].keys = {"lr"};
  seen.params[0].values = Values({{"lr", 0.5}});
  EXPECT_THAT(Reasons(), IsEmpty());
}

TEST_F(StalenessTest, ParamsAreComparedAsPythonDoes) {
  lock.params[0].values = Values({{"lr", 1}, {"n", false}});
  seen.params[0].values = Values({{"lr", 1.0}, {"n", 0}});
  EXPECT_THAT(Reasons(), IsEmpty());
  seen.params[0].values = Values({{"lr", 2}, {"n", value::Null()}});
  EXPECT_THAT(Reasons(), ElementsAre("parameter params.yaml:lr modified", "parameter params.yaml:n modified"));
}

TEST_F(StalenessTest, AParamIsNewOrMissing) {
  lock.params.clear();
  EXPECT_THAT(Reasons(), ElementsAre("parameter params.yaml:lr new", "parameter params.yaml:n new"));
  seen.params[0] = {.path = "params.yaml", .missing = {"lr", "n"}};
  EXPECT_THAT(Reasons(), ElementsAre("parameter params.yaml:lr missing", "parameter params.yaml:n missing"));
}

TEST_F(StalenessTest, AWholeFileLosesKeysToo) {
  seen.params[0] = {.path = "params.yaml", .values = Values({{"lr", 0.5}}), .whole_file = true};
  EXPECT_THAT(Reasons(), ElementsAre("parameter params.yaml:n missing"));
  seen.params[0] = {.path = "params.yaml", .missing = {"params.yaml"}, .whole_file = true};
  EXPECT_THAT(Reasons(), ElementsAre("parameter params.yaml missing"));
}

TEST_F(StalenessTest, AnOutputIsMissingModifiedOrNotInTheCache) {
  seen.outs[0].content = std::nullopt;
  EXPECT_THAT(Reasons(), ElementsAre("output out missing"));
  seen.outs[0].content = Of("other");
  EXPECT_THAT(Reasons(), ElementsAre("output out modified"));
  seen.outs[0] = {.content = Of("out"), .in_cache = false};
  EXPECT_THAT(Reasons(), ElementsAre("output out not in cache"));
  stage.outs[0].cache = false;
  EXPECT_THAT(Reasons(), IsEmpty());
}

TEST_F(StalenessTest, AFrozenStageDoesNotLookAtItsInputs) {
  stage.frozen = true;
  seen.deps[0] = Of("other");
  seen.params[0].missing = {"lr"};
  EXPECT_THAT(Reasons(), IsEmpty());
  seen.outs[0].content = std::nullopt;
  EXPECT_THAT(Reasons(), ElementsAre("output out missing"));
}

TEST_F(StalenessTest, SomeStagesAlwaysRun) {
  stage.always_changed = true;
  EXPECT_THAT(Reasons(), ElementsAre("always runs"));
  stage = Stage{.cmd = "run"};
  seen = {};
  EXPECT_THAT(Reasons(), ElementsAre("always runs"));
}

TEST_F(StalenessTest, AStageWithOutputsButNoInputsDoesNot) {
  stage.deps.clear();
  stage.params.clear();
  seen.deps.clear();
  seen.params.clear();
  EXPECT_THAT(Reasons(), IsEmpty());
}

TEST(OnlyOutputsDiffer, TellsWhatCanBeRestoredByTheLock) {
  EXPECT_TRUE(OnlyOutputsDiffer({{Reason::Kind::kOutMissing, "a"}, {Reason::Kind::kOutModified, "b"}}));
  EXPECT_FALSE(OnlyOutputsDiffer({{Reason::Kind::kOutMissing, "a"}, {Reason::Kind::kDepModified, "b"}}));
}

}  // namespace
}  // namespace expq::pipeline
