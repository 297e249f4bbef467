#include "common/pipeline/line_ends.h"

#include <utility>
#include <vector>

#include "common/blob/old_layout.h"
#include "common/status/status.h"

namespace expq::pipeline {

absl::StatusOr<digest::Digest> DigestOfDvc2(const fs::FileReader& fs, const std::string& path,
                                            const blob::Content& content) {
  if (!content.digest.is_dir()) return blob::OldDigestOf(fs, path);
  std::vector<blob::ManifestEntry> entries = content.files;
  for (blob::ManifestEntry& entry : entries) {
    ASSIGN_OR_RETURN(entry.digest, blob::OldDigestOf(fs, fs::Join(path, entry.relpath)));
  }
  return digest::Md5Of(blob::EncodeManifest(std::move(entries)), /*is_dir=*/true);
}

absl::StatusOr<bool> IsAsRecorded(const fs::FileReader& fs, const std::string& path, const blob::Content& content,
                                  const digest::Digest& recorded, bool is_old) {
  if (content.digest == recorded) return true;
  if (!is_old || content.digest.is_dir() != recorded.is_dir()) return false;
  ASSIGN_OR_RETURN(const digest::Digest old, DigestOfDvc2(fs, path, content));
  return old == recorded;
}

}  // namespace expq::pipeline
