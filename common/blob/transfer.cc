#include <atomic>
#include <thread>

#include "absl/container/flat_hash_set.h"
#include "common/blob/cache.h"
#include "common/blob/limits.h"
#include "common/blob/parallel.h"
#include "common/blob/piece_queue.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

class Copier {
 public:
  Copier(const experiment::ProjectName& project, BlobStore& from, BlobStore& to, int at_once)
      : project_(project), from_(from), to_(to), at_once_(at_once) {}

  // Copies those that are missing.
  absl::Status CopyMissing(const std::vector<digest::Digest>& digests) {
    ASSIGN_OR_RETURN(std::vector<digest::Digest> missing, to_.Missing(project_, digests));
    return ForEach(missing.size(), at_once_, [&](size_t i) { return CopyOne(missing[i]); });
  }

  // From the receiver when the sender has forgotten it: then it may be whole there already.
  absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const digest::Digest& digest) {
    absl::StatusOr<std::vector<ManifestEntry>> entries = ReadManifest(digest, from_);
    if (!absl::IsNotFound(entries.status())) return entries;
    absl::StatusOr<std::vector<ManifestEntry>> theirs = ReadManifest(digest, to_);
    return theirs.ok() ? theirs : entries;
  }

  int64_t bytes() const { return bytes_; }

 private:
  absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const digest::Digest& digest, BlobStore& store) {
    std::string bytes;
    RETURN_IF_ERROR(store.Get(project_, digest, [&](absl::string_view piece) {
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

  absl::Status CopyOne(const digest::Digest& digest) {
    PieceQueue queue;
    std::thread producer([&] {
      queue.Close(from_.Get(project_, digest, [&](absl::string_view piece) {
        bytes_ += static_cast<int64_t>(piece.size());
        return queue.Push(piece);
      }));
    });
    absl::Status put = to_.Put(project_, digest, [&] { return queue.Pop(); });
    queue.Abandon();
    producer.join();
    return put;
  }

  const experiment::ProjectName& project_;
  BlobStore& from_;
  BlobStore& to_;
  const int at_once_;
  std::atomic<int64_t> bytes_{0};
};

}  // namespace

absl::StatusOr<int64_t> Transfer(const experiment::ProjectName& project, const std::vector<digest::Digest>& digests,
                                 BlobStore& from, BlobStore& to, int at_once) {
  Copier copier(project, from, to, at_once);
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
  RETURN_IF_ERROR(copier.CopyMissing(files));
  RETURN_IF_ERROR(copier.CopyMissing(manifests));
  return copier.bytes();
}

}  // namespace expq::blob
