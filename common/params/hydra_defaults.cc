#include "common/params/hydra_defaults.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;
using Op = ParamOverride::Op;

// Files that include each other would go on for ever.
constexpr int kDeepest = 50;

bool IsOfHydra(absl::string_view group) { return group == "hydra" || absl::StartsWith(group, "hydra/"); }

// `optional override group@package: option`, or a file's path.
absl::StatusOr<HydraDefault> ParseDefault(const Value& item, const std::string& file) {
  HydraDefault out;
  std::string name;
  if (const std::string* path = item.string()) {
    name = *path;
  } else if (item.map() && item.map()->size() == 1) {
    const auto& [key, option] = *item.map()->begin();
    out.is_group = true;
    std::vector<std::string> words = absl::StrSplit(key, ' ');
    name = words.back();
    words.pop_back();
    for (const std::string& word : words) {
      out.optional |= word == "optional";
      out.overrides |= word == "override";
    }
    if (const std::string* one = option.string()) {
      out.option = *one;
    } else if (const value::List* list = option.list()) {
      out.list.emplace();
      for (const Value& each : *list) {
        if (!each.is_string())
          return absl::InvalidArgumentError(absl::StrCat(file, ": options of ", name, " must be text"));
        out.list->push_back(*each.string());
      }
    } else if (!option.is_null()) {
      return absl::InvalidArgumentError(absl::StrCat(file, ": the option of ", name, " must be text or a list"));
    }
  } else {
    return absl::InvalidArgumentError(absl::StrCat(file, ": an entry of 'defaults' is 'group: option' or a file"));
  }
  const size_t at = name.find('@');
  out.path = name.substr(0, at);
  if (at != std::string::npos) {
    const std::string package = name.substr(at + 1);
    out.package = package.substr(0, package.find(':'));
    if (out.package == "_here_") out.package = "";
  }
  return out;
}

class Planner {
 public:
  explicit Planner(HydraRepository& repository) : repository_(repository) {}

  absl::Status Sort(const std::vector<ParamOverride>& overrides) {
    for (const ParamOverride& override : overrides) RETURN_IF_ERROR(Sort(override));
    return absl::OkStatus();
  }

  absl::StatusOr<HydraPlan> Run(const std::string& config_name) {
    HydraDefault root;
    root.path = config_name;
    ASSIGN_OR_RETURN(const HydraConfig* loaded, repository_.Load(config_name));
    if (loaded == nullptr) {
      return absl::NotFoundError(absl::StrCat("hydra: there is no ", repository_.name(), "/", config_name, ".yaml"));
    }
    ASSIGN_OR_RETURN(plan_.parts, Expand(root, "", /*is_root=*/true, /*interpolated=*/false));
    RETURN_IF_ERROR(CheckAllUsed());
    std::set<std::string> keys;
    for (const HydraPart& part : plan_.parts) {
      if (part.override_key.empty() || keys.insert(part.override_key).second) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("hydra: ", part.override_key, " appears more than once in the defaults lists"));
    }
    return std::move(plan_);
  }

 private:
  struct Chosen {
    std::optional<std::string> option;
    std::optional<std::vector<std::string>> list;
    std::string where;  // "" on the command line
    bool used = false;
  };
  struct Deletion {
    std::optional<std::string> option;
    bool used = false;
  };
  using Parts = std::vector<HydraPart>;

  // --- the command line ----------------------------------------------------------------------------------------------

  absl::Status Sort(const ParamOverride& override) {
    const Value& value = override.value;
    if (IsOfHydra(override.key) || absl::StartsWith(override.key, "hydra.")) return absl::OkStatus();
    if (value.is_map() || !repository_.IsGroup(override.key)) {
      if (override.package) {
        return absl::InvalidArgumentError(absl::StrCat("-S ", override.key, "@", *override.package,
                                                       ": there is no config group '", override.key, "' in ",
                                                       repository_.name()));
      }
      plan_.overrides.push_back(override);
      return absl::OkStatus();
    }
    const std::string key = absl::StrCat(override.key, override.package ? "@" : "", override.package.value_or(""));
    if (override.op == Op::kForce) {
      return absl::InvalidArgumentError(absl::StrCat("-S ++", key, ": a config group is added with a single +"));
    }
    if (override.op == Op::kDelete) {
      const bool named = override.has_value && !value.is_null();
      if (named && !value.is_string())
        return absl::InvalidArgumentError(absl::StrCat("-S ~", key, ": an option is text"));
      deletions_[key] = {named ? std::optional(*value.string()) : std::nullopt};
      return absl::OkStatus();
    }
    HydraDefault chosen;
    chosen.is_group = true;
    chosen.path = override.key;
    chosen.package = override.package;
    RETURN_IF_ERROR(SetOptions(value, key, chosen));
    if (override.op == Op::kAdd) {
      chosen.appended = true;
      appended_.push_back(std::move(chosen));
    } else {
      chosen_[key] = {chosen.option, chosen.list, ""};
    }
    return absl::OkStatus();
  }

  static absl::Status SetOptions(const Value& value, const std::string& key, HydraDefault& out) {
    if (const std::string* option = value.string()) {
      out.option = *option;
      return absl::OkStatus();
    }
    if (!value.is_list()) return absl::InvalidArgumentError(absl::StrCat("-S ", key, ": an option is text or a list"));
    out.list.emplace();
    for (const Value& item : *value.list()) {
      if (!item.is_string()) return absl::InvalidArgumentError(absl::StrCat("-S ", key, ": an option is text"));
      out.list->push_back(*item.string());
    }
    return absl::OkStatus();
  }

  absl::Status CheckAllUsed() const {
    for (const auto& [key, chosen] : chosen_) {
      if (chosen.used || IsOfHydra(key)) continue;
      const std::string prefix = chosen.where.empty() ? "hydra" : absl::StrCat(repository_.name(), "/", chosen.where);
      absl::Status status = absl::InvalidArgumentError(
          absl::StrCat(prefix, ": could not override '", key, "': it is in no defaults list"));
      const auto known = known_keys_.find(key.substr(0, key.find('@')));
      if (known != known_keys_.end()) {
        return status::WithHint(status, absl::StrCat("did you mean '", *known->second.begin(), "'?"));
      }
      return chosen.where.empty() ? status::WithHint(status, absl::StrCat("to add it use +", key, "=…")) : status;
    }
    for (const auto& [key, deletion] : deletions_) {
      if (deletion.used) continue;
      return absl::InvalidArgumentError(absl::StrCat("hydra: could not delete '", key, deletion.option ? "=" : "",
                                                     deletion.option.value_or(""), "': it is in no defaults list"));
    }
    return absl::OkStatus();
  }

  // --- the lists -----------------------------------------------------------------------------------------------------

  absl::Status Fail(const std::string& in, absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(repository_.name(), "/", in, ": ", what));
  }

  // The parts of an entry: its file, or what its file's defaults list names.
  absl::StatusOr<Parts> Expand(HydraDefault node, const std::string& in, bool is_root, bool interpolated) {
    if (++depth_ > kDeepest) return Fail(in, "defaults lists that include each other");
    absl::StatusOr<Parts> parts = ExpandOnce(std::move(node), in, is_root, interpolated);
    --depth_;
    return parts;
  }

  absl::StatusOr<Parts> ExpandOnce(HydraDefault node, const std::string& in, bool is_root, bool interpolated) {
    const std::string path = node.ConfigPath();
    const HydraConfig* config = nullptr;
    const bool missing = absl::EndsWith(path, "???");
    if (!missing && (!node.is_group || node.option)) {
      ASSIGN_OR_RETURN(config, repository_.Load(path));
      if (config) node.header = config->package;
    }
    if (IsDeleted(node)) return Parts();
    RETURN_IF_ERROR(Remember(node, in));
    if (node.is_group && !node.option) return Parts();
    if (missing) {
      return Fail(in, absl::StrCat("an option of '", node.OverrideKey(), "' must be given with -S ", node.OverrideKey(),
                                   "=…", repository_.Options(node.GroupPath())));
    }
    if (config == nullptr) {
      if (node.optional) return Parts();
      return Fail(in,
                  absl::StrCat("there is no '", path, "'", node.is_group ? repository_.Options(node.GroupPath()) : ""));
    }
    ASSIGN_OR_RETURN(std::vector<HydraDefault> defaults, DefaultsOf(*config, path, is_root));
    for (HydraDefault& entry : defaults) {
      if (!entry.IsSelf()) Adopt(node, entry);
    }
    RETURN_IF_ERROR(CollectOverrides(defaults, path, interpolated));
    if (AllOverride(defaults)) return Parts{{path, node.FinalPackage(), node.is_group ? node.OverrideKey() : ""}};
    return Children(node, path, defaults, interpolated);
  }

  absl::StatusOr<std::vector<HydraDefault>> DefaultsOf(const HydraConfig& config, const std::string& path,
                                                       bool is_root) {
    std::vector<HydraDefault> out;
    size_t selves = 0;
    for (const Value& item : config.defaults) {
      ASSIGN_OR_RETURN(HydraDefault entry, ParseDefault(item, absl::StrCat(repository_.name(), "/", path, ".yaml")));
      selves += entry.IsSelf() ? 1 : 0;
      out.push_back(std::move(entry));
    }
    if (selves > 1) return Fail(path, "_self_ twice in the defaults list");
    if (out.empty() && (!is_root || appended_.empty())) return out;
    // A list of nothing but overrides leaves the file what it is without a list.
    if (out.empty() || (selves == 0 && !AllOverride(out))) out.push_back(Self());
    if (is_root) out.insert(out.end(), appended_.begin(), appended_.end());
    return out;
  }

  static bool AllOverride(const std::vector<HydraDefault>& defaults) {
    return std::all_of(defaults.begin(), defaults.end(), [](const HydraDefault& entry) { return entry.overrides; });
  }

  static HydraDefault Self() {
    HydraDefault self;
    self.path = "_self_";
    return self;
  }

  static void Adopt(const HydraDefault& parent, HydraDefault& entry) {
    entry.base = parent.GroupPath();
    entry.base_package = parent.FinalPackage();
    if (entry.package && absl::StrContains(*entry.package, "_group_")) {
      const std::string group = absl::StrReplaceAll(entry.GroupPath(), {{"/", "."}});
      entry.package = absl::StrCat("_global_.", absl::StrReplaceAll(*entry.package, {{"_group_", group}}));
    }
  }

  // Overrides stand at the end of a list, and those of the outer file count.
  absl::Status CollectOverrides(const std::vector<HydraDefault>& defaults, const std::string& path, bool interpolated) {
    bool seen = false;
    for (const HydraDefault& entry : defaults) {
      if (entry.IsSelf()) continue;
      if (seen && !entry.overrides && !entry.appended)
        return Fail(path, "overrides must be at the end of the defaults list");
      if (!entry.overrides) continue;
      seen = true;
      if (interpolated) return Fail(path, "no overrides in a defaults list that was chosen by an interpolation");
      chosen_.emplace(entry.OverrideKey(), Chosen{entry.option, entry.list, path});
    }
    return absl::OkStatus();
  }

  // From the last to the first, since the overrides of later ones hold for earlier ones; interpolated ones at the end,
  // when all choices are known.
  absl::StatusOr<Parts> Children(const HydraDefault& node, const std::string& path, std::vector<HydraDefault>& defaults,
                                 bool interpolated) {
    std::vector<Parts> parts(defaults.size());
    for (size_t i = defaults.size(); i > 0; --i) {
      HydraDefault& entry = defaults[i - 1];
      if (entry.overrides) continue;
      if (entry.IsSelf()) {
        parts[i - 1] = {{path, node.FinalPackage(), ""}};
        continue;
      }
      Choose(entry);
      if (!entry.list && entry.IsInterpolated()) continue;
      ASSIGN_OR_RETURN(parts[i - 1], Child(entry, path, interpolated));
    }
    Parts out;
    for (size_t i = 0; i < defaults.size(); ++i) {
      HydraDefault& entry = defaults[i];
      if (!entry.overrides && !entry.list && !entry.IsSelf() && entry.IsInterpolated()) {
        RETURN_IF_ERROR(Interpolate(entry, path));
        ASSIGN_OR_RETURN(parts[i], Expand(entry, path, false, true));
      }
      out.insert(out.end(), parts[i].begin(), parts[i].end());
    }
    return out;
  }

  void Choose(HydraDefault& entry) {
    if (!entry.is_group) return;
    const auto chosen = chosen_.find(entry.OverrideKey());
    if (chosen == chosen_.end()) return;
    entry.option = chosen->second.option;
    entry.list = chosen->second.list;
    chosen->second.used = true;
  }

  absl::StatusOr<Parts> Child(const HydraDefault& entry, const std::string& path, bool interpolated) {
    if (IsOfHydra(entry.GroupPath())) return Parts();
    if (!entry.list) return Expand(entry, path, false, interpolated);
    std::vector<Parts> each(entry.list->size());
    for (size_t i = each.size(); i > 0; --i) {
      HydraDefault one;
      one.path = absl::StrCat(entry.path, "/", (*entry.list)[i - 1]);
      one.package = entry.package;
      one.optional = entry.optional;
      one.base = entry.base;
      one.base_package = entry.base_package;
      ASSIGN_OR_RETURN(each[i - 1], Expand(one, path, false, interpolated));
    }
    Parts out;
    for (const Parts& parts : each) out.insert(out.end(), parts.begin(), parts.end());
    return out;
  }

  // ${group} is the option that was chosen for it.
  absl::Status Interpolate(HydraDefault& entry, const std::string& in) const {
    std::string text = entry.is_group ? *entry.option : entry.ConfigPath();
    for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
      const size_t end = text.find('}', at);
      const std::string key = text.substr(at + 2, end == std::string::npos ? end : end - at - 2);
      const auto known = known_.find(key);
      if (end == std::string::npos || known == known_.end()) {
        return Fail(in, absl::StrCat("'", text, "' in the defaults list names no chosen group"));
      }
      text.replace(at, end - at + 1, known->second);
    }
    if (entry.is_group) {
      entry.option = text;
    } else {
      entry.path = text;
    }
    return absl::OkStatus();
  }

  bool IsDeleted(const HydraDefault& node) {
    if (!node.is_group) return false;
    const auto deletion = deletions_.find(node.OverrideKey());
    if (deletion == deletions_.end()) return false;
    if (deletion->second.option && deletion->second.option != node.option) return false;
    deletion->second.used = true;
    return true;
  }

  absl::Status Remember(const HydraDefault& node, const std::string& in) {
    if (!node.is_group) return absl::OkStatus();
    const std::string key = node.OverrideKey();
    const std::string option = node.option.value_or("");
    known_keys_[node.GroupPath()].insert(key);
    const auto [known, first] = known_.emplace(key, option);
    if (first || known->second == option) return absl::OkStatus();
    return status::WithHint(Fail(in, absl::StrCat("two options of '", key, "': ", known->second, " and ", option)),
                            absl::StrCat("to change an option use 'override ", key, ": ", option, "'"));
  }

  HydraRepository& repository_;
  HydraPlan plan_;
  std::map<std::string, Chosen> chosen_;
  std::map<std::string, Deletion> deletions_;
  std::vector<HydraDefault> appended_;
  std::map<std::string, std::string> known_;
  std::map<std::string, std::set<std::string>> known_keys_;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<HydraPlan> PlanHydra(HydraRepository& repository, const std::string& config_name,
                                    const std::vector<ParamOverride>& overrides) {
  Planner planner(repository);
  RETURN_IF_ERROR(planner.Sort(overrides));
  return planner.Run(config_name);
}

}  // namespace expq::params
