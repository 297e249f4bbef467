#include "common/dvclock/workspace_lock.h"

#include <utility>

#include "common/status/status.h"

namespace expq::dvclock {

absl::StatusOr<std::unique_ptr<WorkspaceLock>> WorkspaceLock::Open(fs::Filesystem& fs, LockPlace place,
                                                                   std::string command,
                                                                   std::function<void(const absl::Status&)> say,
                                                                   const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(std::unique_ptr<RepositoryLock> held, RepositoryLock::Acquire(fs, place, kPatience, stop));
  return std::unique_ptr<WorkspaceLock>(
      new WorkspaceLock(fs, std::move(place), std::move(command), std::move(say), std::move(held)));
}

WorkspaceLock::WorkspaceLock(fs::Filesystem& fs, LockPlace place, std::string command,
                             std::function<void(const absl::Status&)> say, std::unique_ptr<RepositoryLock> held)
    : fs_(fs),
      place_(std::move(place)),
      say_(std::move(say)),
      paths_(fs, place_, std::move(command)),
      held_(std::move(held)) {}

absl::Status WorkspaceLock::TakeBack(const sync::StopToken& stop) {
  bool said = false;
  while (held_ == nullptr) {
    auto lock = RepositoryLock::Acquire(fs_, place_, kPatience, stop);
    if (lock.ok()) {
      held_ = *std::move(lock);
    } else if (absl::IsFailedPrecondition(lock.status())) {
      if (!std::exchange(said, true)) say_(lock.status());
    } else {
      return lock.status();
    }
  }
  return absl::OkStatus();
}

void WorkspaceLock::LetGoIfIdle() {
  if (inside_ == 0 && commands_ > 0) held_.reset();
}

absl::Status WorkspaceLock::Enter(const sync::StopToken& stop) {
  sync::MutexLock lock(mutex_);
  RETURN_IF_ERROR(TakeBack(stop));
  ++inside_;
  return absl::OkStatus();
}

void WorkspaceLock::Leave() {
  sync::MutexLock lock(mutex_);
  --inside_;
  LetGoIfIdle();
}

void WorkspaceLock::CommandStarts() {
  sync::MutexLock lock(mutex_);
  --inside_;
  ++commands_;
  LetGoIfIdle();
}

absl::Status WorkspaceLock::CommandEnds(const sync::StopToken& stop) {
  sync::MutexLock lock(mutex_);
  --commands_;
  ++inside_;
  return TakeBack(stop);
}

}  // namespace expq::dvclock
