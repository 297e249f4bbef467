#include "common/params/apply.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/params/interpolation.h"
#include "common/params/sweep.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;
using Op = ParamOverride::Op;

Value* Child(Value& at, absl::string_view segment) {
  if (value::Map* map = at.map()) return map->Find(segment);
  value::List* list = at.list();
  size_t index = 0;
  if (!list || !absl::SimpleAtoi(segment, &index) || index >= list->size()) return nullptr;
  return &(*list)[index];
}

Value* Find(Value& root, const std::vector<std::string>& path) {
  Value* at = &root;
  for (const std::string& segment : path) {
    at = Child(*at, segment);
    if (!at) return nullptr;
  }
  return at;
}

// Every dotted key of the tree, inner ones too.
void CollectKeys(const Value& at, const std::string& prefix, std::vector<std::string>& out) {
  const value::Map* map = at.map();
  if (!map) return;
  for (const auto& [name, child] : *map) {
    out.push_back(prefix.empty() ? name.text() : absl::StrCat(prefix, ".", name));
    CollectKeys(child, std::string(out.back()), out);
  }
}

// A key whose last names are the ones given counts as nearer than any misspelling.
std::string NearKey(const Value& root, const std::string& key) {
  std::vector<std::string> keys;
  CollectKeys(root, "", keys);
  for (const std::string& candidate : keys) {
    if (absl::EndsWith(candidate, absl::StrCat(".", key))) return candidate;
  }
  const std::string near = Nearest(key, keys);
  if (!near.empty()) return near;
  std::vector<std::string> last_names;
  for (const std::string& candidate : keys) last_names.push_back(candidate.substr(candidate.rfind('.') + 1));
  const std::string near_name = Nearest(key.substr(key.rfind('.') + 1), last_names);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!near_name.empty() && last_names[i] == near_name) return keys[i];
  }
  return "";
}

absl::Status NoSuchKey(absl::string_view file, const ParamOverride& override, const Value& root) {
  const bool deletes = override.op == Op::kDelete;
  const std::string near = NearKey(root, override.key);
  std::string hint = near.empty() ? "" : absl::StrCat("did you mean '", near, "'?");
  if (absl::StrContains(override.key, '/')) {
    absl::StrAppend(&hint, hint.empty() ? "" : " ", "config groups (group=option) need hydra.enabled in .dvc/config;");
  }
  if (!deletes) absl::StrAppend(&hint, hint.empty() ? "" : " ", "to add a key use +", override.key, "=…");
  absl::Status status = absl::InvalidArgumentError(
      absl::StrCat("could not ", deletes ? "delete" : "override", " '", override.key, "': no such key in ", file));
  return hint.empty() ? status : status::WithHint(std::move(status), hint);
}

enum class Merged { kDone, kNoSuchKey, kOtherKind };

// OmegaConf merges maps into maps; a key that is not there is refused unless `adds`. A map never becomes a list, nor a
// list a map.
Merged Assign(Value& target, const Value& value, bool adds) {
  if ((target.is_map() && value.is_list()) || (target.is_list() && value.is_map())) return Merged::kOtherKind;
  value::Map* into = target.map();
  if (!into || !value.map()) {
    target = value;
    return Merged::kDone;
  }
  for (const auto& [name, child] : *value.map()) {
    if (Value* existing = into->Find(name)) {
      const Merged merged = Assign(*existing, child, adds);
      if (merged != Merged::kDone) return merged;
    } else {
      if (!adds) return Merged::kNoSuchKey;
      into->Set(name, child);
    }
  }
  return Merged::kDone;
}

// The first key of the map `value` that `target` lacks, by its whole path; `at` is that of `target`.
std::string FirstMissing(const Value& target, const Value& value, const std::string& at) {
  if (!target.is_map() || !value.is_map()) return "";
  for (const auto& [name, child] : *value.map()) {
    const std::string path = absl::StrCat(at, ".", name);
    const Value* existing = target.map()->Find(name);
    const std::string missing = existing == nullptr ? path : FirstMissing(*existing, child, path);
    if (!missing.empty()) return missing;
  }
  return "";
}

absl::Status OtherKind(absl::string_view file, const ParamOverride& override) {
  return status::WithHint(
      absl::InvalidArgumentError(absl::StrCat("could not override '", override.key, "': in ", file,
                                              " a list stands against a map, and neither becomes the other")),
      absl::StrCat("to replace it, delete it first: ~", override.key));
}

// The place of a key that may not be there yet: maps are made on the way, over null and scalars too. Null when the way
// leads outside of a list.
Value* Make(Value& root, const std::vector<std::string>& path) {
  Value* at = &root;
  for (const std::string& segment : path) {
    if (Value* child = Child(*at, segment)) {
      at = child;
      continue;
    }
    if (at->is_list()) return nullptr;
    if (!at->is_map()) *at = value::Map();
    at = &at->map()->Set(segment, Value());
  }
  return at;
}

absl::Status Add(absl::string_view file, const ParamOverride& override, const std::vector<std::string>& path,
                 Value& root) {
  const Value* existing = Find(root, path);
  const bool container = override.value.is_map() || override.value.is_list();
  if (override.op == Op::kAdd && existing && !existing->is_null() && !container) {
    return status::WithHint(
        absl::InvalidArgumentError(absl::StrCat("could not add '", override.key, "': it is already in ", file)),
        absl::StrCat("to change it use ", override.key, "=…, to add or change use ++", override.key, "=…"));
  }
  Value* target = Make(root, path);
  if (!target) {
    return absl::InvalidArgumentError(
        absl::StrCat("could not add '", override.key, "': outside of the list in ", file));
  }
  const Merged merged = Assign(*target, override.value, /*adds=*/true);
  return merged == Merged::kOtherKind ? OtherKind(file, override) : absl::OkStatus();
}

absl::Status Delete(absl::string_view file, const ParamOverride& override, std::vector<std::string> path, Value& root) {
  const Value* target = Find(root, path);
  if (!target) return NoSuchKey(file, override, root);
  if (override.has_value && !value::PythonEqual(*target, override.value)) {
    return absl::InvalidArgumentError(absl::StrCat("could not delete '", override.key, "': its value in ", file, " is ",
                                                   value::PythonText(*target), " and not ",
                                                   value::PythonText(override.value)));
  }
  const std::string last = path.back();
  path.pop_back();
  Value* parent = Find(root, path);
  if (value::Map* map = parent->map()) {
    map->Erase(last);
  } else {
    value::List& list = *parent->list();
    list.erase(list.begin() + (target - list.data()));
  }
  return absl::OkStatus();
}

// OmegaConf's mark of a value that somebody must still give.
bool HasMissing(const Value& value) {
  if (const std::string* text = value.string()) return *text == "???";
  if (const value::List* list = value.list()) return std::any_of(list->begin(), list->end(), HasMissing);
  const value::Map* map = value.map();
  return map && std::any_of(map->begin(), map->end(), [](const value::Map::Entry& e) { return HasMissing(e.second); });
}

// The value as it goes to the file: `\${x}` is OmegaConf's way to write the text ${x}.
absl::StatusOr<Value> Settled(const ParamOverride& override) {
  if (HasMissing(override.value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", override.key, "': ??? stands for a value that is still missing"));
  }
  if (HasInterpolation(override.value)) {
    return status::WithHint(
        absl::InvalidArgumentError(absl::StrCat("'", override.key, "=", ValueText(override.value),
                                                "': this interpolation was not resolved at submit")),
        "write \\${…} for the text itself");
  }
  return Interpolated(override.value, {}, Value(value::Map()), [](absl::string_view) { return std::nullopt; });
}

}  // namespace

absl::Status ApplyToValue(absl::string_view file, const ParamOverride& given, Value& root) {
  if (given.key.empty()) {
    const std::string* json = given.value.string();
    ASSIGN_OR_RETURN(root, ParseJson(json ? *json : "", "the composed configuration"));
    return absl::OkStatus();
  }
  ParamOverride override = given;
  ASSIGN_OR_RETURN(override.value, Settled(given));
  return ApplyAsWritten(file, override, root);
}

absl::Status ApplyAsWritten(absl::string_view file, const ParamOverride& override, Value& root) {
  if (override.package) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", override.key, "@", *override.package,
                     "': config groups (group@package) need hydra.enabled in .dvc/config"));
  }
  const std::vector<std::string> path = absl::StrSplit(override.key, '.');
  switch (override.op) {
    case Op::kAdd:
    case Op::kForce:
      return Add(file, override, path, root);
    case Op::kDelete:
      return Delete(file, override, path, root);
    case Op::kChange:
      break;
  }
  Value* target = Find(root, path);
  if (!target) return NoSuchKey(file, override, root);
  switch (Assign(*target, override.value, /*adds=*/false)) {
    case Merged::kDone:
      return absl::OkStatus();
    case Merged::kNoSuchKey: {
      ParamOverride inner = override;
      inner.key = FirstMissing(*target, override.value, override.key);
      return NoSuchKey(file, inner, root);
    }
    case Merged::kOtherKind:
      break;
  }
  return OtherKind(file, override);
}

}  // namespace expq::params
