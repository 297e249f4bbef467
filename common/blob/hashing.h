// Hashing of files and trees for Cache. Only for this room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// A file that was found, and what it holds once it is hashed.
struct HashedFile {
  std::string relative;  // to the hashed root; empty for the root itself
  fs::FileInfo info;     // of the file itself, also when the path is a link to it
  bool is_link = false;  // the path is a symbolic link
  std::optional<digest::Digest> digest;
};

// Never entered and never hashed, wherever it lies (DVC's built-in ignore patterns).
bool IsToolFolder(absl::string_view name);
// What a process that was killed left among data, of a file that it was about to replace: no data either. It goes when
// the data is stored, checked out or unprotected.
bool IsLeftover(const fs::DirEntry& entry);

// The file's digest, from the index or by reading it. Hashes again when the file changes meanwhile, a few times; then
// FailedPrecondition. `file.info` is what the digest belongs to.
// Cancelled once `stop` (may be null) is stopped.
absl::Status HashFile(const fs::FileReader& fs, HashIndex& index, const std::string& path, HashedFile& file,
                      const sync::StopToken* stop = nullptr);

// Whether nobody can have written to the file in between.
bool SameBytesAsBefore(const fs::FileInfo& before, const fs::FileInfo& after);

// From here on hashing takes longer than a tick.
inline constexpr int64_t kLarge = 16 << 20;
// A large file written just now could not be remembered: better let the tick of its last write pass than hash it again
// next time.
void LetTheTickPass(const fs::FileReader& fs, const fs::FileInfo& info);

// Every file below the folder `root`, in the order of a walk; `leftovers` (may be null) gets the paths of those. The
// second hashes the files too.
absl::StatusOr<std::vector<HashedFile>> ListTree(const fs::FileReader& fs, const CacheOptions& options,
                                                 const std::string& root, std::vector<std::string>* leftovers);
absl::StatusOr<std::vector<HashedFile>> HashTree(const fs::FileReader& fs, HashIndex& index,
                                                 const CacheOptions& options, const std::string& root);

// The digests and sizes of hashed files as the content of the folder that they were found in.
Content TreeContent(const std::vector<HashedFile>& files);
Content FileContent(const HashedFile& file);

}  // namespace expq::blob
