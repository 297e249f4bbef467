// The values that ${…} may name.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"
#include "common/pipeline/pipeline.h"
#include "common/value/value.h"

namespace expq::pipeline {

// Of a value what templates can name: no keys that are no texts.
value::Value Reachable(const value::Value& value);

// Values merged from params.yaml and `vars`, and on top of them the locals of an expansion (`item`, `key`). A scope on
// a base sees everything of it, and of what the base has copies only the top-level values into which it merges: stages
// with vars of their own may be thousands. The base outlives it. Keys that are no texts are not there (`{1: a}`).
class Scope {
 public:
  Scope() = default;
  explicit Scope(const config::ParsingSettings& parsing) : parsing_(parsing) {}
  explicit Scope(const Scope* base)
      : base_(base), parsing_(base->parsing_), used_(base->used_), has_files_(base->has_files_) {}

  // Merges deeply. InvalidArgument when a leaf is there already, even with the same value, naming where; or when it is
  // the name of a local.
  absl::Status Merge(const value::Map& values, const std::string& source);
  // The same for what outlives the scope and is Reachable: where nothing of it is there yet, it is not copied.
  absl::Status MergeShared(const value::Map& values, const std::string& source);
  // Shadows merged values of that name.
  void SetLocal(absl::string_view name, const value::Value& value);

  // The value at the words ("train", "units"; list indices as Python takes them). InvalidArgument, with the nearest
  // name as hint, when it is not there. Valid as long as the scope is not changed.
  absl::StatusOr<const value::Value*> Find(const std::vector<std::string>& words) const;

  // From now on, also in scopes on this one, Note appends to `used`.
  void RecordInto(std::vector<UsedValue>* used) { used_ = used; }
  // A template has taken what Find found; locals and what no file says are not recorded. Of a map its leaves are.
  void Note(const std::vector<std::string>& words, const value::Value& found) const;

  // How maps in commands are unpacked.
  const config::ParsingSettings& parsing() const { return parsing_; }

  bool HasValue(absl::string_view name) const { return FindMerged(name) != nullptr; }
  // Which keys of a file were merged, none = all of it; null when nothing of it was. Kept for whoever merges files.
  const std::set<std::string>* FindImport(const std::string& path) const;
  void RememberImport(const std::string& path, const std::set<std::string>& keys);

 private:
  struct Layer {
    const value::Map* values;
    std::string source;
  };

  absl::Status CheckNotReserved(const value::Map& values) const;
  const value::Value* FindLocal(absl::string_view name) const;
  const value::Value* FindMerged(absl::string_view name) const;
  const value::Value* FindOwn(absl::string_view name) const;
  const std::string& OriginOf(const std::string& at) const;
  // The file that says it; null when it is the vars of a dvc.yaml.
  const std::string* FileOf(const std::vector<std::string>& words) const;
  std::vector<std::string> Names() const;
  absl::Status MergeInto(value::Map& into, const value::Map& values, const std::string& at, const std::string& source);
  // `words` lead to `map` but for the word number `known`.
  absl::Status Missing(const std::vector<std::string>& words, size_t known, const value::Map* map) const;

  const Scope* base_ = nullptr;
  config::ParsingSettings parsing_;
  std::vector<UsedValue>* used_ = nullptr;
  bool has_files_ = false;  // other than the root's params.yaml, which every table has
  value::Map locals_;
  // What this scope merged: `values_` hides what the layers, and they what the base has of that name.
  value::Map values_;
  std::vector<Layer> layers_;
  std::map<std::string, std::string> origins_;  // of leaves, by their words joined with '\x1f'
  std::map<std::string, std::set<std::string>> imports_;
};

}  // namespace expq::pipeline
