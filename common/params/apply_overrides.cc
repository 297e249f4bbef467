#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/params/apply.h"
#include "common/params/format.h"
#include "common/params/interpolation.h"
#include "common/params/omega_yaml.h"
#include "common/params/params.h"
#include "common/params/source_edit.h"
#include "common/params/yaml_edit.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

// Backslashes for what would be taken for an interpolation once more.
value::Value Escaped(const value::Value& value) {
  value::Value out = value;
  if (value::List* list = out.list()) {
    for (value::Value& item : *list) item = Escaped(item);
  } else if (value::Map* map = out.map()) {
    for (auto& [name, item] : *map) item = Escaped(item);
  } else if (const std::string* text = value.string()) {
    out = EscapeInterpolations(*text);
  }
  return out;
}

// Where a text became a map or a list and another one stood: that one goes first, for OmegaConf replaces it by the text
// and does not merge.
void MakeRoom(const ParamOverride& override, const std::string& key, const value::Value& written,
              const value::Value& resolved, const value::Value& before, std::vector<ParamOverride>& out) {
  if (const value::Map* map = written.map()) {
    for (const auto& [name, item] : *map) {
      MakeRoom(override, absl::StrCat(key, ".", name), item, *resolved.map()->Find(name), before, out);
    }
    return;
  }
  const bool became = written.is_string() && (resolved.is_map() || resolved.is_list());
  const value::Value* there = became ? value::Lookup(before, key) : nullptr;
  if (!there || !(there->is_map() || there->is_list())) return;
  ParamOverride room;
  room.op = ParamOverride::Op::kForce;
  room.file = override.file;
  room.key = key;
  out.push_back(std::move(room));
}

}  // namespace

absl::StatusOr<std::vector<ParamOverride>> ResolveInterpolations(absl::string_view file, absl::string_view text,
                                                                 std::vector<ParamOverride> overrides,
                                                                 const Environment& environment) {
  const auto has = [](const ParamOverride& override) { return override.has_value && HasInterpolation(override.value); };
  // A composition has the other overrides in it, resolved.
  const auto composed = [](const ParamOverride& override) { return override.key.empty(); };
  if (std::none_of(overrides.begin(), overrides.end(), has)) return overrides;
  if (std::any_of(overrides.begin(), overrides.end(), composed)) return overrides;
  ASSIGN_OR_RETURN(value::Value before, ParseFile(file, text));
  value::Value root = before;
  for (const ParamOverride& override : overrides) RETURN_IF_ERROR(ApplyAsWritten(file, override, root));
  std::vector<ParamOverride> out;
  for (ParamOverride& override : overrides) {
    const ParamOverride written = override;
    if (has(written)) {
      auto resolved = Interpolated(written.value, absl::StrSplit(written.key, '.'), root, environment);
      if (!resolved.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("-S ", written.key, "=…: ", resolved.status().message()));
      }
      const size_t others = out.size();
      MakeRoom(written, written.key, written.value, *resolved, before, out);
      if (out.size() > others) override.op = ParamOverride::Op::kForce;
      override.value = Escaped(*resolved);
    }
    out.push_back(std::move(override));
    RETURN_IF_ERROR(ApplyAsWritten(file, written, before));
  }
  return out;
}

absl::StatusOr<std::string> ApplyOverrides(absl::string_view file, absl::string_view text,
                                           const std::vector<ParamOverride>& overrides) {
  // A composition has the other overrides in it, and replaces the file even where it was equal, as DVC does.
  for (const ParamOverride& override : overrides) {
    if (!override.key.empty()) continue;
    value::Value composed;
    RETURN_IF_ERROR(ApplyToValue(file, override, composed));
    return WriteOmegaYaml(composed);
  }
  ASSIGN_OR_RETURN(value::Value wanted, ParseFile(file, text));
  const value::Value before = wanted;
  for (const ParamOverride& override : overrides) RETURN_IF_ERROR(ApplyToValue(file, override, wanted));
  if (value::Identical(before, wanted)) return std::string(text);
  switch (FormatOf(file)) {
    case Format::kJson:
      return EditJson(file, text, wanted);
    case Format::kToml:
      return EditToml(file, text, wanted);
    case Format::kPython:
      return EditPython(file, text, wanted);
    case Format::kYaml:
      break;
  }
  return EditYaml(file, text, wanted);
}

}  // namespace expq::params
