#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

Values Of(const StagedRepository& repo) { return ReadValues(repo.fs, repo.root(), repo.Load()); }

TEST(ReadValues, TakesParamsFilesWhole) {
  StagedRepository repo;
  repo.Write("dvc.yaml",
             "params: [top.json]\nstages:\n  s:\n    wdir: w\n    cmd: make o\n    params:\n    - conf.yaml: [lr]\n")
      .Write("params.yaml", "units: 64\nopt: {name: adam, betas: [0.9, 0.99]}\n")
      .Write("top.json", "{\"seed\": null}")
      .Write("w/conf.yaml", "lr: 1e-5\nother: true\n");
  EXPECT_EQ(Of(repo).params_json, R"({"w/conf.yaml":{"lr":1e-05,"other":true},"top.json":{"seed":null},)"
                                  R"("params.yaml":{"units":64,"opt":{"name":"adam","betas":[0.9,0.99]}}})");
}

TEST(ReadValues, SaysWhichKeysOfAFileAreTracked) {
  StagedRepository repo;
  repo.Write("dvc.yaml",
             "params: [top.yaml]\nstages:\n"
             "  a:\n    cmd: make a\n    params: [lr, keys.yaml: [x, y.z], whole.yaml: [q]]\n"
             "  b:\n    cmd: make b\n    params: [whole.yaml: , keys.yaml: [w], top.yaml: [u]]\n")
      .Write("params.yaml", "lr: 1\nother: 2\n");
  const Values values = Of(repo);
  ASSERT_EQ(values.tracked.size(), 1u) << "params.yaml and those of the top level are whole";
  EXPECT_THAT(values.tracked.at("keys.yaml"), ::testing::ElementsAre("w", "x", "y.z"));
  EXPECT_THAT(values.depended.at("params.yaml"), ::testing::ElementsAre("lr"));
  EXPECT_THAT(values.depended.at("whole.yaml"), ::testing::ElementsAre("*", "q"));
  EXPECT_THAT(values.params_files, ::testing::ElementsAre("params.yaml", "keys.yaml", "whole.yaml", "top.yaml"))
      << "also those that cannot be read";
}

TEST(ReadValues, TracksWhatTemplatesTakeOnlyOfFilesThatNoStageNames) {
  StagedRepository repo;
  repo.Write("dvc.yaml",
             "vars: [v.yaml, w.yaml]\nstages:\n  a:\n    params: [v.yaml: [x]]\n    cmd: run ${y} ${deep.z}\n")
      .Write("v.yaml", "x: 1\ny: 2\n")
      .Write("w.yaml", "deep: {z: 3}\n");
  const Values values = Of(repo);
  EXPECT_THAT(values.tracked.at("v.yaml"), ::testing::ElementsAre("x"));
  EXPECT_THAT(values.tracked.at("w.yaml"), ::testing::ElementsAre("deep.z"));
}

TEST(ReadValues, DoesNotMissParamsThatNobodyNames) {
  StagedRepository repo;
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make o\n    metrics: [gone.json]\n");
  EXPECT_THAT(Of(repo).params_files, ::testing::IsEmpty());
  EXPECT_THAT(Of(repo).metrics_files, ::testing::ElementsAre("gone.json"));
}

TEST(ReadValues, HasWhatTemplatesTakeFromFilesOfVars) {
  StagedRepository repo;
  repo.Write("dvc.yaml",
             "vars: [v.yaml, w.yaml, {inline: 1}]\nstages:\n"
             "  a:\n    cmd: run ${deep.x} ${inline} ${list[1]} ${lr} ${both.w}\n    deps: ['${in}']\n"
             "  b:\n    foreach: ${items}\n    do:\n      vars: [own.yaml]\n      cmd: run ${item} ${mine} ${both}\n"
             "  c:\n    params: [w.yaml: ]\n    cmd: run ${w}\n")
      .Write("params.yaml", "lr: 0.1\n")
      .Write("v.yaml", "in: i\nitems: [p, q]\ndeep: {x: 1, y: 2}\nlist: [3, 4]\nunused: 5\nboth: {v: 6}\n")
      .Write("w.yaml", "w: 7\nboth: {w: 8}\n")
      .Write("own.yaml", "mine: 9\nother: 10\n");
  EXPECT_EQ(Of(repo).params_json,
            R"({"w.yaml":{"w":7,"both":{"w":8}},"params.yaml":{"lr":0.1},)"
            R"("v.yaml":{"deep":{"x":1},"list":{"1":4},"in":"i","both":{"v":6}},"own.yaml":{"mine":9}})");
}

TEST(ReadValues, KeepsOfMetricsWhatCanBeCompared) {
  StagedRepository repo;
  repo.Write("dvc.yaml",
             "metrics: [live/metrics.json]\nstages:\n  s:\n    cmd: make o\n    metrics: [m.json, not-yet.json]\n")
      .Write("m.json",
             R"({"acc": 0.5, "name": "x", "list": [1], "none": null, "a": {"b": 1, "c": {"d": []}}, "e": {}})")
      .Write("live/metrics.json", R"({"step": 3})");
  EXPECT_EQ(Of(repo).metrics_json, R"({"m.json":{"acc":0.5,"name":"x","a":{"b":1}},"live/metrics.json":{"step":3}})");
}

TEST(ReadValues, ReadsFoldersOfMetricsAndBareNumbers) {
  StagedRepository repo;
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make o\n    metrics: [scores, n.txt]\n")
      .Write("scores/a.json", R"({"x": 1})")
      .Write("scores/b.yaml", "y: 2\n")
      .Write("n.txt", "0.75\n");
  ASSERT_TRUE(repo.fs.Link(fs::LinkKind::kSymlink, ".", repo.dir / "scores/loop").ok());
  EXPECT_EQ(Of(repo).metrics_json, R"({"scores/a.json":{"x":1},"scores/b.yaml":{"y":2},"n.txt":{"":0.75}})");
}

TEST(ReadValues, LeavesOutWhatDoesNotParse) {
  StagedRepository repo;
  repo.Write("dvc.yaml", "stages:\n  s:\n    cmd: make o\n    metrics: [m.json]\n")
      .Write("params.yaml", "a: [1\n")
      .Write("m.json", "{\"acc\": ");
  EXPECT_EQ(Of(repo).params_json, "{}");
  EXPECT_EQ(Of(repo).metrics_json, "{}");
  const std::vector<std::string> unreadable = Of(repo).unreadable;
  ASSERT_EQ(unreadable.size(), 2u) << "and says so";
  EXPECT_EQ(unreadable[0].substr(0, 14), "params.yaml:1:");
  EXPECT_EQ(unreadable[1].substr(0, 7), "m.json:");
}

}  // namespace
}  // namespace expq::pipeline
