// New object files of a repository, visible only when they are complete and durable.
//
//   <common>/expq/tmp/git/…   objects, packs and refs being written or received
//
// All of them are renamed to their place when they are complete; what a killed process left goes a day later.
#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/filesystem.h"

namespace expq::git {

// A path for a file or folder of one's own in <common>/expq/tmp/git, whose folder is made.
absl::StatusOr<std::string> NewTemporaryPath(const std::string& common_dir);

// Removes what processes that were killed left there. As far as it can: a repository may be read-only.
void SweepLeftovers(const std::string& common_dir);

// A folder of its own for a pack in the making, removed at the end with all that is in it.
class Quarantine {
 public:
  static absl::StatusOr<std::unique_ptr<Quarantine>> Make(const std::string& common_dir);
  ~Quarantine();
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit Quarantine(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Collects files, then publishes all of them: sync each, rename each to its place, sync the folders. A crash in between
// leaves some of the objects, each whole, which nothing names yet. What was not published is removed at the end.
class ObjectFiles {
 public:
  explicit ObjectFiles(const std::string& common_dir) : common_dir_(common_dir) {}
  ~ObjectFiles();
  ObjectFiles(const ObjectFiles&) = delete;
  ObjectFiles& operator=(const ObjectFiles&) = delete;

  absl::Status AddLoose(const git_oid& id, git_object_t type, absl::string_view bytes);
  // One pack of exactly these objects, read from `odb`.
  absl::Status AddPackOf(git_odb* odb, const std::vector<git_oid>& ids);
  // A finished pack and its index, <folder>/pack-<name>.pack and .idx.
  absl::Status AddPackFiles(const std::string& folder, const std::string& name);
  absl::Status Publish();

 private:
  struct Move {
    std::string from;
    std::string to;
  };

  fs::PosixFilesystem disk_;
  const std::string common_dir_;
  std::unique_ptr<Quarantine> quarantine_;
  std::vector<Move> moves_;
};

}  // namespace expq::git
