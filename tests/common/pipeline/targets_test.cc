#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

Pipeline Sample() {
  Pipeline pipeline;
  pipeline.files = {"dvc.yaml", "sub/dvc.yaml", "empty/dvc.yaml"};
  for (const char* name : {"prepare", "train", "eval@a", "eval@b:c/d", "evaluate"}) {
    Stage stage;
    stage.name = name;
    stage.file = "dvc.yaml";
    pipeline.stages.push_back(stage);
  }
  pipeline.stages[1].outs.push_back(Output{.path = "model.pkl", .root_path = "model.pkl"});
  for (const char* name : {"train", "report"}) {
    Stage stage;
    stage.name = name;
    stage.file = "sub/dvc.yaml";
    pipeline.stages.push_back(stage);
  }
  DataSource source;
  source.file = "data.csv.dvc";
  source.path = "data.csv";
  pipeline.sources.push_back(source);
  return pipeline;
}

struct Case {
  std::string targets;  // joined by '|'
  std::string subdir;
  std::string selected;  // addresses joined by ' ', or the refusal with its hint
  TargetOptions options = {};
};

class Targets : public ::testing::TestWithParam<Case> {};

TEST_P(Targets, NameStages) {
  const Pipeline pipeline = Sample();
  const std::vector<std::string> targets = absl::StrSplit(GetParam().targets, '|', absl::SkipEmpty());
  const absl::StatusOr<std::vector<int>> selected =
      SelectTargets(pipeline, targets, GetParam().subdir, GetParam().options);
  std::string text;
  if (selected.ok()) {
    text = absl::StrJoin(*selected, " ", [&](std::string* out, int i) { *out += pipeline.stages[i].Address(); });
  } else {
    EXPECT_EQ(selected.status().code(), absl::StatusCode::kNotFound);
    const std::string hint = status::Hint(selected.status());
    text = std::string(selected.status().message()) + (hint.empty() ? "" : " [" + hint + "]");
  }
  EXPECT_EQ(text, GetParam().selected);
}

const std::vector<Case>& Found() {
  static const std::vector<Case> cases = {
      {"", "", "prepare train eval@a eval@b:c/d evaluate"},
      {"", ".", "prepare train eval@a eval@b:c/d evaluate"},
      {"", "sub", "sub/dvc.yaml:train sub/dvc.yaml:report"},
      {"", "empty", ""},
      {"train", "", "train"},
      {"train", "sub", "sub/dvc.yaml:train"},
      {"train|prepare|train", "", "train prepare"},
      {"eval", "", "eval@a eval@b:c/d"},
      {"eval@a", "", "eval@a"},
      {"eval@b:c/d", "", "eval@b:c/d"},
      {"dvc.yaml:eval@b:c/d", "", "eval@b:c/d"},
      {"sub/dvc.yaml", "", "sub/dvc.yaml:train sub/dvc.yaml:report"},
      {"sub/dvc.yaml:train", "", "sub/dvc.yaml:train"},
      {"./sub/../sub/dvc.yaml:report", "", "sub/dvc.yaml:report"},
      {"../dvc.yaml:train", "sub", "train"},
      {":train", "sub", "sub/dvc.yaml:train"},
      {"data.csv.dvc", "", ""},
      {"../data.csv.dvc|train", "sub", "sub/dvc.yaml:train"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Found, Targets, ::testing::ValuesIn(Found()));

constexpr TargetOptions kGlob{.glob = true};
constexpr TargetOptions kRecursive{.recursive = true};
constexpr TargetOptions kGranular{.granular = true};

const std::vector<Case>& ByOption() {
  static const std::vector<Case> cases = {
      {"eva*", "", "eval@a eval@b:c/d evaluate", kGlob},
      {"*", "sub", "sub/dvc.yaml:train sub/dvc.yaml:report", kGlob},
      {"sub/dvc.yaml:*r*", "", "sub/dvc.yaml:train sub/dvc.yaml:report", kGlob},
      {"eval@[ab]*", "", "eval@a eval@b:c/d", kGlob},
      {"eval", "", "eval@a eval@b:c/d", kGlob},
      {"t?ain|train", "", "train", kGlob},
      {"*/dvc.yaml:train", "", "target '*/dvc.yaml:train': there is no */dvc.yaml [there is 'dvc.yaml']", kGlob},
      {"x*", "", "there is no stage 'x*' in dvc.yaml", kGlob},
      {"eva*", "", "there is no stage 'eva*' in dvc.yaml [did you mean 'eval'?]"},
      {"sub", "", "sub/dvc.yaml:train sub/dvc.yaml:report", kRecursive},
      {"sub/", "", "sub/dvc.yaml:train sub/dvc.yaml:report", kRecursive},
      {".", "", "prepare train eval@a eval@b:c/d evaluate sub/dvc.yaml:train sub/dvc.yaml:report", kRecursive},
      {"..", "sub", "prepare train eval@a eval@b:c/d evaluate sub/dvc.yaml:train sub/dvc.yaml:report", kRecursive},
      {"empty", "", "", kRecursive},
      {"train|sub", "", "train sub/dvc.yaml:train sub/dvc.yaml:report", kRecursive},
      {"nowhere", "", "there is no stage 'nowhere' in dvc.yaml", kRecursive},
      {"model.pkl", "", "train", kGranular},
      {"../model.pkl", "sub", "train", kGranular},
      {"model.pkl/part", "other", "target 'model.pkl/part': there is no other/dvc.yaml [there is 'dvc.yaml']",
       kGranular},
      {"model.pkl/part", "", "train", kGranular},
      {"data.csv|train", "", "train", kGranular},
      {"nothing", "", "there is no stage 'nothing' in dvc.yaml", kGranular},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(ByOption, Targets, ::testing::ValuesIn(ByOption()));

const std::vector<Case>& NotFound() {
  static const std::vector<Case> cases = {
      {"tran", "", "there is no stage 'tran' in dvc.yaml [did you mean 'train'?]"},
      {"evall", "", "there is no stage 'evall' in dvc.yaml [did you mean 'eval'?]"},
      {"eval@z", "", "there is no stage 'eval@z' in dvc.yaml [did you mean 'eval@a'?]"},
      {"zzz", "", "there is no stage 'zzz' in dvc.yaml"},
      {"report", "", "there is no stage 'report' in dvc.yaml [did you mean 'sub/dvc.yaml:report'?]"},
      {"model.pkl", "", "there is no stage 'model.pkl' in dvc.yaml ['model.pkl' is an output of stage 'train']"},
      {"../model.pkl", "sub",
       "there is no stage '../model.pkl' in sub/dvc.yaml ['../model.pkl' is an output of stage "
       "'train']"},
      {"sub/dvc.yaml:tran", "", "there is no stage 'tran' in sub/dvc.yaml [did you mean 'train'?]"},
      {"dvc.lock", "", "'dvc.lock' is not a target [did you mean 'dvc.yaml'?]"},
      {"sub/dvc.lock:train", "", "'sub/dvc.lock:train' is not a target [did you mean 'sub/dvc.yaml'?]"},
      {"subb/dvc.yaml", "", "there is no subb/dvc.yaml [there is 'sub/dvc.yaml']"},
      {"train", "other", "target 'train': there is no other/dvc.yaml [there is 'dvc.yaml']"},
      {"", "other", "there is no other/dvc.yaml [there is 'dvc.yaml']"},
      {"train|nope", "", "there is no stage 'nope' in dvc.yaml"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(NotFound, Targets, ::testing::ValuesIn(NotFound()));

TEST(SelectTargets, SaysWhereStagesComeFromWhenThereAreNone) {
  const absl::Status status = SelectTargets(Pipeline{}, {}, "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "there is no dvc.yaml");
  EXPECT_EQ(status::Hint(status), "stages are defined in a dvc.yaml");
}

}  // namespace
}  // namespace expq::pipeline
