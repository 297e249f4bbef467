#include "common/pipeline/run_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/digest/digest.h"
#include "common/pipeline/anchors.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/staleness.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {
namespace {

// At any depth: a params key of that name goes too, as in DVC.
value::Value WithoutSizes(const value::Value& value) {
  if (const value::List* list = value.list()) {
    value::List kept;
    for (const value::Value& item : *list) kept.push_back(WithoutSizes(item));
    return kept;
  }
  if (const value::Map* map = value.map()) {
    value::Map kept;
    for (const auto& [key, item] : *map) {
      if (key != "size" && key != "nfiles") kept.Set(key, WithoutSizes(item));
    }
    return kept;
  }
  return value;
}

std::string Sha256OfJson(const value::Value& value) {
  return digest::Sha256Hex(value::ToJson(value, {.sort_keys = true}));
}

bool HasInputs(const LockEntry& entry) {
  for (const LockedPath& dep : entry.deps) {
    if (!dep.content.has_value()) return false;
  }
  for (const LockedParams& params : entry.params) {
    if (params.values.empty()) return false;
  }
  return true;
}

bool SameParams(const LockEntry& a, const LockEntry& b) {
  if (a.params.size() != b.params.size()) return false;
  for (const LockedParams& file : a.params) {
    const value::Map* other = b.FindParams(file.path);
    if (other == nullptr || !value::PythonEqual(file.values, *other)) return false;
  }
  return true;
}

}  // namespace

bool IsRunCacheable(const Stage& stage) {
  if (stage.commands.empty() || stage.outs.empty() || stage.always_changed) return false;
  if (stage.deps.empty() && stage.params.empty()) return false;
  for (const Dependency& dep : stage.deps) {
    if (IsOutside(dep.root_path)) return false;
  }
  for (const Output& out : stage.outs) {
    if (out.persist || IsOutside(out.root_path)) return false;
  }
  return true;
}

bool MayFillRunCache(const Stage& stage) {
  if (!IsRunCacheable(stage)) return false;
  return std::all_of(stage.outs.begin(), stage.outs.end(),
                     [](const Output& out) { return out.cache || out.kind != OutputKind::kOut; });
}

std::string RunCacheKey(const LockEntry& entry) {
  if (!HasInputs(entry)) return "";
  value::Value encoded = WithoutSizes(EncodeLockEntry(entry));
  value::List paths;
  for (const LockedPath& out : entry.outs) paths.push_back(out.path);
  encoded.map()->Set("outs", std::move(paths));
  return Sha256OfJson(encoded);
}

std::string RunCacheValue(const LockEntry& entry) { return Sha256OfJson(WithoutSizes(EncodeLockEntry(entry))); }

std::string RunCache::Folder(const std::string& key) const {
  return fs::Join(cache_.root(), absl::StrCat("runs/", key.substr(0, 2), "/", key));
}

bool RunCache::HasOuts(const LockEntry& entry) const {
  return std::all_of(entry.outs.begin(), entry.outs.end(), [&](const LockedPath& out) {
    return out.content.has_value() && cache_.HasAll(out.content->digest);
  });
}

std::optional<LockEntry> RunCache::Find(const LockEntry& wanted,
                                        const std::function<bool(const LockEntry&)>& obtain) const {
  const std::string key = RunCacheKey(wanted);
  if (key.empty()) return std::nullopt;
  const std::string folder = Folder(key);
  const auto files = fs_.List(folder);
  if (!files.ok()) return std::nullopt;
  std::vector<std::pair<int64_t, std::string>> newest_first;
  for (const fs::DirEntry& file : *files) {
    const std::string path = fs::Join(folder, file.name);
    if (const auto info = fs_.Lstat(path); info.ok()) newest_first.emplace_back(-info->mtime_ns, path);
  }
  std::sort(newest_first.begin(), newest_first.end());
  for (const auto& [age, path] : newest_first) {
    const auto text = fs_.Read(path);
    if (!text.ok()) continue;
    const auto document = yaml::Parse(*text, path);
    if (!document.ok()) continue;
    absl::StatusOr<LockEntry> entry = DecodeLockEntry(document->root);
    if (!entry.ok()) continue;
    entry->Sort();
    if (RunCacheKey(*entry) != key || !SameParams(*entry, wanted)) continue;
    if (HasOuts(*entry) || (obtain != nullptr && obtain(*entry) && HasOuts(*entry))) return *std::move(entry);
  }
  return std::nullopt;
}

absl::Status RunCache::Save(const LockEntry& entry) {
  const std::string key = RunCacheKey(entry);
  if (key.empty()) return absl::OkStatus();
  const std::string folder = Folder(key);
  const std::string path = fs::Join(folder, RunCacheValue(entry));
  const std::string text = WithAnchors(yaml::Emit(EncodeLockEntry(entry)), entry, 0);
  if (const auto there = fs_.Read(path); there.ok() && *there == text) return absl::OkStatus();
  RETURN_IF_ERROR(cache_.MakeFolder(folder));
  return fs_.Write(path, text, fs::Durability::kAtomic);
}

}  // namespace expq::pipeline
