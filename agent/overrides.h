// Writing an experiment's overrides into the params files of its workspace.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/experiment/experiment.h"
#include "common/fs/filesystem.h"

namespace expq::agent {

// Applies `experiment.overrides`, whose files are relative to where it was submitted. A file that is not there is made
// where something is added to it. Returns the files that were
// rewritten, relative to `workspace`. InvalidArgument or NotFound name the override or the file.
absl::StatusOr<std::vector<std::string>> WriteOverrides(fs::Filesystem& fs, const std::string& workspace,
                                                        const experiment::Experiment& experiment);

// The files that they are about, relative to the repository's root; nothing for a text that cannot be read.
std::vector<std::string> OverriddenFiles(const experiment::Experiment& experiment);

}  // namespace expq::agent
