// From options to experiments: the snapshot, the grid and everything that can be known to be wrong before it is queued.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/context.h"
#include "cli/submit_options.h"
#include "common/experiment/experiment.h"
#include "common/git/repository.h"

namespace expq::cli {

// Ready to be queued; nothing has been changed yet, and no ref or commit made.
struct Draft {
  experiment::SubmissionId id;
  experiment::CommitId head;
  git::Repository::WorkTree tree;
  std::vector<experiment::Experiment> experiments;
  std::vector<std::string> recorded;  // .dvc files that the snapshot has brought up to date
  bool generated_names = false;
  bool force = false;
};

// Reads the workspace and checks it all: dvc.yaml, targets, every override against the params file of the snapshot.
absl::StatusOr<Draft> MakeDraft(const Context& context, Connection& connection, const SubmitOptions& options);

// Commits the snapshot, sends what the scheduler lacks, and queues. Generated names that are taken are made again.
absl::StatusOr<experiment::Submission> Queue(const Context& context, Connection& connection, Draft draft);

}  // namespace expq::cli
