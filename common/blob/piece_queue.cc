#include "common/blob/piece_queue.h"

namespace expq::blob {

absl::Status PieceQueue::Push(absl::string_view piece) {
  if (piece.empty()) return absl::OkStatus();  // an empty one would mean the end
  sync::MutexLock lock(mutex_);
  while (pieces_.size() == kMaxPieces && !abandoned_) changed_.Wait(mutex_);
  if (abandoned_) return absl::CancelledError("the receiver has gone");
  pieces_.emplace_back(piece);
  changed_.NotifyAll();
  return absl::OkStatus();
}

void PieceQueue::Close(absl::Status status) {
  sync::MutexLock lock(mutex_);
  closed_ = true;
  end_ = std::move(status);
  changed_.NotifyAll();
}

absl::StatusOr<std::string> PieceQueue::Pop() {
  sync::MutexLock lock(mutex_);
  while (pieces_.empty() && !closed_) changed_.Wait(mutex_);
  if (pieces_.empty()) {
    if (!end_.ok()) return end_;
    return std::string();
  }
  std::string piece = std::move(pieces_.front());
  pieces_.pop_front();
  changed_.NotifyAll();
  return piece;
}

void PieceQueue::Abandon() {
  sync::MutexLock lock(mutex_);
  abandoned_ = true;
  changed_.NotifyAll();
}

}  // namespace expq::blob
