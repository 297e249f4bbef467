// The objects below a folder that has the layout of a cache: a cache itself, or a remote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// "<root>/files/md5/ab/cdef…"
std::string ObjectPathIn(absl::string_view root, const digest::Digest& digest);

// Makes a folder with its parents. With `group_shared` (`cache.shared = group`) those that are new belong to the group,
// for all its members to write, and so does what they will make in them.
absl::Status MakeFolder(fs::Filesystem& fs, const std::string& folder, bool group_shared);

struct StoredObject {
  digest::Digest digest;
  int64_t size = 0;
};

// Every object, in the order of their digests; what is not named like one (a temporary file, one moved aside) is left
// out. An absent root holds none.
absl::StatusOr<std::vector<StoredObject>> ListObjects(const fs::FileReader& fs, const std::string& root);

// Removes those objects; manifests first, so that whoever finds a manifest finds its files.
absl::Status RemoveObjects(fs::Filesystem& fs, const std::string& root, const std::vector<StoredObject>& objects);

}  // namespace expq::blob
