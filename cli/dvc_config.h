// DVC's own configuration, and what the cache of this repository is by it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/environment.h"
#include "common/config/config.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

// All levels of it, for the DVC repository at `root`.
absl::StatusOr<config::Config> ReadDvcConfig(const fs::FileReader& fs, const Environment& environment,
                                             const std::string& root);

struct CacheSettings {
  bool has_dvc = false;                  // there is a .dvc folder
  std::string dir;                       // of the cache
  bool shared = false;                   // group-writable
  std::vector<fs::LinkKind> link_kinds;  // for the user's own worktree
  // For workspaces of attempts, where read-only hard links surprise nobody: they are tried unless cache.type says
  // which.
  std::vector<fs::LinkKind> attempt_link_kinds;
};

// `fallback_dir` is where the cache is when there is no .dvc folder. InvalidArgument for what DVC refuses too.
absl::StatusOr<CacheSettings> ReadCacheSettings(const fs::FileReader& fs, const Environment& environment,
                                                const std::string& root, const std::string& fallback_dir);

}  // namespace expq::cli
