// Params and metrics of a workspace, for tables.
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/params/params.h"
#include "common/pipeline/executor.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// A number or text of a metrics file; lists and nulls are not metrics.
bool IsMetric(const value::Value& value) { return value.is_number() || value.is_bool() || value.is_string(); }

// The map without what is not a metric, and without maps that are empty then.
value::Map OnlyMetrics(const value::Map& map) {
  value::Map kept;
  for (const auto& [key, item] : map) {
    if (IsMetric(item)) kept.Set(key, item);
    if (item.map() == nullptr) continue;
    value::Map below = OnlyMetrics(*item.map());
    if (!below.empty()) kept.Set(key, std::move(below));
  }
  return kept;
}

class Table {
 public:
  Table(const fs::FileReader& fs, const std::string& root) : fs_(fs), root_(root) {}

  void AddParams(const std::string& path) {
    if (!seen_.insert(path).second) return;
    if (const auto root = Parse(path)) files_.Set(path, *root);
  }

  // Nobody has named it: it need not be there.
  void AddDefaultParams(const std::string& path) {
    if (fs_.Stat(fs::Join(root_, path)).ok()) AddParams(path);
  }

  void AddMetrics(const std::string& path) {
    if (!seen_.insert(path).second) return;
    if (IsFolder(path)) {
      AddMetricsBelow(path);
      return;
    }
    const auto root = Parse(path);
    if (!root) return;
    if (root->map() != nullptr) {
      files_.Set(path, OnlyMetrics(*root->map()));
    } else if (IsMetric(*root)) {
      value::Map only;
      only.Set("", *root);
      files_.Set(path, std::move(only));
    }
  }

  // What templates take from a file that is not here as a whole.
  void AddUsed(const UsedValue& used) {
    if (seen_.contains(used.file)) return;
    value::Map* map = MapIn(files_, used.file);
    for (size_t i = 0; i + 1 < used.words.size(); ++i) map = MapIn(*map, used.words[i]);
    map->Set(used.words.back(), used.value);
  }

  std::string Json() const { return value::ToJson(files_, {.compact = true}); }
  const std::vector<std::string>& unreadable() const { return unreadable_; }
  const std::vector<std::string>& files() const { return named_; }

 private:
  static value::Map* MapIn(value::Map& map, const std::string& key) {
    value::Value* found = map.Find(key);
    if (found == nullptr || found->map() == nullptr) found = &map.Set(key, value::Map());
    return found->map();
  }

  // One that is not there may still be made.
  std::optional<value::Value> Parse(const std::string& path) {
    named_.push_back(path);
    const auto text = fs_.Read(fs::Join(root_, path));
    if (!text.ok()) return std::nullopt;
    auto parsed = params::ParseFile(path, *text);
    if (parsed.ok()) return *std::move(parsed);
    unreadable_.emplace_back(parsed.status().message());
    return std::nullopt;
  }

  bool IsFolder(const std::string& path) const {
    const auto info = fs_.Stat(fs::Join(root_, path));
    return info.ok() && info->kind == fs::Kind::kDirectory;
  }

  void AddMetricsBelow(const std::string& dir) {
    const auto entries = fs_.List(fs::Join(root_, dir));
    if (!entries.ok()) return;
    for (const fs::DirEntry& entry : *entries) {
      const std::string path = fs::Join(dir, entry.name);
      if (entry.kind != fs::Kind::kSymlink || !IsFolder(path)) AddMetrics(path);  // a link may lead in circles
    }
  }

  const fs::FileReader& fs_;
  const std::string& root_;
  std::set<std::string> seen_;
  value::Map files_;
  std::vector<std::string> unreadable_;
  std::vector<std::string> named_;
};

using KeysOfFiles = std::map<std::string, std::set<std::string>>;

KeysOfFiles DependedKeys(const Pipeline& pipeline) {
  KeysOfFiles keys;
  for (const Stage& stage : pipeline.stages) {
    for (const ParamDependency& file : stage.params) {
      keys[file.root_path].insert(file.keys.begin(), file.keys.end());
      if (file.keys.empty()) keys[file.root_path].insert("*");
    }
  }
  // Templates add nothing to a file that stages name.
  const KeysOfFiles named = keys;
  for (const Stage& stage : pipeline.stages) {
    for (const UsedValue& used : stage.used) {
      if (!named.contains(used.file)) keys[used.file].insert(absl::StrJoin(used.words, "."));
    }
  }
  return keys;
}

// The files that are not shown whole.
KeysOfFiles TrackedKeys(const Pipeline& pipeline, KeysOfFiles keys) {
  keys.erase("params.yaml");
  for (const std::string& path : pipeline.top_params) keys.erase(path);
  std::erase_if(keys, [](const auto& file) { return file.second.contains("*"); });
  return keys;
}

}  // namespace

Values ReadValues(const fs::FileReader& fs, const std::string& root, const Pipeline& pipeline) {
  Table params(fs, root), metrics(fs, root);
  for (const Stage& stage : pipeline.stages) {
    for (const ParamDependency& file : stage.params) params.AddParams(file.root_path);
    for (const Output& out : stage.outs) {
      if (out.kind == OutputKind::kMetric) metrics.AddMetrics(out.root_path);
    }
  }
  for (const std::string& path : pipeline.top_params) params.AddParams(path);
  params.AddDefaultParams("params.yaml");
  for (const Stage& stage : pipeline.stages) {
    for (const UsedValue& used : stage.used) params.AddUsed(used);
  }
  for (const std::string& path : pipeline.top_metrics) metrics.AddMetrics(path);
  std::vector<std::string> unreadable = params.unreadable();
  unreadable.insert(unreadable.end(), metrics.unreadable().begin(), metrics.unreadable().end());
  return {.params_json = params.Json(),
          .metrics_json = metrics.Json(),
          .unreadable = std::move(unreadable),
          .params_files = params.files(),
          .metrics_files = metrics.files(),
          .tracked = TrackedKeys(pipeline, DependedKeys(pipeline)),
          .depended = DependedKeys(pipeline)};
}

}  // namespace expq::pipeline
