#include "common/blob/copier.h"

#include <thread>

#include "common/blob/cache.h"
#include "common/blob/parallel.h"
#include "common/blob/piece_queue.h"
#include "common/status/status.h"

namespace expq::blob {

bool IsItsOwnFault(const absl::Status& read) {
  return !absl::IsCancelled(read) && !absl::IsUnavailable(read) && !status::IsDiskFull(read);
}

absl::Status Copier::CopyMissing(const std::vector<digest::Digest>& digests, int at_once) {
  ASSIGN_OR_RETURN(const std::vector<digest::Digest> missing, to_.Missing(project_, digests));
  return Copy(missing, at_once);
}

absl::Status Copier::Copy(const std::vector<digest::Digest>& digests, int at_once) {
  return ForEach(digests.size(), at_once, stop_, [&](size_t i) {
    const Copied copied = CopyOne(digests[i]);
    return copied.read.ok() ? copied.written : copied.read;
  });
}

absl::Status Copier::CopyWhole(const std::vector<digest::Digest>& digests, int at_once, std::vector<Spoilt>& spoilt) {
  std::vector<absl::Status> why(digests.size());
  RETURN_IF_ERROR(ForEach(digests.size(), at_once, stop_, [&](size_t i) {
    const Copied copied = CopyOne(digests[i]);
    if (!copied.read.ok() && !IsItsOwnFault(copied.read)) return copied.read;
    if (!copied.written.ok() && !absl::IsDataLoss(copied.written)) return copied.written;
    why[i] = copied.read.ok() ? copied.written : copied.read;
    return absl::OkStatus();
  }));
  for (size_t i = 0; i < digests.size(); ++i) {
    if (!why[i].ok()) spoilt.push_back({.digest = digests[i], .why = std::move(why[i])});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ManifestEntry>> Copier::ReadManifest(const digest::Digest& digest) {
  absl::StatusOr<std::vector<ManifestEntry>> entries = blob::ReadManifest(project_, digest, from_);
  if (entries.ok() || !IsItsOwnFault(entries.status())) return entries;
  absl::StatusOr<std::vector<ManifestEntry>> theirs = blob::ReadManifest(project_, digest, to_);
  return theirs.ok() ? theirs : entries;
}

// A small object waits in the queue until it is whole; only one that does not fit has a thread that takes it meanwhile.
Copier::Copied Copier::CopyOne(const digest::Digest& digest) {
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
  if (!consumer.joinable()) return {.read = got, .written = got.ok() ? put() : absl::OkStatus()};
  consumer.join();
  // Each end hears of the other's: the reader that nobody takes any more, the writer word for word.
  const bool reader_failed = !got.ok() && !absl::IsCancelled(got);
  return {.read = reader_failed ? got : absl::OkStatus(), .written = reader_failed ? absl::OkStatus() : end};
}

}  // namespace expq::blob
