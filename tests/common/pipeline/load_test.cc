#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/pipeline/pipeline.h"
#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> RootPaths(const std::vector<Output>& outs) {
  std::vector<std::string> paths;
  for (const Output& out : outs) paths.push_back(out.root_path);
  return paths;
}

TEST(Load, FindsNothingInAnEmptyRepository) {
  const Pipeline pipeline = WrittenRepository().Write("README.md", "hello").Load();
  EXPECT_THAT(pipeline.stages, IsEmpty());
  EXPECT_THAT(pipeline.files, IsEmpty());
}

TEST(Load, AcceptsAFileWithNothingInIt) {
  EXPECT_THAT(WrittenRepository().Write("dvc.yaml", "").Load().files, ElementsAre("dvc.yaml"));
  EXPECT_THAT(WrittenRepository().Write("dvc.yaml", "stages: {}\n").Load().stages, IsEmpty());
}

TEST(Load, NamesWhatItsTemplatesMayRead) {
  const Pipeline pipeline =
      WrittenRepository()
          .Write("params.yaml", "data: {name: a}\nlist: [1]\nlr: 1\n")
          .Write(
              "dvc.yaml",
              "vars: [{own: 1}]\n"
              "stages:\n  a:\n    foreach: ${ list }\n    do:\n      cmd: x ${item} ${own} ${data.name} \\${escaped}\n")
          .Load();
  EXPECT_THAT(pipeline.variables, UnorderedElementsAre("data", "list", "item", "own", "escaped"));
}

TEST(Load, ReadsEveryFieldOfAStage) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("dvc.yaml",
                                       "stages:\n"
                                       "  train:\n"
                                       "    cmd: python train.py\n"
                                       "    desc: fits the model\n"
                                       "    meta: {owner: ann, n: [1, 2]}\n"
                                       "    wdir: code\n"
                                       "    frozen: true\n"
                                       "    always_changed: true\n"
                                       "    deps: [../data/x.csv, train.py]\n"
                                       "    params:\n"
                                       "      - lr\n"
                                       "      - conf/p.json: [a.b, c]\n"
                                       "      - all.toml:\n"
                                       "      - units\n"
                                       "    outs:\n"
                                       "      - model\n"
                                       "      - ../ckpt: {persist: true, cache: false}\n"
                                       "    metrics: [{m.json: {cache: false}}]\n"
                                       "    plots: [{roc.csv: {x: fpr, y: tpr, title: ROC}}]\n")
                                .Load();
  ASSERT_EQ(pipeline.stages.size(), 1u);
  const Stage& stage = pipeline.stages[0];
  EXPECT_EQ(stage.name, "train");
  EXPECT_EQ(stage.file, "dvc.yaml");
  EXPECT_EQ(stage.mark.line, 2);
  EXPECT_EQ(stage.mark.column, 3);
  EXPECT_EQ(stage.wdir, "code");
  EXPECT_TRUE(stage.frozen);
  EXPECT_TRUE(stage.always_changed);
  EXPECT_THAT(stage.commands, ElementsAre("python train.py"));

  ASSERT_EQ(stage.deps.size(), 2u);
  EXPECT_EQ(stage.deps[0].path, "../data/x.csv");
  EXPECT_EQ(stage.deps[0].root_path, "data/x.csv");
  EXPECT_EQ(stage.deps[1].root_path, "code/train.py");

  ASSERT_EQ(stage.params.size(), 3u);
  EXPECT_EQ(stage.params[0].root_path, "code/params.yaml");
  EXPECT_THAT(stage.params[0].keys, ElementsAre("lr", "units"));
  EXPECT_EQ(stage.params[1].path, "conf/p.json");
  EXPECT_THAT(stage.params[1].keys, ElementsAre("a.b", "c"));
  EXPECT_EQ(stage.params[2].root_path, "code/all.toml");
  EXPECT_THAT(stage.params[2].keys, IsEmpty());

  EXPECT_THAT(RootPaths(stage.outs), ElementsAre("code/model", "ckpt", "code/m.json", "code/roc.csv"));
  EXPECT_TRUE(stage.outs[0].cache);
  EXPECT_FALSE(stage.outs[0].persist);
  EXPECT_FALSE(stage.outs[1].cache);
  EXPECT_TRUE(stage.outs[1].persist);
  EXPECT_EQ(stage.outs[2].kind, OutputKind::kMetric);
  EXPECT_EQ(stage.outs[3].kind, OutputKind::kPlot);
  EXPECT_THAT(pipeline.warnings, IsEmpty());
}

TEST(Load, RunsEachLineOfACommandAlone) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("dvc.yaml",
                                       "stages:\n"
                                       "  lines:\n"
                                       "    cmd: |\n"
                                       "      echo a\n"
                                       "\n"
                                       "      echo b\n"
                                       "  folded:\n"
                                       "    cmd: >-\n"
                                       "      echo a\n"
                                       "      b\n"
                                       "  list:\n"
                                       "    cmd:\n"
                                       "      - echo a\n"
                                       "      - \"if true\\nthen echo b; fi\"\n")
                                .Load();
  ASSERT_EQ(pipeline.stages.size(), 3u);
  EXPECT_THAT(pipeline.stages[0].commands, ElementsAre("echo a", "echo b"));
  EXPECT_EQ(*pipeline.stages[0].cmd.string(), "echo a\n\necho b\n");
  EXPECT_THAT(pipeline.stages[1].commands, ElementsAre("echo a b"));
  EXPECT_THAT(pipeline.stages[2].commands, ElementsAre("echo a", "if true\nthen echo b; fi"));
  ASSERT_NE(pipeline.stages[2].cmd.list(), nullptr);
  EXPECT_EQ(pipeline.stages[2].cmd.list()->size(), 2u);
}

TEST(Load, MergesWhatIsSaidTwiceAboutOnePath) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("dvc.yaml",
                                       "stages:\n"
                                       "  a:\n"
                                       "    cmd: c\n"
                                       "    deps: [x, x]\n"
                                       "    outs: [o, {o: {cache: false}}, {o: {persist: true}}]\n"
                                       "    plots: [{p.csv: [{x: a}, {y: b}]}]\n"
                                       "    params: [lr, {params.yaml: }, units, {b.yaml: [k, k]}, {b.yaml: [l]}]\n")
                                .Load();
  ASSERT_EQ(pipeline.stages.size(), 1u);
  const Stage& stage = pipeline.stages[0];
  EXPECT_EQ(stage.deps.size(), 1u);
  EXPECT_THAT(RootPaths(stage.outs), ElementsAre("o", "p.csv"));
  EXPECT_FALSE(stage.outs[0].cache);
  EXPECT_TRUE(stage.outs[0].persist);
  ASSERT_EQ(stage.params.size(), 2u);
  EXPECT_THAT(stage.params[0].keys, IsEmpty()) << "a file that is named whole stays whole";
  EXPECT_THAT(stage.params[1].keys, ElementsAre("k", "l"));
}

TEST(Load, KnowsPathsInsideAndOutsideOfTheRepository) {
  WrittenRepository repository;
  repository.Write("sub/dvc.yaml", "stages:\n  a:\n    cmd: c\n    deps: [/etc/hosts, ../../beside, '" +
                                       repository.root() +
                                       "/data', ./x//y/, ../up]\n    outs: [{/tmp/o: {cache: false}}]\n");
  const Pipeline pipeline = repository.Load();
  ASSERT_EQ(pipeline.stages.size(), 1u);
  std::vector<std::string> deps;
  for (const Dependency& dep : pipeline.stages[0].deps) deps.push_back(dep.root_path);
  EXPECT_THAT(deps,
              ElementsAre("/etc/hosts", fs::Join(fs::Dirname(repository.root()), "beside"), "data", "sub/x/y", "up"));
  EXPECT_EQ(pipeline.stages[0].outs[0].root_path, "/tmp/o");
}

TEST(Load, FormsOnePipelineOfSeveralFilesAFolderBeforeThoseBelowIt) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("b/dvc.yaml", "stages:\n  x: {cmd: c}\n  y: {cmd: c}\n")
                                .Write("a/deep/dvc.yaml", "stages:\n  x: {cmd: c}\n")
                                .Write("dvc.yaml", "stages:\n  x: {cmd: c}\n")
                                .Load();
  EXPECT_THAT(pipeline.files, ElementsAre("dvc.yaml", "a/deep/dvc.yaml", "b/dvc.yaml"));
  EXPECT_THAT(Addresses(pipeline), ElementsAre("x", "a/deep/dvc.yaml:x", "b/dvc.yaml:x", "b/dvc.yaml:y"));
  EXPECT_EQ(pipeline.stages[1].wdir, "a/deep");
}

TEST(Load, NamesTopLevelFilesFromTheRoot) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("sub/params.yaml", "name: extra\n")
                                .Write("sub/dvc.yaml",
                                       "params: ['${name}.yaml', ../p.json]\n"
                                       "metrics: [m.json, m.json]\n"
                                       "plots:\n"
                                       "  - p.csv\n"
                                       "  - images:\n"
                                       "  - roc.csv: {x: a, y: b}\n"
                                       "  - both: {y: {one.csv: a, two.csv: [b, c]}, x: i}\n"
                                       "artifacts: {model: {path: m.pkl, type: model, labels: [a]}}\n"
                                       "datasets: [{name: d, type: url, url: 's3://x'}]\n")
                                .Load();
  EXPECT_THAT(pipeline.top_params, ElementsAre("sub/extra.yaml", "p.json"));
  EXPECT_THAT(pipeline.top_metrics, ElementsAre("sub/m.json"));
  EXPECT_THAT(pipeline.top_plots, ElementsAre("sub/p.csv", "sub/images", "sub/roc.csv", "sub/one.csv", "sub/two.csv"));
}

TEST(Load, DoesNotLookWhereNoPipelineOfThisRepositoryIs) {
  const char* bad = "this: [is no pipeline";
  const Pipeline pipeline = WrittenRepository()
                                .Write(".dvc/config", "")
                                .Write(".git/dvc.yaml", bad)
                                .Write(".dvc/tmp/dvc.yaml", bad)
                                .Write("other/.dvc/config", "")
                                .Write("other/dvc.yaml", bad)
                                .Write("other/sub/dvc.yaml", bad)
                                .Write(".dvcignore", "# mine\n/skipped/\nold*\n")
                                .Write("skipped/dvc.yaml", bad)
                                .Write("sub/older/x/dvc.yaml", bad)
                                .Write(".gitignore", "venv\n")
                                .Write("venv/lib/dvc.yaml", bad)
                                .Write("sub/skipped/dvc.yaml", "stages:\n  a: {cmd: c}\n")
                                .Load();
  EXPECT_THAT(Addresses(pipeline), ElementsAre("sub/skipped/dvc.yaml:a"));
  EXPECT_THAT(pipeline.warnings, IsEmpty());
}

TEST(Load, SaysThatAPipelineFileIsIgnored) {
  const Pipeline pipeline =
      WrittenRepository().Write(".dvcignore", "dvc.yaml\n").Write("dvc.yaml", "stages:\n  a: {cmd: c}\n").Load();
  EXPECT_THAT(pipeline.stages, IsEmpty());
  EXPECT_THAT(pipeline.warnings, ElementsAre("dvc.yaml: ignored by .gitignore or .dvcignore, so not used"));
}

TEST(Load, RefusesOutputsThatDvcignoreLeavesOut) {
  const auto refusal = [](const std::string& patterns, const std::string& out) {
    return WrittenRepository()
        .Write(".dvcignore", patterns)
        .Write("made/x", "")
        .Write("dvc.yaml", "stages:\n  a:\n    cmd: c\n    deps: [in.tmp]\n    outs: [" + out + "]\n")
        .Refusal();
  };
  const std::string why =
      " is ignored by .dvcignore [DVC would not see it: take the pattern away, or put the output "
      "elsewhere]";
  EXPECT_EQ(refusal("*.tmp\n", "o, x.tmp"), "dvc.yaml:5:15: output 'x.tmp'" + why);
  EXPECT_EQ(refusal("*.tmp\n", "{x.tmp: {cache: false}}"), "dvc.yaml:5:13: output 'x.tmp'" + why);
  EXPECT_EQ(refusal("/scratch/\n", "scratch/deep/o"), "dvc.yaml:5:12: output 'scratch/deep/o'" + why);
  EXPECT_EQ(refusal("made/\n", "made"), "dvc.yaml:5:12: output 'made'" + why);
  EXPECT_EQ(refusal("o/\n", "o"), "") << "no folder yet";
  EXPECT_EQ(refusal("*.tmp\n!x.tmp\n", "x.tmp"), "");
}

TEST(Load, AnIgnoreFileReachesOnlyItsOwnFolder) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("a/.dvcignore", "work\n")
                                .Write("a/work/dvc.yaml", "stages:\n  x: {cmd: c}\n")
                                .Write("b/work/dvc.yaml", "stages:\n  x: {cmd: c}\n")
                                .Load();
  EXPECT_THAT(Addresses(pipeline), ElementsAre("b/work/dvc.yaml:x"));
}

// Remembers which folders were listed.
class WatchedFilesystem : public fs::PosixFilesystem {
 public:
  absl::StatusOr<std::vector<fs::DirEntry>> List(const std::string& dir) const override {
    listed.insert(fs::Basename(dir));
    return PosixFilesystem::List(dir);
  }
  absl::StatusOr<std::string> Read(const std::string& path) const override {
    ++read[fs::Basename(path)];
    return PosixFilesystem::Read(path);
  }
  mutable std::set<std::string> listed;
  mutable std::map<std::string, int> read;
};

TEST(Load, DoesNotGoIntoOutputsAndTrackedData) {
  WrittenRepository repository;
  repository.Write("data.dvc", "outs:\n- md5: d751713988987e9331980363e24189ce.dir\n  hash: md5\n  path: data\n")
      .Write("dvc.yaml", "stages:\n  a:\n    cmd: c\n    outs: [model, sub/ckpt]\n")
      .Write("data/inside/1", "")
      .Write("model/weights/1", "")
      .Write("sub/ckpt/deep/1", "")
      .Write("sub/src/1", "");
  const WatchedFilesystem fs;
  ASSERT_TRUE(Load(fs, repository.root()).ok());
  EXPECT_TRUE(fs.listed.contains("src"));
  for (const char* skipped : {"data", "inside", "model", "weights", "ckpt", "deep"}) {
    EXPECT_FALSE(fs.listed.contains(skipped)) << skipped;
  }
}

TEST(Load, ReadsAFileOfValuesOnceForAllStages) {
  WrittenRepository repository;
  repository.Write("v.yaml", "x: {y: 1}\n")
      .Write("dvc.yaml",
             "vars: [{x: {z: 2}}]\nstages:\n  a:\n    foreach: [1, 2, 3]\n    do:\n      vars: [v.yaml, {x: {w: 3}}]\n"
             "      cmd: run ${x.y} ${x.z} ${x.w} ${item}\n  b: {cmd: 'run ${x}'}\n");
  const WatchedFilesystem fs;
  const auto pipeline = Load(fs, repository.root());
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  EXPECT_EQ(pipeline->stages[2].commands[0], "run 1 2 3 3");
  EXPECT_EQ(pipeline->stages[3].commands[0], "run --z 2");
  EXPECT_EQ(fs.read.at("v.yaml"), 1);
}

TEST(Load, OfWhatIsReadableSaysWhatIsNot) {
  WrittenRepository repository;
  repository.Write("dvc.yaml", "stages: {a: {cmd: x}}\n")
      .Write("b/dvc.yaml", "stages: {a: {cmd: x}, b: {cmd: '${y}'}}\n");
  std::vector<BrokenFile> broken;
  const auto pipeline = LoadReadable(fs::PosixFilesystem(), repository.root(), {}, broken);
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  EXPECT_THAT(Addresses(*pipeline), ElementsAre("a"));
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].file, "b/dvc.yaml");
  EXPECT_EQ(broken[0].error.message(), "b/dvc.yaml:1:33: 'y' is not among the values");
}

TEST(Load, WarnsAboutCheckpointsOnceEvenWhenExpanded) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("dvc.yaml",
                                       "stages:\n  a:\n    foreach: [1, 2]\n    do:\n      cmd: c\n      outs:\n"
                                       "        - m${item}: {checkpoint: true}\n")
                                .Load();
  EXPECT_THAT(pipeline.warnings,
              ElementsAre("dvc.yaml:7:22: 'checkpoint' has had no effect since DVC 3 and is ignored"));
}

}  // namespace
}  // namespace expq::pipeline
