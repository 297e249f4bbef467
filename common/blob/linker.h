// Chooses among the kinds of links. Only for this room.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// What a file may share with its object (CacheOptions::link_kinds says why).
enum class Sharing {
  kAll,
  kNoInode,  // an empty file: no hard link
  kNothing,  // an executable, or a link to it would change the object's mode: only a reflink or a copy
};

inline bool HasOwnInode(fs::LinkKind kind) { return kind == fs::LinkKind::kReflink || kind == fs::LinkKind::kCopy; }
inline bool Suits(fs::LinkKind kind, Sharing sharing) {
  return HasOwnInode(kind) || sharing == Sharing::kAll ||
         (sharing == Sharing::kNoInode && kind == fs::LinkKind::kSymlink);
}

// Lives for one operation: it remembers that these file systems have no reflinks, because finding out costs a new file
// each time. (A refused hard link costs nothing.) Thread-safe.
class Linker {
 public:
  Linker(fs::Filesystem& fs, const std::vector<fs::LinkKind>& kinds) : fs_(fs), kinds_(kinds) {}

  const std::vector<fs::LinkKind>& kinds() const { return kinds_; }
  // As fs::Filesystem::Link.
  absl::Status Try(fs::LinkKind kind, const std::string& from, const std::string& to);
  // The first kind that works and suits it, else a copy. What has an inode of its own gets these permission bits, and
  // is returned; a link to `from` has none. After an error `to` is not there.
  absl::StatusOr<std::optional<fs::FileInfo>> Make(const std::string& from, const std::string& to, Sharing sharing,
                                                   uint32_t mode);
  // A reflink or copy, as `kind` says, with these permission bits.
  absl::StatusOr<fs::FileInfo> Duplicate(fs::LinkKind kind, const std::string& from, const std::string& to,
                                         uint32_t mode);

 private:
  fs::Filesystem& fs_;
  const std::vector<fs::LinkKind>& kinds_;
  std::atomic<bool> no_reflinks_{false};
};

}  // namespace expq::blob
