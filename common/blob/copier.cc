#include "common/blob/copier.h"

#include <thread>

#include "common/blob/cache.h"
#include "common/blob/limits.h"
#include "common/blob/parallel.h"
#include "common/blob/piece_queue.h"
#include "common/status/status.h"

namespace expq::blob {

absl::Status Copier::CopyMissing(const std::vector<digest::Digest>& digests, int at_once) {
  ASSIGN_OR_RETURN(const std::vector<digest::Digest> missing, to_.Missing(project_, digests));
  return Copy(missing, at_once);
}

absl::Status Copier::Copy(const std::vector<digest::Digest>& digests, int at_once) {
  return ForEach(digests.size(), at_once, stop_, [&](size_t i) { return CopyOne(digests[i]); });
}

absl::StatusOr<std::vector<ManifestEntry>> Copier::ReadManifest(const digest::Digest& digest) {
  absl::StatusOr<std::vector<ManifestEntry>> entries = ReadManifest(digest, from_);
  if (!absl::IsNotFound(entries.status())) return entries;
  absl::StatusOr<std::vector<ManifestEntry>> theirs = ReadManifest(digest, to_);
  return theirs.ok() ? theirs : entries;
}

absl::StatusOr<std::vector<ManifestEntry>> Copier::ReadManifest(const digest::Digest& digest, BlobStore& store) {
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

// A small object waits in the queue until it is whole; only one that does not fit has a thread that takes it meanwhile.
absl::Status Copier::CopyOne(const digest::Digest& digest) {
  PieceQueue queue;
  const auto put = [&] { return to_.Put(project_, digest, [&] { return queue.Pop(); }); };
  absl::Status end;
  std::thread consumer;
  const absl::Status got = from_.Get(project_, digest, [&](absl::string_view piece) {
    if (stop_.Stopped()) return absl::CancelledError("stopped");
    bytes_ += static_cast<int64_t>(piece.size());
    if (!consumer.joinable() && queue.IsFull()) {
      consumer = std::thread([&] {
        end = put();
        queue.Abandon();
      });
    }
    return queue.Push(piece);
  });
  queue.Close(got);
  if (!consumer.joinable()) return got.ok() ? put() : got;
  consumer.join();
  return end;
}

}  // namespace expq::blob
