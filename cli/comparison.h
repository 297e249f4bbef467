// The table of `show` before it is printed: rows with their values, filtered and sorted.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/columns.h"
#include "cli/results.h"
#include "common/experiment/experiment.h"

namespace expq::cli {

struct ComparisonOptions {
  std::string sort_by;
  bool descending = false;
  std::string filter;
  bool hide_queued = false;
  bool hide_failed = false;
};

struct ExperimentRow {
  const experiment::Experiment* experiment = nullptr;
  Cells cells;
};

struct BaselineGroup {
  experiment::CommitId commit;
  std::vector<std::string> names;
  value::Value params, metrics;
  Cells cells;
  std::vector<ExperimentRow> rows;
};

// Owns the parsed values that all cells point into. Not copied, not moved once built.
class Comparison {
 public:
  Comparison() = default;
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void SetWorkspace(const pipeline::Values& values);
  BaselineGroup& AddBaseline(const experiment::CommitId& commit, std::vector<std::string> names,
                             const pipeline::Values& values);
  // `e` outlives the comparison.
  void AddExperiment(BaselineGroup& group, const experiment::Experiment& e);
  // Filters and sorts every group. Call once, when all rows are there.
  absl::Status Arrange(const ComparisonOptions& options);

  const value::Value& workspace_params() const { return workspace_params_; }
  const value::Value& workspace_metrics() const { return workspace_metrics_; }
  const Cells& workspace_cells() const { return workspace_cells_; }
  const std::deque<BaselineGroup>& groups() const { return groups_; }
  const Columns& columns() const { return columns_; }

 private:
  absl::Status Filtered(const std::string& text);
  absl::Status Sorted(const std::string& by, bool descending);

  value::Value workspace_params_, workspace_metrics_;
  Cells workspace_cells_;
  std::deque<BaselineGroup> groups_;
  std::deque<std::pair<value::Value, value::Value>> values_;  // params and metrics of the experiments
  Columns columns_;
};

}  // namespace expq::cli
