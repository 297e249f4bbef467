// A blob store in memory that can lose and spoil its blobs, and counts what went through it.
#pragma once

#include <map>
#include <string>

#include "common/blob/blob_store.h"
#include "common/sync/sync.h"

namespace expq::testing {

// Thread-safe. Projects share one store, as in a cache.
class MemoryBlobStore : public blob::BlobStore {
 public:
  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

  // Puts bytes there by their digest, which it returns.
  digest::Digest Add(absl::string_view bytes, bool is_dir = false);
  void Lose(const digest::Digest& digest);
  // Get will give other bytes.
  void Spoil(const digest::Digest& digest);
  bool Has(const digest::Digest& digest) const;
  int puts() const;
  int gets() const;

 private:
  mutable sync::Mutex mutex_;
  std::map<digest::Digest, std::string> blobs_ ABSL_GUARDED_BY(mutex_);
  int puts_ ABSL_GUARDED_BY(mutex_) = 0;
  int gets_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace expq::testing
