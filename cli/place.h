// Where a command stands: the git repository, its root and our folder in it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "common/git/repository.h"

namespace expq::cli {

struct Place {
  std::unique_ptr<git::Repository> repository;
  std::string root;    // of the worktree
  std::string subdir;  // of the current folder in it, "" = root
  // The nearest folder with a `.dvc` from here upwards, else the root: where DVC's paths begin.
  std::string dvc_root;
  std::string dvc_subdir;  // of the current folder in it, "" = dvc_root

  // `path` of the DVC root as git's tree has it.
  std::string TreePath(const std::string& path) const;
};

// NotFound "not a git repository".
absl::StatusOr<Place> FindPlace(const Context& context);

// The project's name: --project, else the last part of origin's URL, else the root folder's name.
std::string ProjectOf(const Context& context, const Place* place);

// HEAD's commit; NotFound with what to do about it when there is none.
absl::StatusOr<experiment::CommitId> HeadOf(const Place& place);

}  // namespace expq::cli
