#include "common/blob/piece_queue.h"

namespace expq::blob {

absl::Status PieceQueue::Push(absl::string_view piece) {
  if (piece.empty()) return absl::OkStatus();  // an empty one would mean the end
  std::string own = TakeSpare();
  own.assign(piece.data(), piece.size());  // without the lock: the consumer goes on meanwhile
  sync::MutexLock lock(mutex_);
  while (pieces_.size() == kMaxPieces && !abandoned_) changed_.Wait(mutex_);
  if (abandoned_) return absl::CancelledError("the receiver has gone");
  pieces_.push_back(std::move(own));
  changed_.NotifyAll();
  return absl::OkStatus();
}

std::string PieceQueue::TakeSpare() {
  sync::MutexLock lock(mutex_);
  if (spare_.empty()) return std::string();
  std::string spare = std::move(spare_.back());
  spare_.pop_back();
  return spare;
}

bool PieceQueue::IsFull() {
  sync::MutexLock lock(mutex_);
  return pieces_.size() == kMaxPieces;
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

void PieceQueue::GiveBack(std::string piece) {
  sync::MutexLock lock(mutex_);
  spare_.push_back(std::move(piece));
}

void PieceQueue::Abandon() {
  sync::MutexLock lock(mutex_);
  abandoned_ = true;
  changed_.NotifyAll();
}

}  // namespace expq::blob
