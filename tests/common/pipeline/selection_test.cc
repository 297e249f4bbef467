#include "common/pipeline/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kData[] = "outs:\n- md5: c4ca4238a0b923820dcc509a6f75849b\n  size: 1\n  hash: md5\n  path: ";

class Selecting : public ::testing::Test {
 protected:
  Selecting() {
    repository_.Write("one.dvc", std::string(kData) + "one\n")
        .Write("two.dvc", std::string(kData) + "two\n")
        .Write("loose.dvc", std::string(kData) + "loose\n")
        .Write("dvc.yaml",
               "stages:\n  a: {cmd: x, deps: [one], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n"
               "  c: {cmd: x, deps: [b], outs: [c]}\n  d: {cmd: x, deps: [two], outs: [d], frozen: true}\n");
    pipeline_ = repository_.Load();
    graph_ = *Graph::Build(pipeline_);
  }

  std::vector<std::string> Stages() {
    std::vector<std::string> names;
    const std::vector<int> stages = *SelectStages(pipeline_, graph_, options_);
    for (const int stage : stages) names.push_back(pipeline_.stages[stage].name);
    return names;
  }

  std::vector<std::string> Sources() {
    std::vector<std::string> files;
    const std::vector<const DataSource*> sources = *SelectSources(pipeline_, graph_, options_);
    for (const DataSource* source : sources) files.push_back(source->file);
    return files;
  }

  bool Chain() { return IsChain(graph_, *SelectStages(pipeline_, graph_, options_)); }

  WrittenRepository repository_;
  Pipeline pipeline_;
  Graph graph_;
  ExecuteOptions options_;
};

TEST_F(Selecting, ADataFileIsFollowedByTheStagesThatReadIt) {
  options_.targets = {"one.dvc"};
  EXPECT_THAT(Stages(), IsEmpty());
  options_.downstream = true;
  EXPECT_THAT(Stages(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Sources(), ElementsAre("one.dvc"));
  options_.targets = {"two.dvc"};
  EXPECT_THAT(Stages(), IsEmpty()) << "a frozen stage does not look at it";
}

TEST_F(Selecting, AFrozenStageGoesWithWhatFollowsItNotWithWhatIsBeforeIt) {
  repository_.Write(
      "dvc.yaml",
      "stages:\n  a: {cmd: x, deps: [one], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b], frozen: true}\n"
      "  c: {cmd: x, deps: [b], outs: [c]}\n");
  pipeline_ = repository_.Load();
  graph_ = *Graph::Build(pipeline_);
  options_ = {.targets = {"a"}, .downstream = true};
  EXPECT_THAT(Stages(), ElementsAre("a"));
  options_.targets = {"b"};
  EXPECT_THAT(Stages(), ElementsAre("b", "c"));
  options_ = {.targets = {"c"}, .whole_pipelines = true};
  EXPECT_THAT(Stages(), ElementsAre("b", "c"));
}

TEST_F(Selecting, DataIsThatOfTheStagesUnlessTheyAreAlone) {
  options_.targets = {"b"};
  EXPECT_THAT(Sources(), ElementsAre("one.dvc"));
  options_.single_item = true;
  EXPECT_THAT(Sources(), IsEmpty());
  options_.targets = {"b", "loose.dvc"};
  EXPECT_THAT(Sources(), ElementsAre("loose.dvc"));
  options_ = {};
  EXPECT_THAT(Sources(), ElementsAre("one.dvc")) << "not what only a frozen stage reads";
  options_.all_pipelines = true;
  EXPECT_THAT(Sources(), ElementsAre("loose.dvc", "one.dvc", "two.dvc"));
}

TEST_F(Selecting, AChainHasOneStageAfterTheOther) {
  options_.targets = {"c"};
  EXPECT_TRUE(Chain());
  options_.targets = {"c", "d"};
  EXPECT_FALSE(Chain());
  options_.targets = {"d"};
  EXPECT_TRUE(Chain());
}

}  // namespace
}  // namespace expq::pipeline
