// Turns a push of bytes into a pull: a store's Get gives pieces, another's Put takes them. Only for this room.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sync/sync.h"

namespace expq::blob {

// One producer, one consumer, each on its own thread.
class PieceQueue {
 public:
  // Waits for room. Cancelled once the consumer has gone.
  absl::Status Push(absl::string_view piece);
  // The next Push will wait.
  bool IsFull();
  // No more pieces; `status` is what the consumer gets after the last one.
  void Close(absl::Status status);
  // The next piece; empty at the end.
  absl::StatusOr<std::string> Pop();
  // A piece that was taken and is done with: its memory serves again.
  void GiveBack(std::string piece);
  // The consumer takes no more.
  void Abandon();

 private:
  std::string TakeSpare();

  // A piece is at most 1 MiB: enough to keep both ends busy, little enough for many transfers at once.
  static constexpr size_t kMaxPieces = 4;

  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::deque<std::string> pieces_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> spare_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::blob
