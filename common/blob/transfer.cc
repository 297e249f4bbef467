#include "absl/container/flat_hash_set.h"
#include "common/blob/cache.h"
#include "common/blob/copier.h"
#include "common/status/status.h"

namespace expq::blob {

absl::StatusOr<int64_t> Transfer(const experiment::ProjectName& project, const std::vector<digest::Digest>& digests,
                                 BlobStore& from, BlobStore& to) {
  Copier copier(project, from, to);
  absl::flat_hash_set<digest::Digest> seen;
  std::vector<digest::Digest> files, manifests;
  auto add = [&](const digest::Digest& digest) {
    if (seen.insert(digest).second) (digest.is_dir() ? manifests : files).push_back(digest);
  };
  for (const digest::Digest& digest : digests) add(digest);
  for (const digest::Digest& manifest : manifests) {
    ASSIGN_OR_RETURN(std::vector<ManifestEntry> entries, copier.ReadManifest(manifest));
    for (const ManifestEntry& entry : entries) add(entry.digest);
  }
  RETURN_IF_ERROR(copier.CopyMissing(files, kTransfersAtOnce));
  RETURN_IF_ERROR(copier.CopyMissing(manifests, kTransfersAtOnce));
  return copier.bytes();
}

}  // namespace expq::blob
