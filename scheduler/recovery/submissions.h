// What git's refs remember of a project: its submissions, and which of their experiments have a result.
#pragma once

#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "common/git/repository.h"
#include "scheduler/core/import.h"

namespace expq::recovery {

// All refs/expq/queue/<submission>.
absl::StatusOr<std::map<experiment::SubmissionId, experiment::CommitId>> ListSubmissions(
    const git::Repository& repository);

// What its commit says, with params, and with metrics and the revision where a result has the experiment's name on its
// baseline. InvalidArgument for a commit that is no submission.
absl::StatusOr<core::Recorded> ReadSubmission(const git::Repository& repository, const experiment::SubmissionId& id,
                                              const experiment::CommitId& commit);

}  // namespace expq::recovery
