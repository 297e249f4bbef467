// What the table shows while experiments run, of every kind of value, and where keys are in more than one file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string MetricsOf(const Workbench& bench, const std::string& name) {
  const value::Value shown = bench.Json({"show", "--filter", "name == '" + name + "'"});
  const value::Value* metrics = value::Lookup(shown, "experiments.0.metrics");
  return metrics == nullptr ? "" : value::ToJson(*metrics, {.compact = true});
}

// Writes one more step to metrics.json each time that it is let on.
constexpr char kSteps[] =
    "for step in 1 2 3; do\n"
    "  echo \"{\\\"step\\\": $step, \\\"deep\\\": {\\\"acc\\\": 0.$step}}\" > metrics.json\n"
    "  echo \"step $step\"\n"
    "  while [ ! -e \"$NOTES/after-$step\" ]; do sleep 0.02; done\n"
    "done\n"
    "touch model.txt\n";

// One that runs, seen step by step; `start` starts whatever runs it.
void ExpectLiveValues(const Workbench& bench, const TempDir& outside) {
  const auto step = [&](int number) {
    const std::string metrics =
        absl::StrCat(R"({"metrics.json":{"step":)", number, R"(,"deep":{"acc":0.)", number, "}}}");
    EXPECT_TRUE(Eventually([&] { return MetricsOf(bench, "live") == metrics; })) << metrics;
  };
  step(1);
  EXPECT_EQ(States(bench.Json({"show"})), "live=running");
  EXPECT_EQ(TextAt(bench.Json({"queue"}), "experiments.0.stage"), "train");
  EXPECT_THAT(bench.Out({"logs", "live", "--stage", "train"}), StartsWith("step 1\n"));
  outside.Write("after-1", "");
  step(2);
  EXPECT_THAT(bench.Out({"show", "--csv"}), HasSubstr(",running,"));
  outside.Write("after-2", "");
  outside.Write("after-3", "");
}

std::unique_ptr<Workbench> SteppingBench(const TempDir& outside, const std::vector<std::string>& variables) {
  auto bench = std::make_unique<Workbench>(variables);
  bench->repo().Write("train.sh", kSteps);
  bench->repo().Git({"add", "train.sh"});
  bench->Out({"submit", "-n", "live", "-e", "NOTES=" + outside.path()});
  return bench;
}

TEST(Results, OfARunningOneAreLive) {
  const TempDir outside;
  const auto bench = SteppingBench(outside, {});
  Background run(bench->expq(), {"run-all"});
  ExpectLiveValues(*bench, outside);
  EXPECT_EQ(run.Join().code, 0);
}

TEST(Results, OfOneThatRunsElsewhereAreLiveToo) {
  const House house;
  const TempDir outside;
  const auto bench = SteppingBench(outside, {"EXPQ_SCHEDULER=" + house.address()});
  const auto agent = house.Agent("box");
  ExpectLiveValues(*bench, outside);
  EXPECT_EQ(bench->Run({"wait", "live"}).code, 0);
}

TEST(Results, NameTheFileOnlyWhereAKeyIsInMoreThanOne) {
  const Workbench bench;
  bench.repo().Write("other.yaml", "units: 3\nseed: 1\n");
  bench.repo().Write("train.sh",
                     "echo '{\"acc\": 0.5, \"only\": 1}' > metrics.json; echo '{\"acc\": 0.7}' > test.json\n"
                     "touch model.txt\n");
  bench.repo().Write("dvc.yaml",
                     "stages:\n  train:\n    cmd: sh train.sh\n    params: [units, {other.yaml: [units, seed]}]\n"
                     "    outs: [model.txt]\n    metrics:\n    - metrics.json: {cache: false}\n"
                     "    - test.json: {cache: false}\n");
  bench.repo().Git({"add", "-A"});
  bench.Out({"submit", "-n", "one", "-S", "other.yaml:units=4", "-S", "units=5"});
  bench.Out({"run-all"});
  const std::string head = std::vector<std::string>(absl::StrSplit(bench.Out({"show", "--csv"}), '\n'))[0];
  for (const char* column : {"metrics.json:acc", "test.json:acc", ",only", "params.yaml:units", "other.yaml:units",
                             ",seed", ",lr", ",opt.name"}) {
    EXPECT_THAT(head, HasSubstr(column));
  }
  EXPECT_THAT(head, Not(HasSubstr("metrics.json:only")));
  EXPECT_THAT(bench.Out({"show", "--csv", "--filter", "test.json:acc > metrics.json:acc"}), HasSubstr("\none,"));
  EXPECT_EQ(States(bench.Json({"show", "--filter", "other.yaml:units == 4 and params.yaml:units == 5"})),
            "one=succeeded");
}

TEST(Results, KeepTheirKindsInJson) {
  const Workbench bench;
  bench.repo().Write(
      "train.sh",
      "printf '%s' '{\"int\": 3, \"float\": 3.0, \"tiny\": 1e-12, \"big\": 12345678901234567890, \"yes\": "
      "true, \"none\": null, \"text\": \"é\", \"list\": [1, 2.5], \"nan\": NaN}' > metrics.json\n"
      "touch model.txt\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all"});
  const std::string metrics = MetricsOf(bench, "one");
  for (const char* part :
       {R"("int":3,)", R"("float":3.0,)", R"("tiny":1e-12,)", R"("big":12345678901234567890,)", R"("yes":true,)"}) {
    EXPECT_THAT(metrics, HasSubstr(part));
  }
}

TEST(Results, OfAMetricsFileThatDoesNotParseAreMissedAloud) {
  const Workbench bench;
  bench.repo().Write("train.sh", "touch model.txt; echo '{\"acc\": ' > metrics.json\n");
  bench.repo().Git({"add", "train.sh"});
  bench.Out({"submit", "-n", "one"});
  bench.Out({"run-all"});
  EXPECT_EQ(MetricsOf(bench, "one"), "{}");
  EXPECT_THAT(bench.Out({"logs", "one"}), HasSubstr("not shown in tables: metrics.json:"));
}

TEST(Results, StandBelowTheWorkspaceAsItIsNowAndTheBaselineAsItWas) {
  const Workbench bench;
  bench.Out({"run", "-n", "first", "-S", "units=5"});
  bench.repo().Commit("with results");
  bench.repo().Git({"tag", "v1"});
  bench.repo().Write("params.yaml", "units: 6\nlr: 0.5\nopt: {name: adam}\n");
  const value::Value shown = bench.Json({"show"});
  const auto json = [&](const char* path) { return value::ToJson(*value::Lookup(shown, path), {.compact = true}); };
  EXPECT_EQ(json("workspace.params"), R"({"params.yaml":{"units":6,"lr":0.5,"opt":{"name":"adam"}}})");
  EXPECT_EQ(json("workspace.metrics"), R"({"metrics.json":{"acc":0.5,"loss":{"val":1.5}}})");
  EXPECT_EQ(TextAt(shown, "baselines.0.rev"), bench.repo().Head());
  EXPECT_EQ(json("baselines.0.params"), R"({"params.yaml":{"units":5,"lr":0.1,"opt":{"name":"sgd"}}})");
  EXPECT_THAT(json("baselines.0.names"), HasSubstr("main"));
  EXPECT_EQ(States(bench.Json({"show", "--all-commits"})), "first=succeeded");
}

}  // namespace
}  // namespace expq::testing
