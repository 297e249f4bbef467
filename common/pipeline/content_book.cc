#include "common/pipeline/content_book.h"

#include <utility>

#include "common/status/status.h"

namespace expq::pipeline {

absl::StatusOr<ContentPtr> ContentBook::Look(const std::string& path) {
  int64_t epoch = 0;
  {
    sync::MutexLock lock(mutex_);
    if (const auto found = known_.find(path); found != known_.end()) return found->second;
    epoch = epoch_;
  }
  absl::StatusOr<blob::Content> content = cache_.Hash(path);
  ContentPtr seen;
  if (content.ok()) {
    seen = std::make_shared<const blob::Content>(*std::move(content));
  } else if (!absl::IsNotFound(content.status())) {
    return content.status();
  }
  sync::MutexLock lock(mutex_);
  if (disturbances_ == 0 && epoch == epoch_) known_[path] = seen;
  return seen;
}

void ContentBook::Disturb(int change) {
  sync::MutexLock lock(mutex_);
  disturbances_ += change;
  ++epoch_;
  known_.clear();
}

}  // namespace expq::pipeline
