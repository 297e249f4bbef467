#include "cli/neighbours.h"

#include <algorithm>

#include "cli/dvc_config.h"
#include "cli/local_layout.h"

namespace expq::cli {

std::vector<std::string> NeighbourCaches(const Context& context, const Place& place, const std::string& dvc_root) {
  std::vector<std::string> caches;
  // A handle of its own: attempts ask from their threads.
  const auto repository = git::Repository::Open(place.root);
  if (!repository.ok()) return caches;
  const LocalLayout layout((*repository)->common_dir());
  for (const std::string& worktree : (*repository)->Worktrees()) {
    const std::string root = Canonical(worktree);
    if (root == place.root || !context.fs.Exists(root)) continue;
    const auto settings = ReadCacheSettings(context.fs, context.environment, fs::Join(root, dvc_root), layout.Cache());
    if (!settings.ok() || std::find(caches.begin(), caches.end(), settings->dir) != caches.end()) continue;
    caches.push_back(settings->dir);
  }
  return caches;
}

}  // namespace expq::cli
