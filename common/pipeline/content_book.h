// What paths hold, by digest: each hashed once as long as nothing in the workspace is being changed by us.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/sync/sync.h"

namespace expq::pipeline {

using ContentPtr = std::shared_ptr<const blob::Content>;  // shared: several stages look at one large folder

// Files are cheap to hash again (the cache's index knows them by stat), a folder of 10,000 files is not, and many
// stages may read the same one. Thread-safe.
class ContentBook {
 public:
  explicit ContentBook(const blob::Cache& cache) : cache_(cache) {}

  // Null when `path` is absent.
  absl::StatusOr<ContentPtr> Look(const std::string& path);

  // While it lives the workspace is changing: nothing is remembered, and what was is forgotten.
  class Disturbance {
   public:
    explicit Disturbance(ContentBook& book) : book_(book) { book_.Disturb(+1); }
    ~Disturbance() { book_.Disturb(-1); }
    Disturbance(const Disturbance&) = delete;
    Disturbance& operator=(const Disturbance&) = delete;

   private:
    ContentBook& book_;
  };

 private:
  void Disturb(int change);

  const blob::Cache& cache_;

  sync::Mutex mutex_;
  int disturbances_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, ContentPtr> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::pipeline
