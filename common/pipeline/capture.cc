#include "common/pipeline/capture.h"

#include <map>

#include "common/params/params.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {
namespace {

params::ParamOverride Force(const std::string& file, int out, absl::string_view key, value::Value value) {
  params::ParamOverride edit;
  edit.op = params::ParamOverride::Op::kForce;
  edit.file = file;
  edit.key = absl::StrCat("outs.", out, ".", key);
  edit.value = std::move(value);
  return edit;
}

// Which of the file's `outs` the source is: they are in the order of the file.
int OutOf(const Pipeline& pipeline, const DataSource& source) {
  int out = 0;
  for (const DataSource& other : pipeline.sources) {
    if (&other == &source) break;
    if (other.file == source.file) ++out;
  }
  return out;
}

absl::StatusOr<std::string> Rewrite(const std::string& text, const Pipeline& pipeline, const DataSource& source,
                                    const blob::Content& content) {
  const int out = OutOf(pipeline, source);
  std::vector<params::ParamOverride> edits = {Force(source.file, out, "md5", content.digest.text()),
                                              Force(source.file, out, "size", content.size)};
  if (content.digest.is_dir()) edits.push_back(Force(source.file, out, "nfiles", content.nfiles));
  return params::ApplyOverrides(source.file, text, edits);
}

}  // namespace

absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root, const Pipeline& pipeline,
                                                         const ExecuteOptions& options,
                                                         std::vector<const DataSource*>* missing) {
  ASSIGN_OR_RETURN(const Graph graph, Graph::Build(pipeline));
  ASSIGN_OR_RETURN(const std::vector<int> stages, SelectStages(pipeline, graph, options));
  std::map<std::string, std::string> changed;
  for (const DataSource* source : SourcesOf(pipeline, stages)) {
    const std::string path = fs::Join(root, source->path);
    const bool cached = source->digest.has_value() && cache.HasAll(*source->digest);
    if (!fs.Exists(path)) {
      if (!cached) missing->push_back(source);
      continue;
    }
    ASSIGN_OR_RETURN(blob::Content content, cache.Hash(path));
    const bool same = source->digest.has_value() && content.digest == *source->digest;
    if (same && cached) continue;
    ASSIGN_OR_RETURN(content, cache.StoreCopy(path));
    if (same) continue;
    std::string& text = changed[source->file];
    if (text.empty()) {
      ASSIGN_OR_RETURN(text, fs.Read(fs::Join(root, source->file)));
    }
    ASSIGN_OR_RETURN(text, Rewrite(text, pipeline, *source, content));
  }
  std::vector<SourceRecord> records;
  for (auto& [file, text] : changed) records.push_back({file, std::move(text)});
  return records;
}

}  // namespace expq::pipeline
