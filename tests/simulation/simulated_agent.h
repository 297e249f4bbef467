// An agent as a state machine: it does what the orders say, takes steps instead of time, and its calls get lost.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "tests/simulation/queue_invariants.h"

namespace expq::testing {

class SimulatedAgent {
 public:
  struct Attempt {
    experiment::Resources need;
    std::vector<std::string> gpu_ids;
    int steps_left = 0;
    bool cancel = false;
    std::optional<experiment::Outcome> outcome;
  };

  SimulatedAgent(std::string name, int slots, int gpus, random::Random& random, MemoryBlobStore& blobs)
      : name_(std::move(name)), random_(random), blobs_(blobs) {
    total_.slots = slots;
    for (int i = 0; i < gpus; ++i) total_.gpu_ids.push_back(absl::StrCat("GPU-", i));
    NewSession();
  }

  bool dead() const { return dead_; }
  const std::string& broken() const { return broken_; }
  const std::set<ExperimentId>& kept() const { return kept_; }

  // A step of everything that runs here.
  void Work() {
    for (auto& [key, attempt] : attempts_) {
      if (attempt.outcome) {
        if (attempt.outcome->kind == experiment::OutcomeKind::kSucceeded) blobs_.Add(WeightsOf(key.first, key.second));
        continue;
      }
      if (attempt.cancel) {
        attempt.outcome = experiment::Outcome{.kind = experiment::OutcomeKind::kCancelled};
      } else if (--attempt.steps_left <= 0) {
        attempt.outcome = End(key.first, key.second);
      }
    }
  }

  experiment::SyncReport Report() const {
    experiment::SyncReport report;
    report.session = session_;
    report.agent = name_;
    report.total = total_;
    report.free = full_ ? experiment::Offer{.closed = "the disk is full"} : Free();
    report.kept = {kept_.begin(), kept_.end()};
    report.draining = draining_;
    for (const auto& [key, attempt] : attempts_) {
      report.attempts.push_back(
          {.experiment = key.first, .attempt = key.second, .stage = "train", .outcome = attempt.outcome});
    }
    return report;
  }

  void Obey(const experiment::SyncOrders& orders) {
    for (const auto& key : orders.drop) Drop(key);
    for (const auto& id : orders.forget) kept_.erase(id);
    for (const auto& key : orders.cancel) {
      auto it = attempts_.find(key);
      if (it != attempts_.end()) it->second.cancel = true;
    }
    for (const experiment::Assignment& start : orders.start) Start(start);
    if (orders.drain) draining_ = true;
    if (draining_ && attempts_.empty()) Restart(false);
  }

  // The process ends and another begins, which goes on with what ran, or not.
  void Restart(bool adopt) {
    if (!adopt) attempts_.clear();
    draining_ = false;
    dead_ = false;
    full_ = false;
    NewSession();
  }
  void Die() { dead_ = true; }
  void Drain() { draining_ = true; }
  void TurnDisk() { full_ = !full_; }

 private:
  using Key = std::pair<ExperimentId, int>;

  void NewSession() { session_.value = absl::StrCat(name_, "-", ++sessions_); }

  experiment::Offer Free() const {
    experiment::Offer free = total_;
    for (const auto& [key, attempt] : attempts_) {
      free.slots -= 1;
      std::erase_if(free.gpu_ids, [&](const std::string& id) {
        return std::ranges::find(attempt.gpu_ids, id) != attempt.gpu_ids.end();
      });
    }
    return free;
  }

  void Drop(const Key& key) {
    auto it = attempts_.find(key);
    if (it == attempts_.end()) return;
    if (it->second.outcome && it->second.outcome->kind == experiment::OutcomeKind::kFailed) kept_.insert(key.first);
    attempts_.erase(it);
  }

  void Start(const experiment::Assignment& start) {
    Key key(start.experiment.id, start.attempt);
    if (attempts_.contains(key)) return;  // told twice
    experiment::Offer free = Free();
    bool fits = Satisfies(free, start.experiment.need);
    for (const std::string& gpu : start.gpu_ids) {
      fits = fits && std::ranges::find(free.gpu_ids, gpu) != free.gpu_ids.end();
    }
    if (!fits) broken_ = absl::StrCat("8: ", name_, " was given ", start.experiment.name, ", which does not fit");
    attempts_[key] = {.need = start.experiment.need,
                      .gpu_ids = start.gpu_ids,
                      .steps_left = 1 + static_cast<int>(random_.Below(6)),
                      .outcome = {}};
  }

  experiment::Outcome End(const ExperimentId& id, int attempt) {
    using experiment::OutcomeKind;
    if (full_) {
      return {.kind = OutcomeKind::kLost, .cause = experiment::Cause::kInfrastructure, .error = "the disk is full"};
    }
    uint64_t dice = random_.Below(100);
    if (dice < 15) {
      return {.kind = OutcomeKind::kFailed, .cause = experiment::Cause::kUserCode, .error = "exit status 1"};
    }
    if (dice < 20) return {.kind = OutcomeKind::kPreempted};
    if (dice < 23) return {.kind = OutcomeKind::kLost};
    experiment::Outcome outcome{.kind = OutcomeKind::kSucceeded, .revision = RevisionOf(id, attempt)};
    outcome.blobs.push_back(digest::Md5Of(WeightsOf(id, attempt)));
    // Often the upload is done before, sometimes only at the next step.
    if (dice < 80) blobs_.Add(WeightsOf(id, attempt));
    return outcome;
  }

  const std::string name_;
  random::Random& random_;
  MemoryBlobStore& blobs_;
  experiment::Offer total_;
  experiment::SessionId session_;
  int sessions_ = 0;
  bool draining_ = false;
  bool dead_ = false;
  bool full_ = false;
  std::set<ExperimentId> kept_;  // what it keeps workspaces of
  std::map<Key, Attempt> attempts_;
  std::string broken_;
};

}  // namespace expq::testing
