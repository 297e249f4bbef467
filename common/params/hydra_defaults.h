// Hydra's defaults lists: which files a configuration is made of, in which order, and where each is put.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/params/hydra.h"
#include "common/value/value.h"

namespace expq::params {

// A file of the folder, read.
struct HydraConfig {
  value::Map values;                   // without `defaults`
  value::List defaults;                // as written
  std::optional<std::string> package;  // of the header `# @package x`
};

// One entry of a defaults list.
struct HydraDefault {
  bool is_group = false;
  std::string path;                              // the group, or the file of an entry that is no group
  std::optional<std::string> option;             // of a group; none: nothing is chosen
  std::optional<std::vector<std::string>> list;  // several options of a group
  std::optional<std::string> package;            // behind '@'
  std::optional<std::string> header;             // of the file itself
  bool optional = false;
  bool overrides = false;
  bool appended = false;  // by +group=option
  // Of the file whose list it stands in.
  std::string base;
  std::string base_package;

  bool IsSelf() const { return is_group ? option == "_self_" : path == "_self_"; }
  bool IsInterpolated() const;
  std::string GroupPath() const;
  // Without suffix.
  std::string ConfigPath() const;
  std::string FinalPackage(bool with_header = true) const;
  // What names it on the command line: the group, with @package unless that is the group's own.
  std::string OverrideKey() const;
};

// A file at its place.
struct HydraPart {
  std::string config_path;
  std::string package;
  std::string override_key;  // "" unless it is a group's option without a defaults list of its own
};

struct HydraPlan {
  std::vector<HydraPart> parts;          // in the order in which they are merged
  std::vector<ParamOverride> overrides;  // those that are about values
};

// Reads and remembers the files of a folder.
class HydraRepository {
 public:
  explicit HydraRepository(const HydraFolder& folder) : folder_(folder) {}
  // Null when there is no such file.
  absl::StatusOr<const HydraConfig*> Load(const std::string& path);
  bool IsGroup(const std::string& path) const { return folder_.is_folder(path); }
  // "\n  available: a, b", or "".
  std::string Options(const std::string& group) const;
  const std::string& name() const { return folder_.name; }

 private:
  const HydraFolder& folder_;
  std::map<std::string, std::optional<HydraConfig>> read_;
};

absl::StatusOr<HydraPlan> PlanHydra(HydraRepository& repository, const std::string& config_name,
                                    const std::vector<ParamOverride>& overrides);

}  // namespace expq::params
