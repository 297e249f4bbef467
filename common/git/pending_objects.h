// Objects written through one handle and not yet on disk: a libgit2 object database backend in memory, placed before
// the real ones. So building trees costs no disk access, and everything new becomes durable in one step.
#pragma once

#include <git2.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"

namespace expq::git {

class PendingObjects {
 public:
  // All new objects of `odb` go here from now on; the database owns the result and frees it with itself.
  static absl::StatusOr<PendingObjects*> Attach(git_odb* odb);
  PendingObjects(const PendingObjects&) = delete;
  PendingObjects& operator=(const PendingObjects&) = delete;

  size_t bytes() const { return bytes_; }
  // Makes everything durable below `common_dir`, where `odb` finds it, and forgets it here. A few objects
  // become loose files, many one pack. After an error nothing is lost: call again or drop the handle.
  absl::Status Flush(git_odb* odb, const std::string& common_dir);
  // The same for what grew beyond limits.h's kMaxPendingBytes.
  absl::Status FlushWhenLarge(git_odb* odb, const std::string& common_dir);

 private:
  struct Object {
    git_oid id;
    git_object_t type;
    std::string bytes;
  };
  struct Backend;

  PendingObjects() = default;
  const Object* Find(const git_oid* id) const;
  void Add(const git_oid& id, git_object_t type, std::string bytes);

  std::vector<Object> objects_;                     // as written: what an object names comes before it
  absl::flat_hash_map<std::string, size_t> index_;  // raw id → position
  size_t bytes_ = 0;
};

}  // namespace expq::git
