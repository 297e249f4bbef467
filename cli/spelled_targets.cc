#include "cli/spelled_targets.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

absl::StatusOr<std::vector<int>> Meant(const pipeline::Pipeline& pipeline, const std::string& subdir,
                                       const SubmitOptions& options) {
  const pipeline::TargetOptions target_options{.recursive = options.recursive, .glob = options.glob};
  if (!options.all_pipelines && !options.whole_pipelines) {
    return pipeline::SelectTargets(pipeline, options.targets, subdir, target_options);
  }
  pipeline::ExecuteOptions selection;
  selection.targets = options.targets;
  selection.subdir = subdir;
  selection.target_options = target_options;
  selection.whole_pipelines = options.whole_pipelines;
  selection.all_pipelines = options.all_pipelines;
  ASSIGN_OR_RETURN(const pipeline::Graph graph, pipeline::Graph::Build(pipeline));
  return pipeline::SelectStages(pipeline, graph, selection);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SpelledTargets(const pipeline::Pipeline& pipeline, const std::string& subdir,
                                                        const SubmitOptions& options) {
  if (!options.recursive && !options.glob && !options.whole_pipelines && !options.all_pipelines) return options.targets;
  ASSIGN_OR_RETURN(const std::vector<int> stages, Meant(pipeline, subdir, options));
  std::map<std::string, size_t> all;
  std::map<std::string, size_t> meant;
  for (const pipeline::Stage& stage : pipeline.stages) ++all[stage.file];
  for (const int stage : stages) ++meant[pipeline.stages[static_cast<size_t>(stage)].file];
  std::vector<std::string> targets;
  std::set<std::string> whole;
  for (const int index : stages) {
    const pipeline::Stage& stage = pipeline.stages[static_cast<size_t>(index)];
    const std::string file = subdir.empty() ? stage.file : fs::Relative(stage.file, subdir);
    if (meant[stage.file] < all[stage.file]) {
      targets.push_back(absl::StrCat(file, ":", stage.name));
    } else if (whole.insert(stage.file).second) {
      targets.push_back(file);
    }
  }
  return targets;
}

}  // namespace expq::cli
