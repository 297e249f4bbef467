// What an agent that outlives its process must remember: which attempts it holds, and how they ended, until the
// scheduler has said that it knows. An agent that does not adopt keeps nothing: its attempts die with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/agent_layout.h"
#include "common/experiment/experiment.h"
#include "common/fs/filesystem.h"

namespace expq::agent {

struct SpooledAttempt {
  experiment::Assignment assignment;
  // When it began, on the steady clock, if that is known: not after the machine has booted again.
  std::optional<absl::Duration> started;
  std::optional<experiment::Outcome> outcome;
};

// Thread-safe: stateless over the files attempts/<id>-<n>/{assignment,started,outcome}; `started` is "BOOT
// NANOSECONDS".
class Spool {
 public:
  Spool(fs::Filesystem& fs, AgentLayout layout, bool enabled)
      : fs_(fs), layout_(std::move(layout)), enabled_(enabled) {}

  // Durable on return.
  absl::Status SaveAssignment(const experiment::Assignment& assignment, absl::Duration started);
  absl::Status SaveOutcome(const AttemptKey& key, const experiment::Outcome& outcome);
  void Forget(const AttemptKey& key);
  // What an earlier process left. An entry that cannot be read is removed: the lease will bring it back.
  std::vector<SpooledAttempt> Load();

 private:
  fs::Filesystem& fs_;
  AgentLayout layout_;
  bool enabled_;
};

}  // namespace expq::agent
