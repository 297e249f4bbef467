// The commit of a finished attempt: the snapshot's tree with what the run changed of it, on top of the baseline.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/slot.h"
#include "common/git/repository.h"
#include "common/pipeline/executor.h"

namespace expq::agent {

struct ResultInput {
  const experiment::Experiment& experiment;
  const Slot& slot;
  // Of the pipeline, relative to the workspace; "" when it is the workspace itself.
  std::string dvc_root;
  const pipeline::ExecuteReport& report;
};

// Takes tracked files as the stages left them (as `git add -u` would) and what the pipeline keeps in git: locks,
// uncached outputs. Never untracked files beyond those.
absl::StatusOr<experiment::CommitId> CommitResult(const fs::FileReader& fs, const git::Repository& repository,
                                                  const ResultInput& input);

}  // namespace expq::agent
