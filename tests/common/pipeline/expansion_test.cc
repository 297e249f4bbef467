#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr absl::string_view kParams =
    "flags: [true, null, 1.0, 1e-5, x]\n"
    "flag: true\n"
    "units: [16, 32]\n"
    "models: {cnn: {depth: 2}, mlp: {depth: 1}}\n"
    "item: hidden\n";

// "name: command" of every stage.
std::vector<std::string> Commands(const std::string& stage) {
  const Pipeline pipeline =
      WrittenRepository().Write("params.yaml", kParams).Write("dvc.yaml", "stages:\n  g:\n" + stage).Load();
  std::vector<std::string> commands;
  for (const Stage& s : pipeline.stages) commands.push_back(s.name + ": " + s.commands[0]);
  return commands;
}

std::string Refused(const std::string& stage) {
  return WrittenRepository().Write("params.yaml", kParams).Write("dvc.yaml", "stages:\n  g:\n" + stage).Refusal();
}

struct Case {
  std::string stage;
  std::vector<std::string> commands;
};

class Expansions : public ::testing::TestWithParam<Case> {};

TEST_P(Expansions, HaveTheNamesAndOrderOfDvc) {
  EXPECT_THAT(Commands(GetParam().stage), ElementsAreArray(GetParam().commands)) << GetParam().stage;
}

const std::vector<Case>& Foreach() {
  static const std::string item = "    do: {cmd: 'run ${item}'}\n";
  static const std::vector<Case> cases = {
      {"    foreach: [b, a]\n" + item, {"g@b: run b", "g@a: run a"}},
      {"    foreach: [1, 1.0, 1e-5, null]\n" + item,
       {"g@1: run 1", "g@1.0: run 1.0", "g@1e-05: run 1e-05", "g@None: run None"}},
      {"    foreach: [true, '${flag}']\n" + item, {"g@true: run true", "g@True: run true"}},
      {"    foreach: ${flags}\n" + item,
       {"g@True: run true", "g@None: run None", "g@1.0: run 1.0", "g@1e-05: run 1e-05", "g@x: run x"}},
      {"    foreach: [1, '1', 2]\n" + item, {"g@1: run 1", "g@2: run 2"}},
      {"    foreach: [{n: a}, {n: b}]\n    do: {cmd: 'run ${item.n}'}\n", {"g@0: run a", "g@1: run b"}},
      {"    foreach: [x, [1, 2]]\n    do: {cmd: 'run'}\n", {"g@0: run", "g@1: run"}},
      {"    foreach: {k1: 1, a/b c: 2}\n    do: {cmd: 'run ${key}=${item}'}\n",
       {"g@k1: run k1=1", "g@a/b c: run a/b c=2"}},
      {"    foreach: ${models}\n    do: {cmd: 'run ${key} ${item.depth} ${item}'}\n",
       {"g@cnn: run cnn 2 --depth 2", "g@mlp: run mlp 1 --depth 1"}},
      {"    foreach: []\n" + item, {}},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Foreach, Expansions, ::testing::ValuesIn(Foreach()));

const std::vector<Case>& Matrix() {
  static const std::string cmd = "    cmd: run ${item.m} ${item.n} ${key}\n";
  static const std::vector<Case> cases = {
      {"    matrix: {m: [a, b], n: '${units}'}\n" + cmd,
       {"g@a-16: run a 16 a-16", "g@a-32: run a 32 a-32", "g@b-16: run b 16 b-16", "g@b-32: run b 32 b-32"}},
      {"    matrix: {m: [{x: 1}, {x: 2}], n: [true]}\n    cmd: run ${item.m.x}\n",
       {"g@m0-true: run 1", "g@m1-true: run 2"}},
      {"    matrix: {m: [x, x-a], n: [a-b, b]}\n" + cmd,
       {"g@x-a-b: run x-a b x-a-b", "g@x-b: run x b x-b", "g@x-a-a-b: run x-a a-b x-a-a-b"}},
      {"    matrix: {m: [], n: [1]}\n" + cmd, {}},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Matrix, Expansions, ::testing::ValuesIn(Matrix()));

TEST(Expansion, HasKeysThatAreNoTextsOnlyWhereTheyAreWritten) {
  EXPECT_THAT(Commands("    foreach: {1: x, false: y, ~: z}\n    do: {cmd: '${key} ${item}'}\n"),
              ElementsAre("g@1: 1 x", "g@false: false y", "g@None: None z"));
  EXPECT_THAT(Commands("    foreach: [{1: x, a: y}]\n    do: {cmd: 'run ${item}'}\n"), ElementsAre("g@0: run --a y"));
}

TEST(Expansion, RefusesWhatItCannotRepeat) {
  const std::string body = "    do: {cmd: c}\n";
  EXPECT_EQ(Refused("    foreach: 5\n" + body), "dvc.yaml:3:5: 'foreach': expected a list or map, got an integer");
  EXPECT_EQ(Refused("    foreach: text\n" + body), "dvc.yaml:3:5: 'foreach': expected a list or map, got a string");
  EXPECT_EQ(Refused("    foreach: ${flag}\n" + body), "dvc.yaml:3:5: expected a list, but '${flag}' is a boolean");
  EXPECT_EQ(Refused("    foreach: ${unit}\n" + body),
            "dvc.yaml:3:14: 'unit' is not among the values [did you mean 'units'?]");
  EXPECT_EQ(Refused("    foreach: [1]\n"), "dvc.yaml:2:3: stage 'g' has no 'do'");
  EXPECT_EQ(Refused("    foreach: [1]\n    matrix: {a: [1]}\n    cmd: c\n"),
            "dvc.yaml:2:3: stage 'g' has both 'foreach' and 'matrix'");
  EXPECT_EQ(Refused("    foreach: []\n    do: {cmmd: c}\n"),
            "dvc.yaml:4:10: unknown key 'cmmd' in stage 'g' [did you mean 'cmd'?]");
  EXPECT_EQ(Refused("    matrix: {a: 1}\n    cmd: c\n"), "dvc.yaml:3:14: 'a': expected a list, got an integer");
  EXPECT_EQ(Refused("    matrix: [1]\n    cmd: c\n"), "dvc.yaml:3:5: 'matrix': expected a map of lists, got a list");
}

TEST(Expansion, RefusesAProductThatNobodyMeant) {
  std::string matrix = "    cmd: c\n    matrix:\n";
  for (const char* name : {"a", "b", "c"}) {
    matrix += std::string("      ") + name + ": [";
    for (int i = 0; i < 100; ++i) matrix += std::to_string(i) + ",";
    matrix += "]\n";
  }
  EXPECT_EQ(Refused(matrix), "dvc.yaml:4:5: this makes more than 100000 stages");
}

TEST(Expansion, RefusesANameThatIsThereAlready) {
  EXPECT_EQ(Refused("    foreach: [x]\n    do: {cmd: c}\n  g@x: {cmd: c}\n"),
            "dvc.yaml:5:3: stage 'g@x' is defined twice");
}

TEST(Expansion, TakesAMatrixInsideOfForeachForNothing) {
  const Pipeline pipeline =
      WrittenRepository()
          .Write("dvc.yaml", "stages:\n  g:\n    foreach: [1]\n    do: {cmd: c, matrix: {a: [1, 2]}}\n")
          .Load();
  EXPECT_EQ(pipeline.stages.size(), 1u);
  EXPECT_THAT(pipeline.warnings, ElementsAre("dvc.yaml:4:18: 'matrix' has no effect inside 'do'"));
}

TEST(Expansion, SaysWhenItHidesAValue) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("params.yaml", kParams)
                                .Write("dvc.yaml", "stages:\n  g:\n    foreach: [1]\n    do: {cmd: 'c ${item}'}\n")
                                .Load();
  EXPECT_THAT(pipeline.warnings, ElementsAre("dvc.yaml:2:3: 'item' of the values is hidden by that of the expansion"));
}

TEST(Expansion, ReachesPathsAndFlags) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("dvc.yaml",
                                       "stages:\n  g:\n    matrix: {n: [1, 2]}\n    cmd: c\n    wdir: w${item.n}\n"
                                       "    outs: [{'o${key}': {cache: false}}]\n")
                                .Load();
  ASSERT_EQ(pipeline.stages.size(), 2u);
  EXPECT_EQ(pipeline.stages[1].outs[0].root_path, "w2/o2");
  EXPECT_THAT(pipeline.warnings, IsEmpty());
}

}  // namespace
}  // namespace expq::pipeline
