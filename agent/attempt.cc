#include "agent/attempt.h"

namespace expq::agent {

void Attempt::End(EndReason reason) {
  {
    sync::MutexLock lock(mutex_);
    if (end_reason_ == EndReason::kNone || reason == EndReason::kDrop) end_reason_ = reason;
  }
  sync::StopToken stop = stop_;
  stop.Stop();
}

EndReason Attempt::end_reason() const {
  sync::MutexLock lock(mutex_);
  return end_reason_;
}

void Attempt::SetStage(std::string stage) {
  sync::MutexLock lock(mutex_);
  stage_ = std::move(stage);
}

std::string Attempt::stage() const {
  sync::MutexLock lock(mutex_);
  return stage_;
}

void Attempt::SetLive(std::shared_ptr<const LivePipeline> live) {
  sync::MutexLock lock(mutex_);
  live_ = std::move(live);
}

std::shared_ptr<const LivePipeline> Attempt::live() const {
  sync::MutexLock lock(mutex_);
  return live_;
}

void Attempt::SetOutcome(experiment::Outcome outcome) {
  sync::MutexLock lock(mutex_);
  outcome_ = std::move(outcome);
}

std::optional<experiment::Outcome> Attempt::outcome() const {
  sync::MutexLock lock(mutex_);
  return outcome_;
}

}  // namespace expq::agent
