#include "common/pipeline/params_book.h"

#include <fnmatch.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "common/pipeline/anchors.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

bool SameFile(const fs::FileInfo& a, const fs::FileInfo& b) {
  return a.inode == b.inode && a.device == b.device && a.size == b.size && a.mtime_ns == b.mtime_ns &&
         a.ctime_ns == b.ctime_ns;
}

void Match(const value::Value& node, const std::vector<std::string>& parts, size_t at,
           std::vector<const value::Value*>& found) {
  if (at == parts.size()) {
    found.push_back(&node);
    return;
  }
  if (const value::Map* map = node.map()) {
    for (const auto& [key, item] : *map) {
      if (fnmatch(parts[at].c_str(), key.c_str(), 0) == 0) Match(item, parts, at + 1, found);
    }
  } else if (const value::List* list = node.list()) {
    for (size_t i = 0; i < list->size(); ++i) {
      if (fnmatch(parts[at].c_str(), std::to_string(i).c_str(), 0) == 0) Match((*list)[i], parts, at + 1, found);
    }
  }
}

absl::Status FillFromFile(const ParamDependency& params, const value::Value& root, ParamValues& now) {
  for (const std::string& key : params.keys) {
    ASSIGN_OR_RETURN(const value::Value* found, FindParam(root, key));
    if (found == nullptr) {
      now.missing.push_back(key);
    } else {
      now.values.Set(key, *found);
    }
  }
  if (!now.whole_file) return absl::OkStatus();
  if (root.map() == nullptr) return absl::InvalidArgumentError("not a map of params");
  now.values = *root.map();
  return absl::OkStatus();
}

std::vector<std::string> KeysOf(const value::Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

bool IsYaml(const std::string& path) {
  return !absl::EndsWithIgnoreCase(path, ".json") && !absl::EndsWithIgnoreCase(path, ".toml") &&
         !absl::EndsWithIgnoreCase(path, ".py");
}

}  // namespace

absl::StatusOr<const value::Value*> FindParam(const value::Value& root, const std::string& key) {
  if (key.find_first_of("*?[") == std::string::npos) return value::Lookup(root, key);
  std::vector<const value::Value*> found;
  Match(root, absl::StrSplit(key, '.'), 0, found);
  if (found.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat("parameter '", key, "' matches ", found.size(), " values"));
  }
  return found.empty() ? nullptr : found.front();
}

absl::StatusOr<ParamsBook::Page> ParamsBook::Read(const std::string& root_path) {
  const std::string path = fs::Join(root_, root_path);
  const absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
  if (absl::IsNotFound(info.status())) return Page{};
  RETURN_IF_ERROR(info.status());
  sync::MutexLock lock(mutex_);
  Page& page = pages_[root_path];
  if (page.root != nullptr && SameFile(page.info, *info)) return page;
  ASSIGN_OR_RETURN(std::string text, fs_.Read(path));
  ASSIGN_OR_RETURN(value::Value root, params::ParseFile(root_path, text));
  const bool has_anchors = IsYaml(root_path) && absl::StrContains(text, "&") && absl::StrContains(text, "*");
  page = {.info = *info,
          .root = std::make_shared<const value::Value>(std::move(root)),
          .text = has_anchors ? std::move(text) : ""};
  return page;
}

absl::StatusOr<std::vector<ParamValues>> ParamsBook::Values(const Stage& stage) {
  std::vector<ParamValues> all;
  for (const ParamDependency& params : stage.params) {
    ParamValues now{.path = params.path, .whole_file = params.keys.empty()};
    ASSIGN_OR_RETURN(const Page page, Read(params.root_path));
    if (page.root != nullptr) {
      const absl::Status filled = FillFromFile(params, *page.root, now);
      if (!filled.ok()) return status::Annotate(filled, params.root_path);
      if (!page.text.empty()) now.anchors = AnchorsIn(page.text, KeysOf(now.values));
    } else {
      now.missing = now.whole_file ? std::vector<std::string>{params.path} : params.keys;
    }
    all.push_back(std::move(now));
  }
  return all;
}

}  // namespace expq::pipeline
