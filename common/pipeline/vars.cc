#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "common/pipeline/excerpt.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/pipeline_file.h"
#include "common/pipeline/template.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// A file of values, or the named ones of its keys.
struct Import {
  std::string root_path;
  std::set<std::string> keys;  // none = all
};

absl::Status CheckNotImported(const Import& import, const std::set<std::string>& present) {
  if (import.keys.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot load '", import.root_path, "' whole: parts of it are loaded already"));
  }
  if (present.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot load parts of '", import.root_path, "': it is loaded already"));
  }
  for (const std::string& key : import.keys) {
    if (!present.contains(key)) continue;
    return absl::InvalidArgumentError(absl::StrCat("'", key, "' of '", import.root_path, "' is loaded already"));
  }
  return absl::OkStatus();
}

absl::Status MergeImport(const Import& import, const value::Map& values, Scope& scope) {
  if (import.keys.empty()) return scope.MergeShared(values, import.root_path);
  value::Map picked;
  for (const std::string& key : import.keys) {
    const value::Value* found = values.Find(key);
    if (found == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("'", key, "' is not in '", import.root_path, "'"));
    }
    picked.Set(key, *found);
  }
  return scope.Merge(picked, import.root_path);
}

// The file's map, read once for all stages that name it. NotFound when it is absent.
absl::StatusOr<const value::Map*> MapIn(const FileContext& context, const std::string& root_path) {
  const auto known = context.values.find(root_path);
  if (known != context.values.end()) return &known->second;
  const std::string path = fs::Join(context.root, root_path);
  ASSIGN_OR_RETURN(const fs::FileInfo info, context.fs.Stat(path));
  if (info.kind != fs::Kind::kFile) {
    return absl::InvalidArgumentError(absl::StrCat("'", root_path, "' is not a file"));
  }
  ASSIGN_OR_RETURN(const std::string text, context.fs.Read(path));
  absl::StatusOr<value::Value> parsed = params::ParseFile(root_path, text);
  if (!parsed.ok()) return WithExcerpt(parsed.status(), root_path, text);
  value::Value values = *std::move(parsed);
  if (IsNothing(values)) values = value::Map();
  if (!values.is_map()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", root_path, "' holds ", KindName(values), ", templates need a map"));
  }
  return &(context.values[root_path] = std::move(*Reachable(values).map()));
}

// NotFound when the file is absent.
absl::Status LoadImport(const FileContext& context, const Import& import, Scope& scope) {
  if (const std::set<std::string>* present = scope.FindImport(import.root_path)) {
    if (import.keys.empty() && present->empty()) return absl::OkStatus();
    RETURN_IF_ERROR(CheckNotImported(import, *present));
  }
  ASSIGN_OR_RETURN(const value::Map* values, MapIn(context, import.root_path));
  RETURN_IF_ERROR(MergeImport(import, *values, scope));
  scope.RememberImport(import.root_path, import.keys);
  return absl::OkStatus();
}

absl::Status RefuseTemplates(const Node& node) {
  if (node.value().is_string() && HasTemplate(*node.value().string())) {
    return node.Error("${…} is not allowed in vars");
  }
  if (node.value().is_list()) {
    for (const Node& item : node.Items()) RETURN_IF_ERROR(RefuseTemplates(item));
  }
  if (node.value().is_map()) {
    for (const value::Map::Entry& entry : *node.value().map()) {
      const Node child = node.Entry(entry);
      if (HasTemplate(entry.first)) return child.Error("${…} is not allowed in vars");
      RETURN_IF_ERROR(RefuseTemplates(child));
    }
  }
  return absl::OkStatus();
}

absl::Status LoadEntry(const FileContext& context, const Node& entry, const std::string& dir, Scope& scope) {
  if (entry.value().is_map()) return scope.Merge(*entry.value().map(), absl::StrCat("the vars at ", entry.Place()));
  const std::pair<std::string, std::string> parts = absl::StrSplit(*entry.value().string(), absl::MaxSplits(':', 1));
  Import import{.root_path = RootPath(context.root, dir, parts.first), .keys = {}};
  for (const absl::string_view key : absl::StrSplit(parts.second, ',', absl::SkipEmpty())) import.keys.emplace(key);
  absl::Status loaded = LoadImport(context, import, scope);
  if (absl::IsNotFound(loaded)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no file '", import.root_path, "'"));
  }
  return loaded;
}

}  // namespace

absl::Status LoadDefaultParams(const FileContext& context, Scope& scope) {
  const Import import{.root_path = RootPath(context.root, context.dir, "params.yaml"), .keys = {}};
  const absl::Status loaded = LoadImport(context, import, scope);
  return absl::IsNotFound(loaded) ? absl::OkStatus() : loaded;
}

absl::Status LoadVars(const FileContext& context, const Node& vars, const std::string& dir, Scope& scope) {
  if (vars.value().is_null()) return absl::OkStatus();
  if (!vars.value().is_list()) return Mistyped(vars, "a list of maps and file names");
  RETURN_IF_ERROR(RefuseTemplates(vars));
  for (const Node& entry : vars.Items()) {
    if (!entry.value().is_map() && !entry.value().is_string()) return Mistyped(entry, "a map or a file name");
    const absl::Status loaded = LoadEntry(context, entry, dir, scope);
    if (!loaded.ok()) return entry.Located(loaded);
  }
  return absl::OkStatus();
}

}  // namespace expq::pipeline
