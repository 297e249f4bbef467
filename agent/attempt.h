// One attempt that this agent holds: what its thread does and what the sync loop must know of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "agent/agent_layout.h"
#include "agent/attempt_log.h"
#include "common/experiment/interfaces.h"
#include "common/pipeline/pipeline.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Why an attempt is ended before it has finished.
enum class EndReason { kNone, kCancel, kPreempt, kTimeout, kDrop };

// Where the pipeline of a running attempt is, for reading its metrics while it runs.
struct LivePipeline {
  std::string root;
  pipeline::Pipeline pipeline;
};

// Thread-safe.
class Attempt {
 public:
  Attempt(experiment::Assignment assignment, std::unique_ptr<AttemptLog> log, absl::Duration started, bool resumed)
      : assignment_(std::move(assignment)),
        key_{assignment_.experiment.id, assignment_.attempt},
        started_(started),
        resumed_(resumed),
        log_(std::move(log)) {}

  const experiment::Assignment& assignment() const { return assignment_; }
  const experiment::Experiment& experiment() const { return assignment_.experiment; }
  const AttemptKey& key() const { return key_; }
  absl::Duration started() const { return started_; }  // steady
  bool resumed() const { return resumed_; }            // began in an earlier process
  AttemptLog& log() { return *log_; }
  const sync::StopToken& stop() const { return stop_; }

  // The first reason counts, but a drop is final: nobody is interested any more.
  void End(EndReason reason);
  EndReason end_reason() const;

  void SetStage(std::string stage);
  std::string stage() const;
  void SetLive(std::shared_ptr<const LivePipeline> live);
  std::shared_ptr<const LivePipeline> live() const;
  void SetOutcome(experiment::Outcome outcome);
  std::optional<experiment::Outcome> outcome() const;

  // Only the sync loop: what it last sent.
  std::string reported_values;

 private:
  const experiment::Assignment assignment_;
  const AttemptKey key_;
  const absl::Duration started_;
  const bool resumed_;
  const std::unique_ptr<AttemptLog> log_;
  const sync::StopToken stop_;

  mutable sync::Mutex mutex_;
  EndReason end_reason_ ABSL_GUARDED_BY(mutex_) = EndReason::kNone;
  std::string stage_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const LivePipeline> live_ ABSL_GUARDED_BY(mutex_);
  std::optional<experiment::Outcome> outcome_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::agent
