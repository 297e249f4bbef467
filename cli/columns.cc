#include "cli/columns.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {

using value::Value;

namespace {

// A key may name more than a leaf, or an item of a list, or have '*' in it; each of its words stands for one.
bool Covers(const std::string& key, const std::string& leaf) {
  const std::vector<std::string> words = absl::StrSplit(key, '.'), path = absl::StrSplit(leaf, '.');
  for (size_t i = 0; i < std::min(words.size(), path.size()); ++i) {
    if (fnmatch(words[i].c_str(), path[i].c_str(), 0) != 0) return false;
  }
  return true;
}

}  // namespace

void Columns::Track(const std::map<std::string, std::set<std::string>>& keys) {
  for (const auto& [file, names] : keys) tracked_[file].insert(names.begin(), names.end());
}

bool Columns::IsTracked(const std::string& file, const std::string& key) const {
  const auto keys = tracked_.find(file);
  if (keys == tracked_.end()) return !hides_untracked_files_;
  return std::any_of(keys->second.begin(), keys->second.end(),
                     [&](const std::string& one) { return Covers(one, key); });
}

void Columns::Place(const std::vector<std::string>& params_files, const std::vector<std::string>& metrics_files) {
  for (const std::string& file : params_files) places_.try_emplace({ColumnKind::kParam, file}, places_.size());
  for (const std::string& file : metrics_files) places_.try_emplace({ColumnKind::kMetric, file}, places_.size());
}

Cells Columns::Add(const Value& params, const Value& metrics) {
  Cells cells;
  cells.reserve(columns_.size());
  AddFiles(metrics, ColumnKind::kMetric, &cells);
  AddFiles(params, ColumnKind::kParam, &cells);
  return cells;
}

void Columns::AddDependencies(const value::Map& hashes, Cells* cells) {
  for (const auto& [path, hash] : hashes) {
    AddCell(ColumnKind::kDependency, "", path, *hash.string() == "" ? nullptr : &hash, cells);
  }
}

void Columns::AddFiles(const Value& files, ColumnKind kind, Cells* cells) {
  if (!files.is_map()) return;
  for (const auto& [file, content] : *files.map()) {
    places_.try_emplace({kind, file}, places_.size());
    AddLeaves(file, "", content, kind, cells);
  }
}

void Columns::AddLeaves(const std::string& file, const std::string& prefix, const Value& value, ColumnKind kind,
                        Cells* cells) {
  if (value.is_map()) {
    for (const auto& [key, child] : *value.map()) {
      AddLeaves(file, prefix.empty() ? key.text() : absl::StrCat(prefix, ".", key), child, kind, cells);
    }
    return;
  }
  if (kind == ColumnKind::kMetric && (value.is_list() || value.is_null())) return;
  if (kind == ColumnKind::kParam && !IsTracked(file, prefix)) return;
  // A metrics file that is one bare number is named for the file.
  AddCell(kind, file, prefix.empty() ? file : prefix, &value, cells);
}

void Columns::AddCell(ColumnKind kind, const std::string& file, const std::string& key, const Value* value,
                      Cells* cells) {
  constexpr absl::string_view kZero("\0", 1);
  const auto [found, added] =
      index_.try_emplace(absl::StrCat(static_cast<int>(kind), kZero, file, kZero, key), columns_.size());
  if (added) columns_.push_back({kind, file, key, ""});
  if (cells->size() <= found->second) cells->resize(found->second + 1, nullptr);
  (*cells)[found->second] = value;
}

void Columns::Finish() {
  SettleHeaders();
  SettleOrder();
}

void Columns::SettleHeaders() {
  // What a header would be taken for without its file.
  std::map<std::string, std::set<std::string>> files_of;
  for (const char* fixed : {"Experiment", "rev", "typ", "Created", "parent", "State", "Executor"}) {
    files_of[fixed].insert("");
  }
  std::set<std::string> taken;
  for (const Column& column : columns_) {
    if (column.kind != ColumnKind::kDependency) files_of[column.key].insert(column.file);
  }
  for (Column& column : columns_) {
    if (column.kind == ColumnKind::kDependency) continue;
    column.header = files_of[column.key].size() > 1 ? absl::StrCat(column.file, ":", column.key) : column.key;
    taken.insert(column.header);
  }
  for (Column& column : columns_) {
    if (column.kind != ColumnKind::kDependency) continue;
    const bool clashes = taken.contains(column.key) || files_of.contains(column.key);
    column.header = clashes ? absl::StrCat("deps:", column.key) : column.key;
  }
}

void Columns::SettleOrder() {
  for (size_t i = 0; i < columns_.size(); ++i) order_.push_back(i);
  std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
    const Column &x = columns_[a], &y = columns_[b];
    if (x.kind != y.kind) return x.kind < y.kind;
    if (x.kind == ColumnKind::kDependency) return x.key < y.key;
    return places_.at({x.kind, x.file}) < places_.at({y.kind, y.file});
  });
}

absl::StatusOr<size_t> Columns::Find(const std::string& name) const {
  std::vector<size_t> found;
  std::vector<std::string> headers;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.kind == ColumnKind::kDependency) continue;
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
