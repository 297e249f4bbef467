// One entry of a defaults list, and the files that hold them.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/params/hydra_defaults.h"
#include "common/params/omega_yaml.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

// Hydra looks for `# @package` only in so many bytes.
constexpr size_t kHeaderBytes = 512;

std::string Dotted(absl::string_view path) { return absl::StrReplaceAll(path, {{"/", "."}}); }

std::string Below(absl::string_view base, absl::string_view path) {
  if (base.empty() || path.empty()) return absl::StrCat(base, path);
  return absl::StrCat(base, "/", path);
}

// The part in front of the last '/'.
std::string Parent(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? "" : std::string(path.substr(0, slash));
}

// A header's package is absolute.
std::string Absolute(absl::string_view package) {
  if (package.empty() || package == "_global_") return "_global_";
  return absl::StartsWith(package, "_global_.") ? std::string(package) : absl::StrCat("_global_.", package);
}

absl::StatusOr<std::optional<std::string>> HeaderOf(absl::string_view text, const std::string& file) {
  std::optional<std::string> package;
  for (absl::string_view line : absl::StrSplit(text.substr(0, kHeaderBytes), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    absl::string_view body = line;
    while (absl::ConsumePrefix(&body, "#")) {
    }
    body = absl::StripAsciiWhitespace(body);
    if (body.size() == line.size() || !absl::StartsWith(body, "@")) break;
    const std::vector<std::string> words = absl::StrSplit(body, ' ', absl::SkipEmpty());
    if (words.size() != 2) {
      return absl::InvalidArgumentError(absl::StrCat(file, ": a header is '# @package NAME', not '", line, "'"));
    }
    if (words[0] == "@package") package = words[1];
  }
  return package;
}

absl::StatusOr<HydraConfig> Parse(const std::string& text, const std::string& file) {
  HydraConfig config;
  ASSIGN_OR_RETURN(config.package, HeaderOf(text, file));
  ASSIGN_OR_RETURN(value::Value root, ReadOmegaYaml(text, file));
  if (!root.is_map()) return absl::InvalidArgumentError(absl::StrCat(file, ": a configuration must be a map"));
  if (value::Value* defaults = root.map()->Find("defaults")) {
    if (!defaults->is_list()) return absl::InvalidArgumentError(absl::StrCat(file, ": 'defaults' must be a list"));
    config.defaults = std::move(*defaults->list());
    root.map()->Erase("defaults");
  }
  config.values = std::move(*root.map());
  return config;
}

}  // namespace

bool HydraDefault::IsInterpolated() const { return absl::StrContains(is_group ? option.value_or("") : path, "${"); }

std::string HydraDefault::GroupPath() const {
  const bool absolute = absl::StartsWith(path, "/");
  const absl::string_view relative = absl::StripPrefix(path, "/");
  const std::string group = is_group ? std::string(relative) : Parent(relative);
  return absolute ? group : Below(base, group);
}

std::string HydraDefault::ConfigPath() const {
  if (is_group) return absl::StrCat(GroupPath(), "/", option.value_or("None"));
  return absl::StartsWith(path, "/") ? path.substr(1) : Below(base, path);
}

std::string HydraDefault::FinalPackage(bool with_header) const {
  const absl::string_view relative = absl::StripPrefix(path, "/");
  std::string own = package                 ? *package
                    : with_header && header ? *header
                                            : Dotted(is_group ? std::string(relative) : Parent(relative));
  if (!base_package.empty()) own = own.empty() ? base_package : absl::StrCat(base_package, ".", own);
  const size_t global = own.rfind("_global_");
  if (global == std::string::npos) return own;
  return own.substr(std::min(own.size(), global + std::string("_global_.").size()));
}

std::string HydraDefault::OverrideKey() const {
  const std::string final = FinalPackage(/*with_header=*/false);
  if (final == Dotted(GroupPath())) return GroupPath();
  return absl::StrCat(GroupPath(), "@", final.empty() ? "_global_" : final);
}

absl::StatusOr<const HydraConfig*> HydraRepository::Load(const std::string& path) {
  auto found = read_.find(path);
  if (found == read_.end()) {
    const std::string file = absl::EndsWith(path, ".yaml") ? path : absl::StrCat(path, ".yaml");
    std::optional<HydraConfig> config;
    const auto text = folder_.read(file);
    if (text.ok()) {
      ASSIGN_OR_RETURN(config, Parse(*text, absl::StrCat(folder_.name, "/", file)));
      if (config->package) config->package = Absolute(*config->package);
    } else if (!absl::IsNotFound(text.status())) {
      return text.status();
    }
    found = read_.emplace(path, std::move(config)).first;
  }
  return found->second ? &*found->second : nullptr;
}

std::string HydraRepository::Options(const std::string& group) const {
  std::vector<std::string> options;
  for (const std::string& file : folder_.list(group)) {
    if (absl::EndsWith(file, ".yaml")) options.push_back(file.substr(0, file.size() - 5));
  }
  return options.empty() ? "" : absl::StrCat("; available: ", absl::StrJoin(options, ", "));
}

}  // namespace expq::params
