// What the scheduler keeps in its books: an experiment with the holder of its latest attempt, and agents' sessions.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/experiment/experiment.h"

namespace expq::core {

// An experiment as people see it, and what only the scheduler needs to know of it.
struct Entry : experiment::Experiment {
  experiment::SessionId session;     // holds, or held last, the latest attempt
  std::vector<std::string> gpu_ids;  // of the latest attempt
  // The lease ended and it is queued again, but nothing was granted since: the old attempt may come back, and its
  // outcome is welcome.
  bool suspect = false;
  // Everything in `after` succeeded.
  bool ready = true;
};

enum class SessionState {
  kAlive,
  kLost,        // its lease ended
  kGone,        // it left in good order
  kSuperseded,  // a newer process of the same agent took over
};

// One run of one agent. Its lease is the lease of every attempt that it holds.
struct Session {
  experiment::SessionId id;
  std::string agent;
  SessionState state = SessionState::kAlive;
  bool draining = false;         // it said so
  bool drain_requested = false;  // somebody asked for it
  std::string boot;              // of the machine whose steady clock `lease_until` is on
  absl::Duration lease_until = absl::ZeroDuration();
  absl::Time last_seen = absl::InfinitePast();
  std::vector<experiment::ProjectName> projects;  // empty = any
  experiment::Offer total;
  experiment::Offer free;
};

// True when the session takes work of that project.
bool Serves(const Session& session, const experiment::ProjectName& project);

// Where in the queue: priority, then what ran before (retried, lost, preempted), then submission order.
struct Place {
  int64_t minus_priority = 0;
  bool fresh = true;
  int64_t sequence = 0;
  auto operator<=>(const Place&) const = default;
};
Place PlaceOf(const Entry& entry);

inline bool Before(const Entry& a, const Entry& b) { return PlaceOf(a) < PlaceOf(b); }

inline bool IsFinished(experiment::State state) {
  return state != experiment::State::kQueued && state != experiment::State::kRunning;
}

}  // namespace expq::core
