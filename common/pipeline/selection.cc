#include "common/pipeline/selection.h"

#include <algorithm>

#include "common/status/status.h"

namespace expq::pipeline {
namespace {

std::vector<int> InOrder(const Graph& graph, const std::vector<bool>& wanted) {
  std::vector<int> stages;
  for (const int stage : graph.Order()) {
    if (wanted[stage]) stages.push_back(stage);
  }
  return stages;
}

std::vector<int> WithWholeGroups(const Pipeline& pipeline, const Graph& graph, const std::vector<int>& targets) {
  const std::vector<int> group_of = Components(pipeline, graph);
  std::vector<bool> chosen(pipeline.stages.size(), false);  // by group
  for (const int target : targets) chosen[group_of[target]] = true;
  std::vector<bool> wanted(pipeline.stages.size(), false);
  for (size_t i = 0; i < wanted.size(); ++i) wanted[i] = chosen[group_of[i]];
  return InOrder(graph, wanted);
}

std::vector<const DataSource*> NamedSources(const Pipeline& pipeline, const ExecuteOptions& options) {
  std::vector<const DataSource*> sources;
  for (const DataSource& source : pipeline.sources) {
    const bool named = std::any_of(options.targets.begin(), options.targets.end(), [&](const std::string& target) {
      return fs::Normalize(fs::Join(options.subdir, target)) == source.file;
    });
    if (named) sources.push_back(&source);
  }
  return sources;
}

void AppendReaders(const Pipeline& pipeline, const DataSource& source, std::vector<int>& stages) {
  for (size_t i = 0; i < pipeline.stages.size(); ++i) {
    if (!pipeline.stages[i].frozen && Reads(pipeline.stages[i], source.path)) stages.push_back(static_cast<int>(i));
  }
}

}  // namespace

absl::StatusOr<std::vector<int>> SelectStages(const Pipeline& pipeline, const Graph& graph,
                                              const ExecuteOptions& options) {
  if (options.all_pipelines) return graph.Order();
  ASSIGN_OR_RETURN(std::vector<int> open,
                   SelectTargets(pipeline, options.targets, options.subdir, options.target_options));
  if (options.whole_pipelines || (options.downstream && !options.single_item)) {
    for (const DataSource* source : NamedSources(pipeline, options)) AppendReaders(pipeline, *source, open);
  }
  if (options.whole_pipelines) return WithWholeGroups(pipeline, graph, open);
  if (options.single_item) return open;
  std::vector<bool> wanted(pipeline.stages.size(), false);
  while (!open.empty()) {
    const int stage = open.back();
    open.pop_back();
    if (wanted[stage]) continue;
    wanted[stage] = true;
    if (!options.downstream && pipeline.stages[stage].frozen) continue;
    if (!options.downstream) {
      open.insert(open.end(), graph.Upstream(stage).begin(), graph.Upstream(stage).end());
      continue;
    }
    for (const int after : graph.Downstream(stage)) {
      if (!pipeline.stages[after].frozen) open.push_back(after);
    }
  }
  return InOrder(graph, wanted);
}

absl::Status CheckSupported(const Pipeline& pipeline, const std::vector<int>& stages) {
  for (const int stage : stages) RETURN_IF_ERROR(pipeline.stages[stage].refusal);
  return absl::OkStatus();
}

bool IsChain(const Graph& graph, const std::vector<int>& stages) {
  for (size_t i = 1; i < stages.size(); ++i) {
    const std::vector<int>& before = graph.Upstream(stages[i]);
    if (std::find(before.begin(), before.end(), stages[i - 1]) == before.end()) return false;
  }
  return true;
}

absl::StatusOr<std::vector<const DataSource*>> SelectSources(const Pipeline& pipeline, const Graph& graph,
                                                             const ExecuteOptions& options) {
  std::vector<const DataSource*> sources = NamedSources(pipeline, options);
  if (!options.all_pipelines && !options.whole_pipelines && (options.single_item || options.downstream)) {
    return sources;
  }
  ASSIGN_OR_RETURN(std::vector<int> stages, SelectStages(pipeline, graph, options));
  std::erase_if(stages, [&](int stage) { return pipeline.stages[stage].frozen; });
  const std::vector<const DataSource*> read = SourcesOf(pipeline, stages);
  std::vector<const DataSource*> selected;  // in the pipeline's order
  for (const DataSource& source : pipeline.sources) {
    const bool is_named = std::find(sources.begin(), sources.end(), &source) != sources.end();
    const bool is_read = std::find(read.begin(), read.end(), &source) != read.end();
    if (options.all_pipelines || is_named || is_read) selected.push_back(&source);
  }
  return selected;
}

bool Reads(const Stage& stage, absl::string_view path) {
  const auto overlaps = [&](const auto& item) {
    return fs::IsWithin(item.root_path, path) || fs::IsWithin(path, item.root_path);
  };
  return std::any_of(stage.deps.begin(), stage.deps.end(), overlaps) ||
         std::any_of(stage.params.begin(), stage.params.end(), overlaps);
}

std::vector<const DataSource*> SourcesOf(const Pipeline& pipeline, const std::vector<int>& stages) {
  std::vector<const DataSource*> sources;
  for (const DataSource& source : pipeline.sources) {
    if (!source.cache) continue;
    const bool read = std::any_of(stages.begin(), stages.end(),
                                  [&](int stage) { return Reads(pipeline.stages[stage], source.path); });
    if (read) sources.push_back(&source);
  }
  return sources;
}

}  // namespace expq::pipeline
