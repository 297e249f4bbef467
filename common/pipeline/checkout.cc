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

bool Reads(const Stage& stage, const std::string& path) {
  const auto overlaps = [&](const auto& item) {
    return fs::IsWithin(item.root_path, path) || fs::IsWithin(path, item.root_path);
  };
  return std::any_of(stage.deps.begin(), stage.deps.end(), overlaps) ||
         std::any_of(stage.params.begin(), stage.params.end(), overlaps);
}

absl::StatusOr<std::vector<int>> Select(const Pipeline& pipeline, const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const Graph graph, Graph::Build(pipeline));
  return SelectStages(pipeline, graph, options);
}

// Those in the cache that some of the stages read.
std::vector<const DataSource*> SourcesOf(const Pipeline& pipeline, const std::vector<int>& stages) {
  std::vector<const DataSource*> sources;
  for (const DataSource& source : pipeline.sources) {
    if (!source.digest.has_value() || !source.cache) continue;
    const bool read = std::any_of(stages.begin(), stages.end(),
                                  [&](int stage) { return Reads(pipeline.stages[stage], source.path); });
    if (read) sources.push_back(&source);
  }
  return sources;
}

}  // namespace

absl::Status CheckoutSources(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                             const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<int> stages, Select(pipeline, options));
  for (const DataSource* source : SourcesOf(pipeline, stages)) {
    const std::string path = fs::Join(root, source->path);
    RETURN_IF_ERROR(tools.fs.MakeDirs(fs::Dirname(path)));
    const absl::Status done = tools.cache.Checkout(*source->digest, path, source->is_exec);
    if (!done.ok()) return status::Annotate(done, source->file);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<digest::Digest>> WantedBlobs(const fs::FileReader& fs, const std::string& root,
                                                        const Pipeline& pipeline, const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<int> stages, Select(pipeline, options));
  ASSIGN_OR_RETURN(const std::unique_ptr<LockBook> locks, LockBook::Open(fs, root, pipeline, stages));
  std::set<digest::Digest> wanted;
  for (const DataSource* source : SourcesOf(pipeline, stages)) wanted.insert(*source->digest);
  for (const int index : stages) {
    const Stage& stage = pipeline.stages[index];
    const std::optional<LockEntry> entry = locks->Find(stage);
    if (!entry.has_value()) continue;
    for (const Output& out : stage.outs) {
      const LockedPath* locked = out.cache ? entry->FindOut(out.path) : nullptr;
      if (locked != nullptr && locked->content.has_value()) wanted.insert(locked->content->digest);
    }
  }
  return std::vector<digest::Digest>(wanted.begin(), wanted.end());
}

}  // namespace expq::pipeline
