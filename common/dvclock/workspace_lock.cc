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
  while (held_ == nullptr) {
    auto lock = RepositoryLock::Acquire(fs_, place_, kPatience, stop);
    if (lock.ok()) {
      held_ = *std::move(lock);
    } else if (absl::IsFailedPrecondition(lock.status())) {
      say_(lock.status());
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

absl::StatusOr<std::unique_ptr<WorkspaceLock::Command>> WorkspaceLock::StartCommand(Paths paths) {
  ASSIGN_OR_RETURN(std::unique_ptr<PathLocks::Hold> hold, paths_.Acquire(std::move(paths)));
  sync::MutexLock lock(mutex_);
  --inside_;
  ++commands_;
  LetGoIfIdle();
  return std::make_unique<Command>(*this, std::move(hold));
}

WorkspaceLock::Command::~Command() {
  if (ended_) return;
  sync::MutexLock lock(lock_.mutex_);
  --lock_.commands_;
  ++lock_.inside_;
}

absl::Status WorkspaceLock::Command::End(const sync::StopToken& stop) {
  ended_ = true;
  sync::MutexLock lock(lock_.mutex_);
  --lock_.commands_;
  ++lock_.inside_;
  return lock_.TakeBack(stop);
}

}  // namespace expq::dvclock
