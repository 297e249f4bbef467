#include "common/pipeline/stage_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "common/pipeline/overlay.h"
#include "common/status/status.h"
#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

StageDraft Train() {
  StageDraft draft{.name = "train", .command = "python train.py"};
  draft.deps = {"x", "./b"};
  draft.params = {"lr,train.b", "o.yaml:z,y", "q.json:"};
  draft.outs = {Output{.path = "m.json", .kind = OutputKind::kMetric, .cache = false}, Output{.path = "out"},
                Output{.path = "log", .persist = true}};
  return draft;
}

constexpr absl::string_view kTrain =
    "  train:\n"
    "    cmd: python train.py\n"
    "    deps:\n    - ./b\n    - x\n"
    "    params:\n    - lr\n    - train.b\n    - o.yaml:\n      - y\n      - z\n    - q.json:\n"
    "    outs:\n    - log:\n        persist: true\n    - out\n"
    "    metrics:\n    - m.json:\n        cache: false\n";

// The text with `train: {cmd: new}` written into it, or the refusal.
std::string With(absl::string_view text, const std::string& name = "train") {
  StageDraft draft{.name = name, .command = "new"};
  const auto written = WithStage(text, "dvc.yaml", name, DefinitionOf(draft));
  return written.ok() ? *written
                      : std::string(written.status().message()) + " [" + status::Hint(written.status()) + "]";
}

TEST(StageWriter, MakesAFileAsDvcDoes) {
  EXPECT_EQ(*WithStage("", "dvc.yaml", "train", DefinitionOf(Train())), absl::StrCat("stages:\n", kTrain));
}

TEST(StageWriter, WritesWhatIsNotTheDefault) {
  StageDraft draft{.name = "a", .desc = "some text", .command = "c\nd", .wdir = "./w/", .always_changed = true};
  EXPECT_EQ(*WithStage("", "dvc.yaml", "a", DefinitionOf(draft)),
            "stages:\n  a:\n    desc: some text\n    cmd: \"c\\nd\"\n    wdir: w\n    always_changed: true\n");
}

TEST(StageWriter, AppendsAfterTheLastStage) {
  EXPECT_EQ(With("# top\nstages:\n  a:  # c1\n    cmd: \"x\"  # c2\n    # tail"),
            "# top\nstages:\n  a:  # c1\n    cmd: \"x\"  # c2\n    # tail\n  train:\n    cmd: new\n");
  EXPECT_EQ(With("stages:\n    a:\n        cmd: x\n\n# plots\nplots:\n  - p\n"),
            "stages:\n    a:\n        cmd: x\n\n# plots\n    train:\n      cmd: new\nplots:\n  - p\n");
  EXPECT_EQ(With("vars: [{a: 1}]\n"), "vars: [{a: 1}]\nstages:\n  train:\n    cmd: new\n");
  EXPECT_EQ(With("# only a comment\n"), "# only a comment\nstages:\n  train:\n    cmd: new\n");
}

TEST(StageWriter, ReplacesAStageAndNothingElse) {
  EXPECT_EQ(With("stages:\n  train:  # c1\n    cmd: old\n    deps:\n      - x\n\n  # next\n  b: {cmd: y}\n"),
            "stages:\n  train:  # c1\n    cmd: new\n\n  # next\n  b: {cmd: y}\n");
  EXPECT_EQ(With("stages:\n  train: {cmd: old}\n  b: {cmd: y}\n"), "stages:\n  train:\n    cmd: new\n  b: {cmd: y}\n");
}

TEST(StageWriter, KeepsOfAReplacedStageWhatDvcKeeps) {
  const std::string old =
      "stages:\n  train:\n    outs:\n    - out:\n        cache: false\n        desc: the model\n    cmd: old\n"
      "    meta: {k: 1}\n    desc: words\n    frozen: true\n";
  StageDraft draft = Train();
  draft.deps = {};
  draft.params = {};
  EXPECT_EQ(*WithStage(old, "dvc.yaml", "train", DefinitionOf(draft)),
            "stages:\n  train:\n    outs:\n    - log:\n        persist: true\n    - out:\n        desc: the model\n"
            "    cmd: python train.py\n    meta:\n      k: 1\n    desc: words\n"
            "    metrics:\n    - m.json:\n        cache: false\n");
}

TEST(StageWriter, WritesInBracesWhereTheFileDoes) {
  EXPECT_EQ(With("stages: {a: {cmd: x}}  # c\n"), "stages: {a: {cmd: x}, train: {cmd: new}}  # c\n");
  EXPECT_EQ(With("stages: { }\nvars: []\n"), "stages: {train: {cmd: new} }\nvars: []\n");
  EXPECT_EQ(With("stages: {\n  a: {cmd: x},\n}\n"), "stages: {\n  a: {cmd: x}, train: {cmd: new},\n}\n");
  EXPECT_EQ(With("stages: {train: {cmd: x, desc: d}, b: {cmd: y}}\n"),
            "stages: {train: {cmd: new, desc: d}, b: {cmd: y}}\n");
  EXPECT_EQ(With("{}\n"), "{stages: {train: {cmd: new}}}\n");
  EXPECT_EQ(With("{vars: [{a: 1}]}\n"), "{vars: [{a: 1}], stages: {train: {cmd: new}}}\n");
}

TEST(StageWriter, WritesBeforeTheEndOfTheDocument) {
  EXPECT_EQ(With("---\nstages:\n  a: {cmd: x}\n...\n"), "---\nstages:\n  a: {cmd: x}\n  train:\n    cmd: new\n...\n");
  EXPECT_EQ(With("vars: []\n...\n"), "vars: []\nstages:\n  train:\n    cmd: new\n...\n");
}

TEST(StageWriter, RefusesWhatItCannotEdit) { EXPECT_EQ(With("- a\n"), "dvc.yaml: the top level must be a map []"); }

TEST(OverlayReader, ShowsAPipelineAsItWouldBe) {
  WrittenRepository repository;
  repository.Write("sub/x", "");
  const fs::PosixFilesystem disk;
  const OverlayReader changed(disk, fs::Join(repository.root(), "sub/dvc.yaml"), "stages: {a: {cmd: x}}\n");
  const auto pipeline = Load(changed, repository.root());
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  EXPECT_EQ(Addresses(*pipeline), std::vector<std::string>{"sub/dvc.yaml:a"});
  EXPECT_TRUE(repository.Load().stages.empty());
}

}  // namespace
}  // namespace expq::pipeline
