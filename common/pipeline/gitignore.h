// Cached outputs are kept out of git by the .gitignore file beside them, as DVC does it.
#pragma once

#include <set>
#include <string>

#include "absl/status/status.h"
#include "common/fs/filesystem.h"
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
  bool IsIgnored(const std::string& path) const;

  fs::Filesystem& fs_;
  const std::string root_;

  mutable sync::Mutex mutex_;
  std::set<std::string> changed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::pipeline
