// Which stages a call is about, and in what order.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// Targets with their ancestors (not those of a frozen stage: it does not look at its dependencies), in graph order;
// with single_item only the targets, as named; with downstream the targets and what follows them (a `.dvc` file is
// followed by the stages that read it); with whole_pipelines the groups (Components) that hold the targets; with
// all_pipelines everything.
absl::StatusOr<std::vector<int>> SelectStages(const Pipeline& pipeline, const Graph& graph,
                                              const ExecuteOptions& options);

// The refusal of the first of the stages that cannot run here.
absl::Status CheckSupported(const Pipeline& pipeline, const std::vector<int>& stages);

// Every stage follows directly or indirectly the one before: two could never run side by side.
bool IsChain(const Graph& graph, const std::vector<int>& stages);

// The data sources that `repro` brings up to date: those that targets name, with single_item and downstream no others;
// else also what the selected stages read (not a frozen one), with all_pipelines all.
absl::StatusOr<std::vector<const DataSource*>> SelectSources(const Pipeline& pipeline, const Graph& graph,
                                                             const ExecuteOptions& options);

// Whether a dependency or params file of the stage is, holds or lies below the path.
bool Reads(const Stage& stage, absl::string_view path);

// The cached data sources that some of the stages read.
std::vector<const DataSource*> SourcesOf(const Pipeline& pipeline, const std::vector<int>& stages);

}  // namespace expq::pipeline
