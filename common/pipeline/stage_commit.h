// What a stage's dependencies, params and outputs are now, recorded without running it.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "common/pipeline/session.h"

namespace expq::pipeline {

struct StageCommit {
  std::vector<Reason> changed;  // since it was recorded; what is merely not in the cache is no change
  bool recorded = false;        // its entry of dvc.lock was written
};

// Stores the outputs in the cache and writes dvc.lock. With `force` unset nothing is done when something has changed:
// the caller looks at `changed`. `allow_missing`: what is not there stays as it was recorded. NotFound names what is
// missing otherwise.
absl::StatusOr<StageCommit> CommitStage(Session& session, const Stage& stage, bool force, bool allow_missing);

}  // namespace expq::pipeline
