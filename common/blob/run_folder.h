// The run cache as files: copied between a cache and a remote.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// Copies every file of `<from>/runs` that `<to>/runs` lacks, each whole or not at all; returns how many. An entry's
// name is the digest of what it says, so one that is there is the same. `group_shared`: of the receiver.
absl::StatusOr<int64_t> CopyRuns(fs::Filesystem& fs, const std::string& from, const std::string& to,
                                 bool group_shared = false);

}  // namespace expq::blob
