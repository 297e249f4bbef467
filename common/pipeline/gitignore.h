// Cached outputs are kept out of git by the .gitignore file beside them, as DVC does it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/ignore.h"
#include "common/sync/sync.h"

namespace expq::pipeline {

// Thread-safe: stages that end together share these files.
class GitIgnoreBook {
 public:
  GitIgnoreBook(fs::Filesystem& fs, std::string root) : fs_(fs), root_(std::move(root)) {}

  // Appends "/name" to the .gitignore beside the root-relative `path`, unless some pattern ignores it already. What one
  // book appends stands in the order of `rank`, whatever came first; equal ranks in the order of the calls.
  absl::Status Ignore(const std::string& path, size_t rank = 0);

  // The files that were changed, root-relative, sorted.
  std::set<std::string> Changed() const;

 private:
  // The patterns that hold in a folder: of its own file and of those above, as they were when last looked at.
  struct Folder {
    std::vector<std::optional<fs::FileInfo>> infos;  // from the root down; none = there is no such file
    IgnorePatterns patterns{IgnorePatterns::Style::kGit};
  };

  // A line that this book has written.
  struct Line {
    size_t rank;
    std::string text;
  };

  // Puts the line among those that end the file; `text` is what the file holds now.
  std::string WithLine(const std::string& file, absl::string_view text, Line line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Folder& FolderOf(const std::string& dir) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<fs::FileInfo> InfoOf(const std::string& dir) const;
  bool IsIgnored(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  fs::Filesystem& fs_;
  const std::string root_;

  mutable sync::Mutex mutex_;
  std::map<std::string, Folder> folders_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<Line>> written_ ABSL_GUARDED_BY(mutex_);  // by file, in order
};

}  // namespace expq::pipeline
