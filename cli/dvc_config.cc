#include "cli/dvc_config.h"

#include "absl/strings/string_view.h"
#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<config::Config> ReadDvcConfig(const fs::FileReader& fs, const Environment& environment,
                                             const std::string& root) {
  const config::UserFolders folders =
      config::FindUserFolders([&environment](absl::string_view name) { return environment.Get(name); });
  return config::Read(fs, root, folders);
}

absl::StatusOr<CacheSettings> ReadCacheSettings(const fs::FileReader& fs, const Environment& environment,
                                                const std::string& root, const std::string& fallback_dir) {
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(fs, environment, root));
  const std::string dvc = fs::Join(root, ".dvc");
  CacheSettings cache{.has_dvc = fs.Exists(dvc), .dir = config.cache.dir, .shared = config.cache.shared};
  if (cache.dir.empty()) cache.dir = cache.has_dvc ? fs::Join(dvc, "cache") : fallback_dir;
  cache.link_kinds = config.cache.link_kinds;
  cache.attempt_link_kinds = config.cache.link_kinds;
  if (config.cache.link_kinds.empty()) {
    cache.link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kCopy};
    cache.attempt_link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kHardlink, fs::LinkKind::kCopy};
  }
  return cache;
}

}  // namespace expq::cli
