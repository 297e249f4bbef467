// The message of a submission's commit: every experiment of it, so that the index can be rebuilt from the refs.
//
//   expq: 4 experiments
//
//   {"id":"…","name":"rusty-otter","overrides":["units=128"],"options":{…},"need":{…},…}      one line each
//
// Keys may be added, never changed: a reader takes the default of what a line lacks and passes over what it does not
// know.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/experiment/experiment.h"

namespace expq::submission {

std::string WriteMessage(const experiment::SubmissionId& id, const std::vector<experiment::Experiment>& experiments);

// The submission as it was made: all that is immutable of its experiments, but the project and the snapshot, which the
// message cannot know. InvalidArgument names the line and what is wrong with it.
absl::StatusOr<experiment::Submission> ParseMessage(absl::string_view message);

}  // namespace expq::submission
