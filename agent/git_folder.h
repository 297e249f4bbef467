// The `.git` of a workspace: enough for git commands of a stage (`git rev-parse HEAD`, `git log`, `git describe`) to
// see the baseline, and nothing through which they could change the user's repository: its objects are borrowed,
// read-only. With the index that the slot adds, `git status` and `git diff HEAD` say what the snapshot, the overrides
// and the stages changed: training scripts record that.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/experiment/experiment.h"
#include "common/fs/filesystem.h"

namespace expq::agent {

// Makes `workspace`/.git so: HEAD detached at `baseline`, objects borrowed from `objects_dir`. Whatever an earlier
// attempt's stages made of it is replaced.
absl::Status WriteGitFolder(fs::Filesystem& fs, const std::string& workspace, const std::string& objects_dir,
                            const experiment::CommitId& baseline);

}  // namespace expq::agent
