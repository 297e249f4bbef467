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

absl::StatusOr<std::vector<int>> Select(const Pipeline& pipeline, const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const Graph graph, Graph::Build(pipeline));
  return SelectStages(pipeline, graph, options);
}

std::vector<const DataSource*> WithDigest(const Pipeline& pipeline, const std::vector<int>& stages) {
  std::vector<const DataSource*> sources = SourcesOf(pipeline, stages);
  std::erase_if(sources, [](const DataSource* source) { return !source->digest.has_value(); });
  return sources;
}

}  // namespace

absl::Status CheckoutSources(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                             const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<int> stages, Select(pipeline, options));
  for (const DataSource* source : WithDigest(pipeline, stages)) {
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
  for (const DataSource* source : WithDigest(pipeline, stages)) wanted.insert(*source->digest);
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
