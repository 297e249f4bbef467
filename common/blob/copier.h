// One object from a store into another. Only for this room.
#pragma once

#include <atomic>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/blob/manifest_entry.h"
#include "common/sync/sync.h"

namespace expq::blob {

// Whether reading that object failed because of itself: damaged, gone, not for us. Not a full disk, nor a sender that
// is away.
bool IsItsOwnFault(const absl::Status& read);

// Thread-safe. What it works with outlives it.
class Copier {
 public:
  Copier(const experiment::ProjectName& project, BlobStore& from, BlobStore& to, sync::StopToken stop = {})
      : project_(project), from_(from), to_(to), stop_(std::move(stop)) {}

  // Copies those that the receiver is missing, `at_once` at a time; the first error ends it.
  absl::Status CopyMissing(const std::vector<digest::Digest>& digests, int at_once);
  absl::Status Copy(const std::vector<digest::Digest>& digests, int at_once);
  // The same, but goes on after an object that alone is to blame: why is in `spoilt`, in the order of `digests`.
  struct Spoilt {
    digest::Digest digest;
    absl::Status why;
  };
  absl::Status CopyWhole(const std::vector<digest::Digest>& digests, int at_once, std::vector<Spoilt>& spoilt);
  // From the receiver when the sender has forgotten it: then it may be whole there already.
  absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const digest::Digest& digest);

  int64_t bytes() const { return bytes_; }

 private:
  struct Copied {
    absl::Status read, written;
  };
  Copied CopyOne(const digest::Digest& digest);

  const experiment::ProjectName& project_;
  BlobStore& from_;
  BlobStore& to_;
  const sync::StopToken stop_;
  std::atomic<int64_t> bytes_{0};
};

}  // namespace expq::blob
