// Patterns as targets (--glob), as Python's glob reads them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

// The existing paths that `pattern` means, as seen from the folder `cwd`, sorted: "*", "?" and "[…]" within a name,
// "**" for any number of folders. Names that begin with a dot are met only by patterns that do.
absl::StatusOr<std::vector<std::string>> ExpandPattern(const fs::FileReader& fs, const std::string& cwd,
                                                       const std::string& pattern);

// All targets expanded. NotFound when a pattern means nothing.
absl::StatusOr<std::vector<std::string>> ExpandPatterns(const fs::FileReader& fs, const std::string& cwd,
                                                        const std::vector<std::string>& patterns);

}  // namespace expq::cli
