#include "absl/container/flat_hash_set.h"
#include "common/blob/cache.h"
#include "common/blob/copier.h"
#include "common/blob/limits.h"
#include "common/status/status.h"

namespace expq::blob {

absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const experiment::ProjectName& project,
                                                        const digest::Digest& digest, BlobStore& from) {
  std::string bytes;
  RETURN_IF_ERROR(from.Get(project, digest, [&](absl::string_view piece) {
    absl::StrAppend(&bytes, piece);
    if (bytes.size() <= static_cast<size_t>(kMaxManifestBytes)) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat("manifest ", digest.text(), " is too large"));
  }));
  if (digest::Md5Of(bytes, /*is_dir=*/true) != digest) {
    return absl::DataLossError(absl::StrCat("manifest ", digest.text(), " came with other bytes"));
  }
  absl::StatusOr<std::vector<ManifestEntry>> entries = DecodeManifest(bytes);
  if (!entries.ok()) return status::Annotate(entries.status(), digest.text());
  return entries;
}

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
