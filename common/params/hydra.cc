#include "common/params/hydra.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/params/apply.h"
#include "common/params/hydra_defaults.h"
#include "common/params/interpolation.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

bool IsMissing(const Value& value) { return value.is_string() && *value.string() == "???"; }

// What `${a.b}` stands for when that is a map or a list; else null.
const Value* ContainerMeant(const Value& value, const Value& root) {
  if (value.string() == nullptr) return nullptr;
  absl::string_view key = *value.string();
  if (!absl::ConsumePrefix(&key, "${") || !absl::ConsumeSuffix(&key, "}")) return nullptr;
  const Value* meant = value::Lookup(root, key);
  return meant != nullptr && (meant->is_map() || meant->is_list()) ? meant : nullptr;
}

// OmegaConf's merge: maps into maps, anything else replaces; ??? leaves what is there; what is merged into an
// interpolation goes into a copy of what that means in `root`. False when a map and a list meet.
bool Merge(Value& into, const Value& from, const Value& root) {
  if (const Value* meant = ContainerMeant(into, root)) into = Value(*meant);
  value::Map* map = into.map();
  if (map == nullptr || !from.is_map()) {
    if ((map && from.is_list()) || (into.is_list() && from.is_map())) return false;
    if (!IsMissing(from)) into = from;
    return true;
  }
  for (const auto& [name, value] : *from.map()) {
    Value* existing = map->Find(name);
    if (existing == nullptr) {
      map->Set(name, value);
    } else if (!Merge(*existing, value, root)) {
      return false;
    }
  }
  return true;
}

// The values below the maps that the package names.
Value Packed(const value::Map& values, const std::string& package) {
  Value out = values;
  std::vector<std::string> names = absl::StrSplit(package, '.', absl::SkipEmpty());
  for (; !names.empty(); names.pop_back()) {
    value::Map around;
    around.Set(names.back(), std::move(out));
    out = std::move(around);
  }
  return out;
}

absl::StatusOr<Value> MergeParts(HydraRepository& repository, const std::vector<HydraPart>& parts) {
  Value root = value::Map();
  for (const HydraPart& part : parts) {
    ASSIGN_OR_RETURN(const HydraConfig* config, repository.Load(part.config_path));
    if (!Merge(root, Packed(config->values, part.package), root)) {
      return absl::InvalidArgumentError(
          absl::StrCat(repository.name(), "/", part.config_path, ": a map and a list cannot be merged"));
    }
  }
  const Value* searchpath = value::Lookup(root, "hydra.searchpath");
  if (searchpath != nullptr && !searchpath->is_null()) {
    return absl::UnimplementedError(absl::StrCat(repository.name(), ": hydra.searchpath is not supported"));
  }
  return root;
}

}  // namespace

absl::StatusOr<Value> ComposeHydra(const HydraFolder& folder, const std::string& config_name,
                                   const std::vector<ParamOverride>& overrides, const Environment& environment) {
  HydraRepository repository(folder);
  ASSIGN_OR_RETURN(const HydraPlan plan, PlanHydra(repository, config_name, overrides));
  ASSIGN_OR_RETURN(Value root, MergeParts(repository, plan.parts));
  for (const ParamOverride& override : plan.overrides) {
    RETURN_IF_ERROR(ApplyAsWritten("the composed configuration", override, root));
  }
  root.map()->Erase("hydra");
  return Interpolated(root, {}, root, environment);
}

ParamOverride Composed(const std::string& file, const Value& config) {
  ParamOverride out;
  out.op = ParamOverride::Op::kForce;
  out.file = file;
  out.value = value::ToJson(config, {.ascii = false, .compact = true});
  return out;
}

bool IsComposed(absl::string_view text) {
  const size_t at = text.find("++=");
  const bool first = at == 0 || (at != absl::string_view::npos && text[at - 1] == ':');
  return first && (absl::StartsWith(text.substr(at + 3), "'{") || absl::StartsWith(text.substr(at + 3), "\"{"));
}

}  // namespace expq::params
