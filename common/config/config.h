// DVC's configuration: the system's, the user's, `.dvc/config` and `.dvc/config.local`, the later ones winning.
//
// Credentials stand in these files. Nothing of `config.local` or of the user's files may travel to another machine:
// what runs elsewhere reads the `.dvc/config` of its snapshot with ReadRepository alone.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/filesystem.h"

namespace expq::config {

struct CoreSettings {
  std::string remote;  // the default one's name; "" = none
  bool autostage = false;
  bool hardlink_lock = false;
  bool no_scm = false;
  bool interactive = false;
  std::optional<int> checksum_jobs;
  std::string site_cache_dir;
};

struct CacheSettings {
  std::string dir;                       // absolute; "" = `cache` in the .dvc folder; or what `cache.local` names
  std::vector<fs::LinkKind> link_kinds;  // in the order to try; empty = not said (DVC: reflink, copy)
  bool shared = false;                   // cache.shared = group: files and folders are group-writable
  bool verify = false;
  bool slow_link_warning = true;
};

struct Remote {
  std::string name;
  std::string url;  // an absolute path, or "scheme://…"
  std::optional<int> jobs;
  std::optional<int> checksum_jobs;
  bool verify = false;
  bool shared = false;                          // as CacheSettings::shared, of a local folder
  std::vector<fs::LinkKind> link_kinds;         // as CacheSettings::link_kinds, where it is the cache
  bool version_aware = false;                   // a worktree remote is one too
  std::map<std::string, std::string> settings;  // all others as text, credentials among them

  bool IsLocal() const;
};

enum class BoolArguments { kStoreTrue, kBooleanOptional };
enum class ListArguments { kNargs, kAppend };
// How a map in `cmd` becomes arguments.
struct ParsingSettings {
  BoolArguments bool_arguments = BoolArguments::kStoreTrue;
  ListArguments list_arguments = ListArguments::kNargs;
};

struct HydraSettings {
  bool enabled = false;
  std::string config_dir = "conf";  // relative to the repository's DVC root
  std::string config_module;        // "" = none; else instead of config_dir
  std::string config_name = "config";
  std::string plugins_path;  // "" = none
};

struct ExperimentSettings {
  bool auto_push = false;
  std::string git_remote;  // "" = not said (DVC: origin)
};

struct Config {
  CoreSettings core;
  CacheSettings cache;
  std::map<std::string, Remote> remotes;  // by name
  ParsingSettings parsing;
  HydraSettings hydra;
  ExperimentSettings exp;
  std::vector<std::string> warnings;  // what DVC no longer heeds ("FILE:LINE: …") or expq does not follow

  // `name`, or the default one when it is empty, with "remote://other/below" followed. NotFound says how to add one.
  absl::StatusOr<Remote> FindRemote(const std::string& name) const;
};

// Folders that hold a file `config`, as DVC finds them; "" = not looked at.
struct UserFolders {
  std::string system;
  std::string global;
  std::string home;  // what "~" means
};
// From DVC_SYSTEM_CONFIG_DIR, XDG_CONFIG_DIRS, DVC_GLOBAL_CONFIG_DIR, XDG_CONFIG_HOME and HOME; `variable` gives the
// value of one, "" when unset.
UserFolders FindUserFolders(const std::function<std::string(absl::string_view name)>& variable);

// All levels, for the DVC repository at the absolute `root`. InvalidArgument "FILE:LINE: …" for unknown sections and
// keys and for wrong values, as DVC refuses them. With `cache.local = NAME` the cache is that remote's folder, with its
// settings.
absl::StatusOr<Config> Read(const fs::FileReader& fs, const std::string& root, const UserFolders& folders);

// The repository's own `.dvc/config`, and nothing that is personal.
absl::StatusOr<Config> ReadRepository(const fs::FileReader& fs, const std::string& root);

}  // namespace expq::config
