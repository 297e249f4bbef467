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
#include "common/value/value.h"

namespace expq::pipeline {

// Values merged from params.yaml and `vars`, and on top of them the locals of an expansion (`item`, `key`). A scope on
// a base sees everything of it and copies the merged values only when it merges more of its own. The base outlives it.
class Scope {
 public:
  Scope() = default;
  explicit Scope(const config::ParsingSettings& parsing) : parsing_(parsing) {}
  explicit Scope(const Scope* base) : base_(base), parsing_(base->parsing_) {}

  // Merges deeply. InvalidArgument when a leaf is there already, even with the same value, naming where; or when it is
  // the name of a local.
  absl::Status Merge(const value::Map& values, const std::string& source);
  // Shadows merged values of that name.
  void SetLocal(absl::string_view name, value::Value value) { locals_.Set(name, std::move(value)); }

  // The value at the words ("train", "units"; list indices as Python takes them). InvalidArgument, with the nearest
  // name as hint, when it is not there. Valid as long as the scope is not changed.
  absl::StatusOr<const value::Value*> Find(const std::vector<std::string>& words) const;

  // How maps in commands are unpacked.
  const config::ParsingSettings& parsing() const { return parsing_; }

  bool HasValue(absl::string_view name) const { return merged().values.Find(name) != nullptr; }
  // Which keys of which file were merged; no keys = all of it. Kept for whoever merges files.
  std::map<std::string, std::set<std::string>>& imports() { return Own().imports; }

 private:
  struct Merged {
    value::Map values;
    std::map<std::string, std::string> origins;  // of leaves, by their words joined with '\x1f'
    std::map<std::string, std::set<std::string>> imports;
  };

  const Merged& merged() const { return base_ == nullptr || owns_ ? merged_ : base_->merged(); }
  Merged& Own();
  const value::Value* FindLocal(absl::string_view name) const;
  static absl::Status MergeInto(Merged& merged, value::Map& into, const value::Map& values, const std::string& at,
                                const std::string& source);

  const Scope* base_ = nullptr;
  config::ParsingSettings parsing_;
  bool owns_ = false;
  value::Map locals_;
  Merged merged_;
};

}  // namespace expq::pipeline
