// Commits as `show` sees them: their params and metrics, which baselines are asked for, and results that DVC made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/place.h"
#include "common/experiment/experiment.h"
#include "common/pipeline/executor.h"

namespace expq::cli {

struct BaselineChoice {
  std::vector<std::string> revisions;
  bool all_branches = false;
  bool all_tags = false;
  bool all_commits = false;  // every commit that experiments were made on
  int first_parents = 1;     // of each revision, or of HEAD
};

// The commits asked for, in that order; HEAD when nothing was.
absl::StatusOr<std::vector<experiment::CommitId>> ChooseBaselines(
    const Place& place, const BaselineChoice& choice, const std::vector<experiment::Experiment>& experiments);

// Tags and branches that point at a commit; the branch that is checked out comes first.
std::map<experiment::CommitId, std::vector<std::string>> NamesByCommit(const Place& place);

// {"params": …, "metrics": …} of a commit's files; empty maps where they cannot be read.
pipeline::Values ValuesOfCommit(const Place& place, const experiment::CommitId& commit);
// Of the workspace as it is; `problem` says why some are missing, if they are.
pipeline::Values ValuesOfWorkspace(const Context& context, const Place& place, absl::Status* problem);

// The first params file that does not parse. One that is not there may still be made by a stage.
absl::Status CheckParamsFiles(const fs::FileReader& fs, const std::string& root, const pipeline::Pipeline& pipeline);

// Results on refs/exps of that baseline whose names are not among `known`: somebody made them with DVC.
std::vector<experiment::Experiment> ForeignResults(const Context& context, const Place& place,
                                                   const experiment::CommitId& baseline,
                                                   const std::vector<experiment::Experiment>& known);

}  // namespace expq::cli
