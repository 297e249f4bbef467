// Copying what the sender has, and saying what it lacks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/blob/cache.h"
#include "common/sync/sync.h"

namespace expq::blob {

struct TransferRequest {
  struct Part {
    digest::Digest digest;  // of a file or a folder
    std::string within;     // of a folder: only what is at or below this path; "" = all of it
  };
  std::vector<Part> parts;
  int at_once = kTransfersAtOnce;
  sync::StopToken stop;
};

struct TransferReport {
  struct Object {
    digest::Digest wanted;  // of the request
    std::string relpath;    // in its folder
    digest::Digest digest;
  };
  struct Spoilt {
    Object object;
    absl::Status why;
  };
  int64_t objects = 0;
  int64_t bytes = 0;
  std::vector<Object> absent;   // what neither side has
  std::vector<Spoilt> damaged;  // what the sender cannot give: DataLoss for bytes that are not those of their name

  // Of the first that is damaged.
  absl::Status Damage() const { return damaged.empty() ? absl::OkStatus() : damaged.front().why; }
};

// A folder's manifest goes after its files, and only when all of them are there: who has it has had them all. An object
// that is damaged keeps nothing else back. An error is of the receiver or of the way there; what went before stays.
absl::StatusOr<TransferReport> TransferPresent(const TransferRequest& request, BlobStore& from, BlobStore& to);

}  // namespace expq::blob
