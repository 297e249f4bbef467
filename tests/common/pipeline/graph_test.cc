#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/pipeline/pipeline.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A stage of those names and paths, in the root's dvc.yaml.
Stage Make(const std::string& name, const std::vector<std::string>& deps, const std::vector<std::string>& outs) {
  Stage stage;
  stage.name = name;
  stage.file = "dvc.yaml";
  for (const std::string& dep : deps) stage.deps.push_back(Dependency{.path = dep, .root_path = dep});
  for (const std::string& out : outs) stage.outs.push_back(Output{.path = out, .root_path = out});
  return stage;
}

Graph Built(const Pipeline& pipeline) {
  absl::StatusOr<Graph> graph = Graph::Build(pipeline);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *std::move(graph) : Graph();
}

TEST(Graph, OfNothingIsEmpty) { EXPECT_THAT(Built(Pipeline{}).Order(), IsEmpty()); }

TEST(Graph, LeadsFromOutputsToDependencies) {
  Pipeline pipeline;
  pipeline.stages = {Make("use", {"b", "a"}, {}), Make("make_a", {}, {"a"}), Make("make_b", {"a"}, {"b"})};
  const Graph graph = Built(pipeline);
  EXPECT_THAT(graph.Upstream(0), ElementsAre(1, 2));
  EXPECT_THAT(graph.Downstream(1), ElementsAre(0, 2));
  EXPECT_THAT(graph.Order(), ElementsAre(1, 2, 0));
}

TEST(Graph, OrdersFreeStagesAsTheyAreWritten) {
  Pipeline pipeline;
  pipeline.stages = {Make("d", {"x"}, {}), Make("c", {}, {}), Make("b", {}, {"x"}), Make("a", {}, {})};
  EXPECT_THAT(Built(pipeline).Order(), ElementsAre(1, 2, 0, 3));
}

TEST(Graph, JoinsAFolderWithWhatLiesInIt) {
  Pipeline pipeline;
  pipeline.stages = {Make("makes_folder", {}, {"dir"}),
                     Make("reads_below", {"dir/deep/file"}, {}),
                     Make("reads_beside", {"dir-other", "di"}, {}),
                     Make("makes_inside", {}, {"src/gen/x"}),
                     Make("reads_folder", {"src"}, {}),
                     Make("reads_all", {"."}, {})};
  const Graph graph = Built(pipeline);
  EXPECT_THAT(graph.Upstream(1), ElementsAre(0));
  EXPECT_THAT(graph.Upstream(2), IsEmpty());
  EXPECT_THAT(graph.Upstream(4), ElementsAre(3));
  EXPECT_THAT(graph.Upstream(5), ElementsAre(0, 3));
}

TEST(Graph, CountsParamsFilesAsDependencies) {
  Pipeline pipeline;
  pipeline.stages = {Make("reads", {}, {}), Make("makes", {}, {"params.yaml"})};
  pipeline.stages[0].params.push_back(ParamDependency{.path = "params.yaml", .root_path = "params.yaml", .keys = {}});
  EXPECT_THAT(Built(pipeline).Upstream(0), ElementsAre(1));
}

TEST(Graph, DataSourcesAreNoStages) {
  Pipeline pipeline;
  pipeline.stages = {Make("reads", {"data/x"}, {})};
  DataSource source;
  source.file = "data.dvc";
  source.path = "data";
  pipeline.sources.push_back(source);
  EXPECT_THAT(Built(pipeline).Upstream(0), IsEmpty());
}

TEST(Graph, KnowsPathsOutsideOfTheRepository) {
  Pipeline pipeline;
  pipeline.stages = {Make("makes", {}, {"/tmp/out"}), Make("reads", {"/tmp/out/x"}, {}), Make("all", {"."}, {})};
  const Graph graph = Built(pipeline);
  EXPECT_THAT(graph.Upstream(1), ElementsAre(0));
  EXPECT_THAT(graph.Upstream(2), IsEmpty());
}

TEST(Graph, AgreesWithACheckOfEveryPairOnRandomPipelines) {
  int acyclic = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto path = [&random] {
      std::string text(1, static_cast<char>('a' + random() % 4));
      for (uint32_t depth = random() % 3; depth > 0; --depth)
        text += std::string("/") + static_cast<char>('a' + random() % 4);
      return text;
    };
    Pipeline pipeline;
    for (int i = 0; i < 4; ++i) pipeline.stages.push_back(Make("s" + std::to_string(i), {path()}, {path()}));
    const auto feeds = [&pipeline](int from, int to) {
      const std::string& out = pipeline.stages[from].outs[0].root_path;
      return std::any_of(pipeline.stages[to].deps.begin(), pipeline.stages[to].deps.end(), [&](const Dependency& dep) {
        return fs::IsWithin(dep.root_path, out) || fs::IsWithin(out, dep.root_path);
      });
    };
    const absl::StatusOr<Graph> graph = Graph::Build(pipeline);
    if (!graph.ok()) continue;
    ++acyclic;
    std::vector<int> position(4);
    for (int i = 0; i < 4; ++i) position[graph->Order()[i]] = i;
    for (int from = 0; from < 4; ++from) {
      for (int to = 0; to < 4; ++to) {
        const std::vector<int>& up = graph->Upstream(to);
        EXPECT_EQ(std::count(up.begin(), up.end(), from), feeds(from, to) ? 1 : 0);
        if (feeds(from, to)) {
          EXPECT_LT(position[from], position[to]);
        }
      }
    }
  }
  EXPECT_GT(acyclic, 10);
}

TEST(Components, JoinWhatIsConnectedAnyWay) {
  Pipeline pipeline;
  pipeline.stages = {Make("a", {}, {"x"}), Make("alone", {}, {"y"}), Make("b", {"x"}, {"z"}), Make("c", {"x"}, {})};
  EXPECT_THAT(Components(pipeline, Built(pipeline)), ElementsAre(0, 1, 0, 0));
}

TEST(Components, JoinStagesThatShareADataSource) {
  Pipeline pipeline;
  pipeline.stages = {Make("a", {"data/one.csv"}, {}), Make("alone", {}, {}), Make("b", {"data"}, {})};
  DataSource source;
  source.file = "data.dvc";
  source.path = "data";
  pipeline.sources.push_back(source);
  EXPECT_THAT(Components(pipeline, Built(pipeline)), ElementsAre(0, 1, 0));
}

}  // namespace
}  // namespace expq::pipeline
