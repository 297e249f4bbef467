#include "cli/columns.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {

using value::Value;

Cells Columns::Add(const Value& params, const Value& metrics) {
  Cells cells;
  cells.reserve(columns_.size());
  AddFiles(metrics, true, &cells);
  AddFiles(params, false, &cells);
  return cells;
}

void Columns::AddFiles(const Value& files, bool metric, Cells* cells) {
  if (!files.is_map()) return;
  for (const auto& [file, content] : *files.map()) AddLeaves(file, "", content, metric, cells);
}

void Columns::AddLeaves(const std::string& file, const std::string& prefix, const Value& value, bool metric,
                        Cells* cells) {
  if (value.is_map()) {
    for (const auto& [key, child] : *value.map()) {
      AddLeaves(file, prefix.empty() ? key.text() : absl::StrCat(prefix, ".", key), child, metric, cells);
    }
    return;
  }
  if (metric && (value.is_list() || value.is_null())) return;
  // A metrics file that is one bare number is named for the file.
  const std::string& key = prefix.empty() ? file : prefix;
  const auto [found, added] = index_.try_emplace(
      absl::StrCat(metric ? "m" : "p", absl::string_view("\0", 1), file, absl::string_view("\0", 1), key),
      columns_.size());
  if (added) columns_.push_back({file, key, "", metric});
  if (cells->size() <= found->second) cells->resize(found->second + 1, nullptr);
  (*cells)[found->second] = &value;
}

void Columns::Finish() {
  // What a header would be taken for without its file.
  std::map<std::string, std::set<std::string>> files_of;
  for (const char* fixed : {"Experiment", "State", "Created", "rev", "typ"}) files_of[fixed].insert("");
  for (const Column& column : columns_) files_of[column.key].insert(column.file);
  for (Column& column : columns_) {
    column.header = files_of[column.key].size() > 1 ? absl::StrCat(column.file, ":", column.key) : column.key;
  }
  for (const bool metric : {true, false}) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].metric == metric) order_.push_back(i);
    }
  }
}

absl::StatusOr<size_t> Columns::Find(const std::string& name) const {
  std::vector<size_t> found;
  std::vector<std::string> headers;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.header == name) return i;
    headers.push_back(column.header);
    if (name == column.key || name == absl::StrCat(column.file, ":", column.key) ||
        name == absl::StrCat(":", column.key)) {
      found.push_back(i);
    }
  }
  if (found.size() == 1) return found[0];
  if (found.size() > 1) {
    const std::string which =
        absl::StrJoin(found, ", ", [&](std::string* out, size_t i) { out->append(columns_[i].header); });
    return status::WithHint(absl::InvalidArgumentError(absl::StrCat("column '", name, "' is ambiguous")),
                            absl::StrCat("one of ", which));
  }
  const std::string near = params::Nearest(name, headers);
  return status::WithHint(absl::NotFoundError(absl::StrCat("no column '", name, "'")),
                          near.empty() ? "" : absl::StrCat("did you mean '", near, "'?"));
}

const Value* At(const Cells& cells, size_t column) { return column < cells.size() ? cells[column] : nullptr; }

}  // namespace expq::cli
