#include "scheduler/core/transition.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/limits.h"

namespace expq::core {
namespace {

using experiment::Cause;
using experiment::Outcome;
using experiment::OutcomeKind;
using experiment::State;

absl::Status Impossible(const Entry& entry, absl::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("experiment '", entry.name, "' is ", Name(entry.state), ": it cannot be ", what));
}

// The one attempt that may still speak: running, or suspect and not yet superseded.
absl::Status RequireCurrent(const Entry& entry, int attempt, absl::string_view what) {
  if (attempt != entry.attempt) {
    return absl::AbortedError(absl::StrCat("attempt ", attempt, " of experiment '", entry.name,
                                           "' was superseded by attempt ", entry.attempt));
  }
  if (entry.state == State::kRunning || (entry.state == State::kQueued && entry.suspect)) return absl::OkStatus();
  return Impossible(entry, what);
}

void Requeue(Entry& entry) {
  entry.state = State::kQueued;
  entry.suspect = false;
  entry.stage.clear();
  entry.session = {};
  entry.gpu_ids.clear();
  entry.started = absl::InfinitePast();
}

void Finish(Entry& entry, State state, absl::Time at) {
  entry.state = state;
  entry.finished = at;
  entry.suspect = false;
  entry.stage.clear();
  entry.gpu_ids.clear();
}

void Cancelled(Entry& entry, absl::Time at) {
  Finish(entry, State::kCancelled, at);
  entry.cancel_requested = false;
}

void Failed(Entry& entry, const Outcome& outcome, absl::Time at) {
  entry.failures += 1;
  entry.losses = 0;
  entry.error = outcome.error;
  entry.cause = outcome.cause;
  // Wrong parameters stay wrong: trying again only wastes an agent.
  bool again = entry.failures <= entry.retries && outcome.cause != Cause::kBadParams;
  if (again) {
    Requeue(entry);
  } else {
    Finish(entry, State::kFailed, at);
    entry.stage = outcome.stage;
  }
}

// `why` is what the agent said of it; empty when the agent itself is gone.
void Lost(Entry& entry, const Outcome& why, absl::Time at) {
  entry.losses += 1;
  entry.error = why.error;
  entry.cause = why.cause;
  if (entry.cancel_requested) {
    Cancelled(entry, at);
  } else if (entry.losses >= kCrashLimit) {
    Finish(entry, State::kFailed, at);
    entry.cause = Cause::kInfrastructure;
    entry.error = why.error.empty() ? absl::StrCat("lost its agent ", entry.losses, " times in a row")
                                    : absl::StrCat(why.error, " (", entry.losses, " times in a row)");
  } else {
    entry.state = State::kQueued;
    entry.suspect = true;
    entry.stage.clear();
  }
}

void Succeeded(Entry& entry, const Outcome& outcome, absl::Time at) {
  entry.revision = outcome.revision;
  entry.error.clear();
  entry.cause = Cause::kNone;
  entry.losses = 0;
  Finish(entry, State::kSucceeded, at);
}

struct Apply {
  Entry entry;

  absl::StatusOr<Entry> operator()(const Granted& e) {
    if (entry.state != State::kQueued) return Impossible(entry, "started");
    if (!entry.ready)
      return absl::FailedPreconditionError(absl::StrCat("experiment '", entry.name, "' waits for others"));
    entry.state = State::kRunning;
    entry.attempt += 1;
    entry.suspect = false;
    entry.session = e.session;
    entry.agent = e.agent;
    entry.gpu_ids = e.gpu_ids;
    entry.started = e.at;
    entry.stage.clear();
    entry.workspace.clear();
    entry.error.clear();
    entry.cause = Cause::kNone;
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const OutcomeAccepted& e) {
    RETURN_IF_ERROR(RequireCurrent(entry, e.attempt, "finished"));
    const Outcome& outcome = e.outcome;
    if (!outcome.params_json.empty()) entry.params_json = outcome.params_json;
    if (!outcome.metrics_json.empty()) entry.metrics_json = outcome.metrics_json;
    entry.workspace = outcome.workspace;
    if (entry.cancel_requested || outcome.kind == OutcomeKind::kCancelled) {
      Cancelled(entry, e.at);
      return std::move(entry);
    }
    switch (outcome.kind) {
      case OutcomeKind::kSucceeded:
        Succeeded(entry, outcome, e.at);
        break;
      case OutcomeKind::kFailed:
        Failed(entry, outcome, e.at);
        break;
      case OutcomeKind::kLost:
        Lost(entry, outcome, e.at);
        entry.suspect = false;  // the agent itself says that nothing is left of it
        break;
      case OutcomeKind::kPreempted:
        entry.losses = 0;
        Requeue(entry);
        break;
      case OutcomeKind::kCancelled:
        break;  // above
    }
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const LeaseEnded& e) {
    if (entry.state != State::kRunning) return Impossible(entry, "lost");
    Lost(entry, {}, e.at);
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const Reappeared& e) {
    RETURN_IF_ERROR(RequireCurrent(entry, e.attempt, "resumed"));
    if (entry.suspect) entry.losses -= 1;
    entry.suspect = false;
    entry.state = State::kRunning;
    entry.session = e.session;
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const HandedBack&) {
    if (entry.state != State::kRunning) return Impossible(entry, "handed back");
    Requeue(entry);
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const CancelRequested& e) {
    switch (entry.state) {
      case State::kQueued:
        Cancelled(entry, e.at);
        break;
      case State::kRunning:
        entry.cancel_requested = true;
        break;
      case State::kCancelled:
        break;  // repeating is harmless
      case State::kSucceeded:
      case State::kFailed:
        return Impossible(entry, "cancelled");
    }
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const RetryRequested&) {
    if (entry.state != State::kFailed && entry.state != State::kCancelled) return Impossible(entry, "retried");
    Requeue(entry);
    entry.losses = 0;
    entry.failures = 0;
    entry.cause = Cause::kNone;
    entry.error.clear();
    entry.finished = absl::InfinitePast();
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const Progressed& e) {
    RETURN_IF_ERROR(RequireCurrent(entry, e.attempt, "reported on"));
    if (entry.state != State::kRunning) return Impossible(entry, "reported on");
    entry.stage = e.stage;
    if (!e.params_json.empty()) entry.params_json = e.params_json;
    if (!e.metrics_json.empty()) entry.metrics_json = e.metrics_json;
    return std::move(entry);
  }

  absl::StatusOr<Entry> operator()(const Renamed& e) {
    // The agent's own record and the result's ref are made with the name that the attempt started with.
    if (entry.state == State::kRunning || entry.suspect) return Impossible(entry, "renamed");
    entry.name = e.name;
    return std::move(entry);
  }
};

}  // namespace

absl::StatusOr<Entry> Transition(Entry entry, const Event& event) { return std::visit(Apply{std::move(entry)}, event); }

}  // namespace expq::core
