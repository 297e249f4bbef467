// What git has to be told after a command changed files that it tracks.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/data_site.h"

namespace expq::cli {

// `git add` of `paths`, absolute or relative to the current folder.
absl::Status AddToGit(const Context& context, const std::vector<std::string>& paths);

// Says which `git add` keeps the root-relative `files`; with core.autostage it is done.
absl::Status TellGit(const Context& context, const DataSite& site, std::vector<std::string> files);

}  // namespace expq::cli
