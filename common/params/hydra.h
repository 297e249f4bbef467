// Hydra's composition of one configuration from a folder of files: defaults lists with groups, packages, overrides,
// optional and interpolated entries; then the overrides of the command line; then all ${…} resolved. What DVC writes to
// params.yaml when hydra.enabled is set. Not here: plugins, structured configs, other search paths, config modules; and
// what is below `hydra:` itself is read and dropped, as in DVC's result.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/params.h"

namespace expq::params {

// The folder hydra.config_dir. Paths are relative to it ("" is itself).
struct HydraFolder {
  std::string name;                                                          // in messages
  std::function<absl::StatusOr<std::string>(const std::string& file)> read;  // NotFound when there is no such file
  std::function<bool(const std::string& folder)> is_folder;
  // Names of the files in it.
  std::function<std::vector<std::string>(const std::string& folder)> list;
};

// `overrides`: those of params.yaml, without sweeps, in order. InvalidArgument names the file or the override; it lists
// the options of a group that has no such one.
absl::StatusOr<value::Value> ComposeHydra(const HydraFolder& folder, const std::string& config_name,
                                          const std::vector<ParamOverride>& overrides, const Environment& environment);

// The composition as one override, so that an experiment can carry it: it replaces the whole file by the text that DVC
// would write. Its value is JSON.
ParamOverride Composed(const std::string& file, const value::Value& config);
// Whether an override's text is one of these.
bool IsComposed(absl::string_view text);

}  // namespace expq::params
