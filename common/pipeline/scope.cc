#include "common/pipeline/scope.h"

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

// `known` words lead to `map`, which has no `words[known]`.
absl::Status Missing(const std::vector<std::string>& words, size_t known, const value::Map* map) {
  absl::Status error =
      absl::InvalidArgumentError(absl::StrCat("'", absl::StrJoin(words, "."), "' is not among the values"));
  const std::string near = map == nullptr ? "" : params::Nearest(words[known], Keys(*map));
  if (near.empty()) {
    return status::WithHint(error, "values come from params.yaml and vars; write \\${…} for a shell variable");
  }
  std::vector<std::string> suggestion(words.begin(), words.begin() + static_cast<int64_t>(known));
  suggestion.push_back(near);
  return status::WithHint(error, absl::StrCat("did you mean '", absl::StrJoin(suggestion, "."), "'?"));
}

}  // namespace

Scope::Merged& Scope::Own() {
  if (base_ != nullptr && !owns_) merged_ = base_->merged();
  owns_ = true;
  return merged_;
}

const value::Value* Scope::FindLocal(absl::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->base_) {
    if (const value::Value* found = scope->locals_.Find(name)) return found;
  }
  return nullptr;
}

absl::Status Scope::Merge(const value::Map& values, const std::string& source) {
  for (const auto& [key, value] : values) {
    if (FindLocal(key) == nullptr) continue;
    return absl::InvalidArgumentError(absl::StrCat("'", key, "' is reserved while foreach or matrix expands"));
  }
  Merged& merged = Own();
  return MergeInto(merged, merged.values, values, "", source);
}

absl::Status Scope::MergeInto(Merged& merged, value::Map& into, const value::Map& values, const std::string& at,
                              const std::string& source) {
  for (const auto& [key, value] : values) {
    const std::string here = Below(at, key);
    value::Value* present = into.Find(key);
    if (present == nullptr) {
      into.Set(key, value);
      RecordOrigins(merged.origins, value, here, source);
    } else if (present->is_map() && value.is_map()) {
      RETURN_IF_ERROR(MergeInto(merged, *present->map(), *value.map(), here, source));
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("'", Dotted(here), "' is defined already in ", merged.origins[here]));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<const value::Value*> Scope::Find(const std::vector<std::string>& words) const {
  const value::Value* found = FindLocal(words[0]);
  if (found == nullptr) found = merged().values.Find(words[0]);
  if (found == nullptr) return Missing(words, 0, &merged().values);
  for (size_t i = 1; i < words.size(); ++i) {
    const value::Value* next = Step(*found, words[i]);
    if (next == nullptr) return Missing(words, i, found->map());
    found = next;
  }
  return found;
}

}  // namespace expq::pipeline
