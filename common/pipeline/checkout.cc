// What the stages need before they can run: data sources, and outputs that are recorded already.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/lock_book.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// A cached output with what dvc.lock says of it.
struct LockedOutput {
  const Stage* stage;
  const Output* out;
  digest::Digest digest;
};

// What one call is about: its stages, those that make what they read, and the locks of all of them.
struct Scene {
  std::vector<int> stages;
  std::vector<int> makers;  // upstream of the stages, not among them
  std::unique_ptr<LockBook> locks;
};

// A frozen stage does not look at its dependencies.
std::vector<int> MakersFor(const Pipeline& pipeline, const Graph& graph, const std::vector<int>& stages) {
  std::set<int> makers;
  for (const int stage : stages) {
    if (pipeline.stages[stage].frozen) continue;
    makers.insert(graph.Upstream(stage).begin(), graph.Upstream(stage).end());
  }
  for (const int stage : stages) makers.erase(stage);
  return {makers.begin(), makers.end()};
}

absl::StatusOr<Scene> OpenScene(const fs::FileReader& fs, const std::string& root, const Pipeline& pipeline,
                                const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const Graph graph, Graph::Build(pipeline));
  Scene scene;
  ASSIGN_OR_RETURN(scene.stages, SelectStages(pipeline, graph, options));
  scene.makers = MakersFor(pipeline, graph, scene.stages);
  std::vector<int> all = scene.stages;
  all.insert(all.end(), scene.makers.begin(), scene.makers.end());
  ASSIGN_OR_RETURN(scene.locks, LockBook::Open(fs, root, pipeline, all));
  return scene;
}

std::vector<const DataSource*> WithDigest(const Pipeline& pipeline, const std::vector<int>& stages) {
  std::vector<const DataSource*> sources = SourcesOf(pipeline, stages);
  std::erase_if(sources, [](const DataSource* source) { return !source->digest.has_value(); });
  return sources;
}

void AppendLocked(const LockBook& locks, const Stage& stage, std::vector<LockedOutput>* found) {
  const std::optional<LockEntry> entry = locks.Find(stage);
  if (!entry.has_value()) return;
  for (const Output& out : stage.outs) {
    const LockedPath* locked = out.cache ? entry->FindOut(out.path) : nullptr;
    if (locked == nullptr || !locked->content.has_value()) continue;
    found->push_back({.stage = &stage, .out = &out, .digest = locked->content->digest});
  }
}

// What the stages read of those that nobody will run.
std::vector<LockedOutput> LockedInputs(const Pipeline& pipeline, const Scene& scene) {
  std::vector<LockedOutput> inputs;
  for (const int maker : scene.makers) AppendLocked(*scene.locks, pipeline.stages[maker], &inputs);
  std::erase_if(inputs, [&](const LockedOutput& input) {
    return std::none_of(scene.stages.begin(), scene.stages.end(), [&](int stage) {
      return !pipeline.stages[stage].frozen && Reads(pipeline.stages[stage], input.out->root_path);
    });
  });
  return inputs;
}

// What the stages will add to.
std::vector<LockedOutput> PersistentOuts(const Pipeline& pipeline, const Scene& scene, const blob::Cache& cache) {
  std::vector<LockedOutput> outs;
  for (const int stage : scene.stages) AppendLocked(*scene.locks, pipeline.stages[stage], &outs);
  std::erase_if(outs, [&](const LockedOutput& out) { return !out.out->persist || !cache.HasAll(out.digest); });
  return outs;
}

}  // namespace

absl::Status CheckoutSources(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                             const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const Scene scene, OpenScene(tools.fs, root, pipeline, options));
  const auto check_out = [&](const digest::Digest& digest, const std::string& path, bool is_exec) -> absl::Status {
    if (options.allow_missing && !tools.cache.HasAll(digest)) return absl::OkStatus();
    const std::string full = fs::Join(root, path);
    RETURN_IF_ERROR(tools.fs.MakeDirs(fs::Dirname(full)));
    return tools.cache.Checkout(digest, full, is_exec);
  };
  for (const DataSource* source : WithDigest(pipeline, scene.stages)) {
    const absl::Status done = check_out(*source->digest, source->path, source->is_exec);
    if (!done.ok()) return status::Annotate(done, source->file);
  }
  std::vector<LockedOutput> outputs = LockedInputs(pipeline, scene);
  for (LockedOutput& out : PersistentOuts(pipeline, scene, tools.cache)) outputs.push_back(std::move(out));
  for (const LockedOutput& input : outputs) {
    const absl::Status done = check_out(input.digest, input.out->root_path, false);
    if (!done.ok()) return status::Annotate(done, absl::StrCat(input.out->path, " of ", input.stage->Address()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<digest::Digest>> WantedBlobs(const fs::FileReader& fs, const std::string& root,
                                                        const Pipeline& pipeline, const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const Scene scene, OpenScene(fs, root, pipeline, options));
  std::vector<LockedOutput> outputs = LockedInputs(pipeline, scene);
  for (const int stage : scene.stages) AppendLocked(*scene.locks, pipeline.stages[stage], &outputs);
  std::set<digest::Digest> wanted;
  for (const DataSource* source : WithDigest(pipeline, scene.stages)) wanted.insert(*source->digest);
  for (const LockedOutput& output : outputs) wanted.insert(output.digest);
  return std::vector<digest::Digest>(wanted.begin(), wanted.end());
}

}  // namespace expq::pipeline
