// The columns of `show`: params and metrics by dotted key, with the file only where it is needed to tell them apart,
// and dependencies by path.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/value/value.h"

namespace expq::cli {

// In the order in which they stand.
enum class ColumnKind { kMetric, kParam, kDependency };

struct Column {
  ColumnKind kind = ColumnKind::kParam;
  std::string file;
  std::string key;     // dotted; of a dependency its path
  std::string header;  // "train.units", or "params.yaml:train.units"; of a dependency "data/raw", or "deps:data/raw"
};

// One row's values by column: indices grow, null = absent. Points into the values that were added.
using Cells = std::vector<const value::Value*>;

// Metrics first, then params, by file, files and keys in order of first appearance; then the dependencies by path.
class Columns {
 public:
  // Of these params files, by path, only what the keys name has columns: nothing else is tracked.
  void Track(const std::map<std::string, std::set<std::string>>& keys);
  // And of others nothing.
  void HideUntrackedFiles() { hides_untracked_files_ = true; }
  // Files in the order in which they are named: those that cannot be read here have their place before later ones too.
  void Place(const std::vector<std::string>& params_files, const std::vector<std::string>& metrics_files);
  // Notes the columns of one row, `params` and `metrics` being {"file": {…}}. They must outlive the cells. Metrics that
  // are no single value (lists, nulls) are left out, as DVC does.
  Cells Add(const value::Value& params, const value::Value& metrics);
  // The hashes of what the row's stages depend on, by path; "" = none is known. They must outlive the cells.
  void AddDependencies(const value::Map& hashes, Cells* cells);
  // Settles headers and order; no Add afterwards. Cells may be shorter than the columns.
  void Finish();

  const std::vector<Column>& all() const { return columns_; }
  // In display order: indices into all().
  const std::vector<size_t>& order() const { return order_; }
  // The metric or param by header, "file:key" or key. NotFound (hint: a near one), or InvalidArgument when it is
  // ambiguous.
  absl::StatusOr<size_t> Find(const std::string& name) const;

 private:
  void AddFiles(const value::Value& files, ColumnKind kind, Cells* cells);
  void AddLeaves(const std::string& file, const std::string& prefix, const value::Value& value, ColumnKind kind,
                 Cells* cells);
  void AddCell(ColumnKind kind, const std::string& file, const std::string& key, const value::Value* value,
               Cells* cells);
  bool IsTracked(const std::string& file, const std::string& key) const;
  void SettleHeaders();
  void SettleOrder();

  std::map<std::string, std::set<std::string>> tracked_;
  bool hides_untracked_files_ = false;
  std::map<std::pair<ColumnKind, std::string>, size_t> places_;  // of files
  std::vector<Column> columns_;
  std::vector<size_t> order_;
  absl::flat_hash_map<std::string, size_t> index_;  // "0\0file\0key" → column
};

// Null where the row has none.
const value::Value* At(const Cells& cells, size_t column);

}  // namespace expq::cli
