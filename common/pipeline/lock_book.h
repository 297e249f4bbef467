// All dvc.lock files of a workspace, read once, each written whole after a stage has changed its entry.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/lock.h"
#include "common/pipeline/pipeline.h"
#include "common/sync/sync.h"

namespace expq::pipeline {

// "sub/dvc.yaml" → "sub/dvc.lock"
std::string LockPath(const Stage& stage);

// Thread-safe; stages of one dvc.yaml write one after the other.
class LockBook {
 public:
  // Reads the locks of all stages; `stages` are indices into the pipeline.
  static absl::StatusOr<std::unique_ptr<LockBook>> Open(const fs::FileReader& fs, const std::string& root,
                                                        const Pipeline& pipeline, const std::vector<int>& stages);

  std::optional<LockEntry> Find(const Stage& stage) const;
  // Replaces the stage's entry and writes its dvc.lock, unless its bytes would stay the same. When another program has
  // written it since, its entries are kept.
  absl::Status Record(fs::Filesystem& fs, const Stage& stage, LockEntry entry);

 private:
  struct Volume {
    sync::Mutex mutex;
    Lock lock ABSL_GUARDED_BY(mutex);
    std::string bytes ABSL_GUARDED_BY(mutex);                  // on disk …
    std::optional<fs::FileInfo> info ABSL_GUARDED_BY(mutex);   // … when it looked so; none = absent
    std::vector<std::string> expected ABSL_GUARDED_BY(mutex);  // names of our stages
  };
  explicit LockBook(std::string root) : root_(std::move(root)) {}
  // Reads what is there, unless that is what we know.
  absl::Status Refresh(const fs::FileReader& fs, const std::string& path, Volume& volume) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(volume.mutex);
  Volume& VolumeOf(const Stage& stage) const { return *volumes_.at(LockPath(stage)); }

  const std::string root_;
  std::map<std::string, std::unique_ptr<Volume>> volumes_;  // by path; constant after Open
};

}  // namespace expq::pipeline
