// Data by digest, wherever it is: a local DVC cache, or a scheduler over gRPC.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/digest/digest.h"
#include "common/experiment/interfaces.h"

namespace expq::blob {

// Thread-safe.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // The subset of `digests` that the store does not have. Order kept.
  virtual absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                              const std::vector<digest::Digest>& digests) = 0;
  // Stores the bytes durably; they are hashed on the way: DataLoss when they do not have that digest. Repeats are
  // harmless.
  virtual absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                           const experiment::ByteSource& bytes) = 0;
  // NotFound when absent; the receiver verifies too.
  virtual absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                           const experiment::ByteSink& sink) = 0;
};

}  // namespace expq::blob
