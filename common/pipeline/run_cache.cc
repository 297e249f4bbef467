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

std::string TextOf(const LockEntry& entry) {
  return WithAnchors(yaml::Emit(EncodeLockEntry(entry), yaml::Folding::kAsRuamel), entry, 0);
}

std::optional<LockEntry> ParseEntry(const std::string& text, const std::string& path) {
  const auto document = yaml::Parse(text, path);
  if (!document.ok()) return std::nullopt;
  absl::StatusOr<LockEntry> entry = DecodeLockEntry(document->root);
  if (!entry.ok()) return std::nullopt;
  entry->Sort();
  return *std::move(entry);
}

std::optional<LockEntry> ReadEntry(const fs::FileReader& fs, const std::string& path) {
  const auto text = fs.Read(path);
  return text.ok() ? ParseEntry(*text, path) : std::nullopt;
}

// Whether a run with these inputs wrote it: with the texts that they have, or with those that folding leaves of them.
bool IsOf(const LockEntry& entry, const LockEntry& wanted) {
  const auto is_of = [&entry](const LockEntry& inputs) {
    return RunCacheKey(entry) == RunCacheKey(inputs) && SameParams(entry, inputs);
  };
  if (is_of(wanted)) return true;
  const std::optional<LockEntry> folded = ParseEntry(TextOf(wanted), "");
  return folded.has_value() && is_of(*folded);
}

}  // namespace

bool IsRunCacheable(const Stage& stage) {
  if (stage.commands.empty() || stage.outs.empty() || stage.always_changed) return false;
  if (stage.deps.empty() && stage.params.empty()) return false;
  return std::none_of(stage.outs.begin(), stage.outs.end(),
                      [](const Output& out) { return out.persist || IsOutside(out.root_path); });
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

absl::StatusOr<std::vector<LockedPath>> RunCacheOuts(const fs::FileReader& fs, const std::string& cache_root) {
  const std::string folder = fs::Join(cache_root, "runs");
  std::vector<LockedPath> outs;
  if (!fs.Exists(folder)) return outs;
  RETURN_IF_ERROR(fs::Walk(fs, folder, [&](const std::string& relative, fs::Kind kind) {
    if (kind != fs::Kind::kFile || relative.ends_with(".tmp")) return absl::OkStatus();
    const std::optional<LockEntry> entry = ReadEntry(fs, fs::Join(folder, relative));
    if (entry.has_value()) outs.insert(outs.end(), entry->outs.begin(), entry->outs.end());
    return absl::OkStatus();
  }));
  return outs;
}

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
    std::optional<LockEntry> entry = ReadEntry(fs_, path);
    if (!entry.has_value() || !IsOf(*entry, wanted)) continue;
    if (HasOuts(*entry) || (obtain != nullptr && obtain(*entry) && HasOuts(*entry))) return entry;
  }
  return std::nullopt;
}

absl::Status RunCache::Save(const LockEntry& entry) {
  const std::string key = RunCacheKey(entry);
  if (key.empty()) return absl::OkStatus();
  const std::string folder = Folder(key);
  const std::string path = fs::Join(folder, RunCacheValue(entry));
  const std::string text = TextOf(entry);
  if (const auto there = fs_.Read(path); there.ok() && *there == text) return absl::OkStatus();
  RETURN_IF_ERROR(cache_.MakeFolder(folder));
  return cache_.WriteRecord(path, text);
}

}  // namespace expq::pipeline
