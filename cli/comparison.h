// The table of `show` before it is printed: rows with their values, filtered and sorted.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/columns.h"
#include "cli/results.h"
#include "common/experiment/experiment.h"
#include "common/pipeline/recorded.h"

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
  value::Map hashes;
  Cells cells;
};

// The workspace, or a commit.
struct FilesRow {
  value::Value params, metrics;
  value::Map hashes;
  std::vector<std::string> params_files, metrics_files;  // all that are named; what cannot be read has no values
  Cells cells;
};

struct BaselineGroup {
  experiment::CommitId commit;
  std::vector<std::string> names;
  absl::Time created = absl::InfinitePast();
  FilesRow files;
  std::vector<ExperimentRow> rows;
};

// Owns the parsed values that all cells point into. Not copied, not moved once built.
class Comparison {
 public:
  // `only_depended`: no params but those that stages depend on.
  explicit Comparison(bool only_depended = false) : only_depended_(only_depended) {
    if (only_depended) columns_.HideUntrackedFiles();
  }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  // `hashes` are of the dependencies, by path; empty when nobody asks for them.
  void SetWorkspace(const pipeline::Values& values, const pipeline::RecordedDeps& hashes);
  BaselineGroup& AddBaseline(const experiment::CommitId& commit, std::vector<std::string> names,
                             const pipeline::Values& values, const pipeline::RecordedDeps& hashes);
  // `e` outlives the comparison.
  void AddExperiment(BaselineGroup& group, const experiment::Experiment& e, const pipeline::RecordedDeps& hashes);
  // Settles the columns, filters and sorts every group. Call once, when all rows are there.
  absl::Status Arrange(const ComparisonOptions& options);

  const FilesRow& workspace() const { return workspace_; }
  const std::deque<BaselineGroup>& groups() const { return groups_; }
  const Columns& columns() const { return columns_; }

 private:
  void Chosen(const ComparisonOptions& options);
  void SettleColumns();
  absl::Status Filtered(const std::string& text);
  absl::Status Sorted(const std::string& by, bool descending);

  FilesRow RowOf(const pipeline::Values& values, const pipeline::RecordedDeps& hashes);

  const bool only_depended_;
  FilesRow workspace_;
  std::deque<BaselineGroup> groups_;
  std::deque<std::pair<value::Value, value::Value>> values_;  // params and metrics of the experiments
  Columns columns_;
};

}  // namespace expq::cli
