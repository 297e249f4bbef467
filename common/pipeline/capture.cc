#include "common/pipeline/capture.h"

#include <map>

#include "common/pipeline/data_file.h"
#include "common/pipeline/line_ends.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::pipeline {

absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root,
                                                         const std::vector<Pipeline>& pipelines,
                                                         const ExecuteOptions& options,
                                                         std::vector<const DataSource*>* missing) {
  std::map<std::string, const DataSource*> selected;  // by path: each pipeline has its own copies
  for (const Pipeline& pipeline : pipelines) {
    ASSIGN_OR_RETURN(const Graph graph, Graph::Build(pipeline));
    ASSIGN_OR_RETURN(const std::vector<int> stages, SelectStages(pipeline, graph, options));
    RETURN_IF_ERROR(CheckSupported(pipeline, stages));
    for (const DataSource* source : SourcesOf(pipeline, stages)) selected.emplace(source->path, source);
  }
  std::vector<const DataSource*> sources;
  for (const auto& [path, source] : selected) sources.push_back(source);
  return CaptureSources(fs, cache, root, sources, CaptureDepth::kCopy, missing);
}

absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root,
                                                         const std::vector<const DataSource*>& sources,
                                                         CaptureDepth depth, std::vector<const DataSource*>* missing) {
  std::map<std::string, std::string> changed;
  for (const DataSource* source : sources) {
    const std::string path = fs::Join(root, source->path);
    const bool cached = source->digest.has_value() && cache.HasAll(*source->digest);
    if (!fs.Exists(path)) {
      if (!cached) missing->push_back(source);
      continue;
    }
    ASSIGN_OR_RETURN(blob::Content content, cache.Hash(path));
    bool same = false;
    if (source->digest.has_value()) {
      ASSIGN_OR_RETURN(same, IsAsRecorded(fs, path, content, *source->digest, source->is_old));
    }
    if (same && cached) continue;
    if (depth != CaptureDepth::kLook) {
      ASSIGN_OR_RETURN(content, depth == CaptureDepth::kPlace ? cache.Store(path) : cache.StoreCopy(path));
    }
    if (same) continue;
    std::string& text = changed[source->file];
    if (text.empty()) {
      ASSIGN_OR_RETURN(text, fs.Read(fs::Join(root, source->file)));
    }
    ASSIGN_OR_RETURN(text, ChangeDataFile(source->file, text, source->out, DataRecord::Of(content)));
  }
  std::vector<SourceRecord> records;
  for (auto& [file, text] : changed) records.push_back({file, std::move(text)});
  return records;
}

}  // namespace expq::pipeline
