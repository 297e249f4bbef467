// Cached outputs are kept out of git by the .gitignore file beside them, as DVC does it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/ignore.h"
#include "common/sync/sync.h"

namespace expq::pipeline {

// Thread-safe: stages that end together share these files.
class GitIgnoreBook {
 public:
  GitIgnoreBook(fs::Filesystem& fs, std::string root) : fs_(fs), root_(std::move(root)) {}

  // Appends "/name" to the .gitignore beside the root-relative `path`, unless some pattern ignores it already.
  absl::Status Ignore(const std::string& path);

  // The files that were changed, root-relative, sorted.
  std::set<std::string> Changed() const;

 private:
  // The patterns that hold in a folder: of its own file and of those above, as they were when last looked at.
  struct Folder {
    std::vector<std::optional<fs::FileInfo>> infos;  // from the root down; none = there is no such file
    IgnorePatterns patterns{IgnorePatterns::Style::kGit};
  };

  Folder& FolderOf(const std::string& dir) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<fs::FileInfo> InfoOf(const std::string& dir) const;
  bool IsIgnored(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  fs::Filesystem& fs_;
  const std::string root_;

  mutable sync::Mutex mutex_;
  std::map<std::string, Folder> folders_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> changed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::pipeline
