#include "common/pipeline/scope.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr char kSeparator = '\x1f';
constexpr absl::string_view kDefaultParams = "params.yaml";

std::string Below(const std::string& at, const std::string& key) {
  return at.empty() ? key : absl::StrCat(at, std::string(1, kSeparator), key);
}

std::string Dotted(const std::string& at) { return absl::StrReplaceAll(at, {{std::string(1, kSeparator), "."}}); }

void RecordOrigins(std::map<std::string, std::string>& origins, const value::Value& value, const std::string& at,
                   const std::string& source) {
  origins[at] = source;
  if (!value.is_map()) return;
  for (const auto& [key, child] : *value.map()) RecordOrigins(origins, child, Below(at, key), source);
}

// The element of a map or list that `word` names, as Python indexes; null when there is none.
const value::Value* Step(const value::Value& value, const std::string& word) {
  if (value.is_map()) return value.map()->Find(word);
  int64_t index = 0;
  if (!value.is_list() || !absl::SimpleAtoi(word, &index)) return nullptr;
  const int64_t size = static_cast<int64_t>(value.list()->size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? &(*value.list())[index] : nullptr;
}

std::vector<std::string> Keys(const value::Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

}  // namespace

value::Value Reachable(const value::Value& value) {
  if (const value::List* list = value.list()) {
    value::List kept;
    kept.reserve(list->size());
    for (const value::Value& item : *list) kept.push_back(Reachable(item));
    return kept;
  }
  if (!value.is_map()) return value;
  value::Map kept;
  for (const auto& [key, item] : *value.map()) {
    if (key.is_text()) kept.Set(key, Reachable(item));
  }
  return kept;
}

void Scope::SetLocal(absl::string_view name, const value::Value& value) { locals_.Set(name, Reachable(value)); }

const value::Value* Scope::FindLocal(absl::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->base_) {
    if (const value::Value* found = scope->locals_.Find(name)) return found;
  }
  return nullptr;
}

const value::Value* Scope::FindMerged(absl::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->base_) {
    if (const value::Value* found = scope->FindOwn(name)) return found;
  }
  return nullptr;
}

const value::Value* Scope::FindOwn(absl::string_view name) const {
  if (const value::Value* found = values_.Find(name)) return found;
  for (const Layer& layer : layers_) {
    if (const value::Value* found = layer.values->Find(name)) return found;
  }
  return nullptr;
}

const std::string& Scope::OriginOf(const std::string& at) const {
  const auto found = origins_.find(at);
  if (found != origins_.end()) return found->second;
  for (const Layer& layer : layers_) {
    if (layer.values->Find(absl::string_view(at).substr(0, at.find(kSeparator))) != nullptr) return layer.source;
  }
  return base_ == nullptr ? found->second : base_->OriginOf(at);
}

const std::string* Scope::FileOf(const std::vector<std::string>& words) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->base_) {
    const std::string* source = nullptr;
    for (size_t count = words.size(); count > 0 && source == nullptr; --count) {
      const auto end = words.begin() + static_cast<int64_t>(count);
      const auto found = scope->origins_.find(absl::StrJoin(words.begin(), end, std::string(1, kSeparator)));
      if (found != scope->origins_.end()) source = &found->second;
    }
    for (const Layer& layer : scope->layers_) {
      if (source == nullptr && layer.values->Find(words[0]) != nullptr) source = &layer.source;
    }
    if (source != nullptr) return FindImport(*source) == nullptr ? nullptr : source;
  }
  return nullptr;
}

void Scope::Note(const std::vector<std::string>& words, const value::Value& found) const {
  if (used_ == nullptr || !has_files_ || FindLocal(words[0]) != nullptr) return;
  if (const value::Map* map = found.map()) {
    for (const auto& [key, child] : *map) {
      std::vector<std::string> below = words;
      below.push_back(key);
      Note(below, child);
    }
    return;
  }
  const std::string* file = FileOf(words);
  if (file != nullptr && *file != kDefaultParams) used_->push_back({.file = *file, .words = words, .value = found});
}

std::vector<std::string> Scope::Names() const {
  std::vector<std::string> names;
  const auto add = [&names](const value::Map& map) {
    for (const auto& [key, value] : map) names.push_back(key);
  };
  for (const Scope* scope = this; scope != nullptr; scope = scope->base_) {
    add(scope->values_);
    for (const Layer& layer : scope->layers_) add(*layer.values);
  }
  return names;
}

const std::set<std::string>* Scope::FindImport(const std::string& path) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->base_) {
    const auto found = scope->imports_.find(path);
    if (found != scope->imports_.end()) return &found->second;
  }
  return nullptr;
}

void Scope::RememberImport(const std::string& path, const std::set<std::string>& keys) {
  const std::set<std::string>* present = FindImport(path);
  std::set<std::string> all = present == nullptr ? std::set<std::string>() : *present;
  all.insert(keys.begin(), keys.end());
  imports_[path] = std::move(all);
  has_files_ = has_files_ || path != kDefaultParams;
}

absl::Status Scope::CheckNotReserved(const value::Map& values) const {
  for (const auto& [key, value] : values) {
    if (!key.is_text() || FindLocal(key) == nullptr) continue;
    return absl::InvalidArgumentError(absl::StrCat("'", key, "' is reserved while foreach or matrix expands"));
  }
  return absl::OkStatus();
}

absl::Status Scope::MergeShared(const value::Map& values, const std::string& source) {
  RETURN_IF_ERROR(CheckNotReserved(values));
  const bool is_new =
      std::none_of(values.begin(), values.end(), [&](const auto& entry) { return HasValue(entry.first); });
  if (!is_new) return Merge(values, source);
  layers_.push_back({.values = &values, .source = source});
  return absl::OkStatus();
}

absl::Status Scope::Merge(const value::Map& values, const std::string& source) {
  RETURN_IF_ERROR(CheckNotReserved(values));
  for (const auto& [key, value] : values) {
    const value::Value* hidden = key.is_text() && values_.Find(key) == nullptr ? FindMerged(key) : nullptr;
    if (hidden != nullptr) values_.Set(key, *hidden);
  }
  return MergeInto(values_, values, "", source);
}

absl::Status Scope::MergeInto(value::Map& into, const value::Map& values, const std::string& at,
                              const std::string& source) {
  for (const auto& [key, value] : values) {
    if (!key.is_text()) continue;
    const std::string here = Below(at, key);
    value::Value* present = into.Find(key);
    if (present == nullptr) {
      RecordOrigins(origins_, into.Set(key, Reachable(value)), here, source);
    } else if (present->is_map() && value.is_map()) {
      RETURN_IF_ERROR(MergeInto(*present->map(), *value.map(), here, source));
    } else {
      return absl::InvalidArgumentError(absl::StrCat("'", Dotted(here), "' is defined already in ", OriginOf(here)));
    }
  }
  return absl::OkStatus();
}

absl::Status Scope::Missing(const std::vector<std::string>& words, size_t known, const value::Map* map) const {
  absl::Status error =
      absl::InvalidArgumentError(absl::StrCat("'", absl::StrJoin(words, "."), "' is not among the values"));
  std::vector<std::string> names = known == 0 ? Names() : std::vector<std::string>();
  if (map != nullptr) names = Keys(*map);
  const std::string near = params::Nearest(words[known], names);
  if (near.empty()) {
    return status::WithHint(error, "values come from params.yaml and vars; write \\${…} for a shell variable");
  }
  std::vector<std::string> suggestion(words.begin(), words.begin() + static_cast<int64_t>(known));
  suggestion.push_back(near);
  return status::WithHint(error, absl::StrCat("did you mean '", absl::StrJoin(suggestion, "."), "'?"));
}

absl::StatusOr<const value::Value*> Scope::Find(const std::vector<std::string>& words) const {
  const value::Value* found = FindLocal(words[0]);
  if (found == nullptr) found = FindMerged(words[0]);
  if (found == nullptr) return Missing(words, 0, nullptr);
  for (size_t i = 1; i < words.size(); ++i) {
    const value::Value* next = Step(*found, words[i]);
    if (next == nullptr) return Missing(words, i, found->map());
    found = next;
  }
  return found;
}

}  // namespace expq::pipeline
