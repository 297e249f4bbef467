// Results of stages by what went in: DVC's run cache, honoured and filled in both directions.
//
//   <cache>/runs/<key[:2]>/<key>/<value>   the lock entry as YAML
//
//   key    sha256 of the entry's JSON without sizes, its outs replaced by their paths
//   value  sha256 of the entry's JSON without sizes
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/lock.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// Whether the stage's results may come from a run cache: it has inputs, and outputs that are all within the repository
// and not persistent, and it is not one that runs always.
bool IsRunCacheable(const Stage& stage);

// Whether they may go there: no plain output (not a metric, not a plot) is kept out of the cache.
bool MayFillRunCache(const Stage& stage);

// `entry` is sorted; its outs need no content. Empty when an input has no content (an empty params file counts, as in
// DVC): such a stage is not cached.
std::string RunCacheKey(const LockEntry& entry);
std::string RunCacheValue(const LockEntry& entry);

// What the entries below `<cache_root>/runs` name as outputs, in the order of the entries' names: so that earlier
// results can travel. Files that are no entries are passed over; none there is OK.
absl::StatusOr<std::vector<LockedPath>> RunCacheOuts(const fs::FileReader& fs, const std::string& cache_root);

// Thread-safe, also between processes.
class RunCache {
 public:
  RunCache(fs::Filesystem& fs, const blob::Cache& cache) : fs_(fs), cache_(cache) {}

  // The newest entry for what goes into `wanted` (its outs need no content) whose outputs the cache has, whole. Files
  // that are not entries are passed over, and those that only seem to match: DVC's key leaves out every param named
  // "size" or "nfiles", and would hand out stale results.
  // `obtain` (may be null) is asked to get the outputs of an entry when the cache lacks them.
  std::optional<LockEntry> Find(const LockEntry& wanted,
                                const std::function<bool(const LockEntry&)>& obtain = nullptr) const;
  // Nothing happens when the entry has no key.
  absl::Status Save(const LockEntry& entry);

 private:
  std::string Folder(const std::string& key) const;
  bool HasOuts(const LockEntry& entry) const;

  fs::Filesystem& fs_;
  const blob::Cache& cache_;
};

}  // namespace expq::pipeline
