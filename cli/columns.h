// The columns of `show`: params and metrics by dotted key, with the file only where it is needed to tell them apart.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/value/value.h"

namespace expq::cli {

struct Column {
  std::string file;
  std::string key;     // dotted
  std::string header;  // "train.units", or "params.yaml:train.units"
  bool metric = false;
};

// One row's values by column: indices grow, null = absent. Points into the values that were added.
using Cells = std::vector<const value::Value*>;

// Metrics first, then params, each in order of first appearance.
class Columns {
 public:
  // Notes the columns of one row, `params` and `metrics` being {"file": {…}}. They must outlive the cells. Metrics that
  // are no single value (lists, nulls) are left out, as DVC does.
  Cells Add(const value::Value& params, const value::Value& metrics);
  // Settles headers and order; no Add afterwards. Cells may be shorter than the columns.
  void Finish();

  const std::vector<Column>& all() const { return columns_; }
  // In display order: indices into all().
  const std::vector<size_t>& order() const { return order_; }
  // By header, "file:key" or key. NotFound (hint: a near one), or InvalidArgument when it is ambiguous.
  absl::StatusOr<size_t> Find(const std::string& name) const;

 private:
  void AddFiles(const value::Value& files, bool metric, Cells* cells);
  void AddLeaves(const std::string& file, const std::string& prefix, const value::Value& value, bool metric,
                 Cells* cells);

  std::vector<Column> columns_;
  std::vector<size_t> order_;
  absl::flat_hash_map<std::string, size_t> index_;  // "m\0file\0key" → column
};

// Null where the row has none.
const value::Value* At(const Cells& cells, size_t column);

}  // namespace expq::cli
