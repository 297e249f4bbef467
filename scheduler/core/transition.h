// The one function that changes the state of an experiment. Pure.
//
//            Granted                 OutcomeAccepted
//   queued ──────────▶ running ─────────────────────────▶ succeeded
//     ▲  ▲                │  └── cancelled, or cancel asked ──▶ cancelled ─┐
//     │  └── Preempted, HandedBack, Failed with retries left   failed ────┤
//     │      LeaseEnded (suspect: Reappeared leads back), Lost            │
//     └─────────────────────── RetryRequested ────────────────────────────┘
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "scheduler/core/entry.h"

namespace expq::core {

// A new attempt for that session: the number grows, whatever was suspect is superseded.
struct Granted {
  experiment::SessionId session;
  std::string agent;
  std::vector<std::string> gpu_ids;
  absl::Time at;
};

// The current attempt ended (DecideOutcome made sure that it is the current one).
struct OutcomeAccepted {
  int attempt = 0;
  experiment::Outcome outcome;
  absl::Time at;
};

// The holder was not heard of for the whole lease, or its process is gone.
struct LeaseEnded {
  absl::Time at;
};

// The holder of a suspect attempt is back and still runs it; or a newer process of that agent goes on with it.
struct Reappeared {
  int attempt = 0;
  experiment::SessionId session;
};

// The holder never got the order to start, and will not: it drains.
struct HandedBack {};

struct CancelRequested {
  absl::Time at;
};

struct RetryRequested {};

// What the running attempt says of itself. Empty JSON = unchanged.
struct Progressed {
  int attempt = 0;
  std::string stage;
  std::string params_json;
  std::string metrics_json;
};

struct Renamed {
  std::string name;
};

using Event = std::variant<Granted, OutcomeAccepted, LeaseEnded, Reappeared, HandedBack, CancelRequested,
                           RetryRequested, Progressed, Renamed>;

// The entry after the event. FailedPrecondition when it cannot happen in this state; Aborted when it speaks of an
// attempt that is not the current one.
absl::StatusOr<Entry> Transition(Entry entry, const Event& event);

}  // namespace expq::core
