// The objects below a folder that has the layout of a cache: a cache itself, or a remote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "common/digest/digest.h"
#include "common/experiment/interfaces.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// Where below the root: "<root>/files/md5/ab/cdef…", or as DVC 2 had it (old_layout.h).
enum class Layout { kCurrent, kOld };
std::string ObjectPathIn(absl::string_view root, const digest::Digest& digest, Layout layout = Layout::kCurrent);

// Makes a folder with its parents. With `group_shared` (`cache.shared = group`) those that are new belong to the group,
// for all its members to write, and so does what they will make in them.
absl::Status MakeFolder(fs::Filesystem& fs, const std::string& folder, bool group_shared);

// Writes all that `bytes` gives to `path`, where nothing is yet; returns its digest.
absl::StatusOr<digest::Digest> Receive(fs::Filesystem& fs, const std::string& path, const experiment::ByteSource& bytes,
                                       bool is_dir);

// A small file of a cache that is no object (an entry of the run cache), whole or not at all; its folder is there.
absl::Status WriteRecord(fs::Filesystem& fs, const std::string& path, absl::string_view bytes, bool group_shared);

// The mode of a file that people may change: what the umask leaves; with `group_shared` the whole group may.
uint32_t PlainMode(bool is_exec, bool group_shared);

// Whoever has the cache may read it; nobody writes to it: DVC takes one of this mode for whole.
inline constexpr uint32_t kObjectMode = 0444;

struct StoredObject {
  digest::Digest digest;
  int64_t size = 0;
};

// Every object, in the order of their digests; what is not named like one (a temporary file, one moved aside) is left
// out. An absent root holds none.
absl::StatusOr<std::vector<StoredObject>> ListObjects(const fs::FileReader& fs, const std::string& root,
                                                      Layout layout = Layout::kCurrent);

// Paths of what is nobody's any more: temporary files of writers that were killed, damaged objects that were moved
// aside. Those last changed before `before_ns` (since the epoch): a writer may still be at younger ones.
absl::StatusOr<std::vector<std::string>> ListLeftovers(const fs::FileReader& fs, const std::string& root,
                                                       int64_t before_ns);

// Removes those objects; manifests first, so that whoever finds a manifest finds its files.
absl::Status RemoveObjects(fs::Filesystem& fs, const std::string& root, const std::vector<StoredObject>& objects,
                           Layout layout = Layout::kCurrent);

}  // namespace expq::blob
