// Lets several threads talk to one Observer, one call at a time.
#pragma once

#include <string>

#include "agent/agent.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe. `observer` may be null.
class SerialObserver : public Observer {
 public:
  explicit SerialObserver(Observer* observer) : observer_(observer) {}

  void AttemptStarts(const experiment::Assignment& assignment) override {
    Call([&](Observer& o) { o.AttemptStarts(assignment); });
  }
  void StageStarts(const experiment::Assignment& assignment, const std::string& stage) override {
    Call([&](Observer& o) { o.StageStarts(assignment, stage); });
  }
  void StageEnds(const experiment::Assignment& assignment, const std::string& stage, const std::string& how) override {
    Call([&](Observer& o) { o.StageEnds(assignment, stage, how); });
  }
  void AttemptEnds(const experiment::Assignment& assignment, const experiment::Outcome& outcome) override {
    Call([&](Observer& o) { o.AttemptEnds(assignment, outcome); });
  }
  void Unreachable(const absl::Status& status) override {
    Call([&](Observer& o) { o.Unreachable(status); });
  }
  void Closed(const std::string& why) override {
    Call([&](Observer& o) { o.Closed(why); });
  }

 private:
  template <typename F>
  void Call(const F& f) {
    if (observer_ == nullptr) return;
    sync::MutexLock lock(mutex_);
    f(*observer_);
  }

  Observer* const observer_;
  sync::Mutex mutex_;
};

}  // namespace expq::agent
