// A submodule's files in the snapshot of the repository around it. For this room's .cc files only.
#pragma once

#include <git2.h>

#include <string>

#include "absl/status/statusor.h"
#include "common/git/open_repository.h"

namespace expq::git {

// `tree` with the link of the submodule at `path` replaced by its workspace as it is now, submodules in it included;
// all objects are copied into `open`. FailedPrecondition when it is not initialised.
absl::StatusOr<git_oid> GraftSubmodule(const OpenRepository& open, const git_oid& tree, const std::string& path);

}  // namespace expq::git
