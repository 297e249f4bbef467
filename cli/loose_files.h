// A file or folder as it lies on disk, as a store to send from: so that it needs no place in a cache.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/blob/blob_store.h"
#include "common/blob/cache.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

// Thread-safe. Whoever receives checks that the bytes are still those that were hashed.
class LooseFiles : public blob::BlobStore {
 public:
  // `content` is what `path` (absolute) holds. `fs` outlives it.
  LooseFiles(const fs::FileReader& fs, const std::string& path, const blob::Content& content);

  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  // Unimplemented: it is for sending only.
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

 private:
  const fs::FileReader& fs_;
  std::map<digest::Digest, std::string> paths_;
  const digest::Digest digest_;
  const std::string manifest_;  // of a folder
};

}  // namespace expq::cli
