// git's index of a worktree that we made ourselves: then git sees there at a glance what somebody changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/fs/filesystem.h"
#include "common/git/repository.h"

namespace expq::git {

struct IndexEntry {
  TreeFile file;
  fs::FileInfo info;  // lstat's, of the file as it was written from the blob
};

// Makes `path` an index of these, sorted by path: 1 µs each, not durable. There must be nothing at `path`.
absl::Status WriteIndex(const std::string& path, const std::vector<IndexEntry>& entries);

}  // namespace expq::git
