// The few settings of DVC's own configuration that expq follows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/environment.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

// INI as DVC writes it: [section], ['remote "x"'], key = value, comments with # or ;. Keys are "section.key".
std::map<std::string, std::string> ParseIni(absl::string_view text);

struct CacheSettings {
  bool has_dvc = false;                  // there is a .dvc folder
  std::string dir;                       // of the cache
  std::vector<fs::LinkKind> link_kinds;  // for the user's own worktree
  // For workspaces of attempts, where read-only hard links surprise nobody: they are tried unless cache.type says
  // which.
  std::vector<fs::LinkKind> attempt_link_kinds;
};

// Reads the user's, the repository's and the local configuration, the later ones winning. `fallback_dir` is where the
// cache is when there is no .dvc folder. InvalidArgument for an unknown cache.type.
absl::StatusOr<CacheSettings> ReadCacheSettings(const fs::FileReader& fs, const Environment& environment,
                                                const std::string& root, const std::string& fallback_dir);

}  // namespace expq::cli
