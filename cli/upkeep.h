// What `expq scheduler rebuild|check|backup` do to a queue: a scheduler's data folder, or this repository's own.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/exit_code.h"

namespace expq::cli {

struct UpkeepOptions {
  std::string data_dir;  // as typed; "" = this repository's own queue, outside of one the default data folder
  std::string cache_dir;
};

// Makes the queue anew from git's refs. FailedPrecondition while it is served, or while experiments run here.
absl::StatusOr<ExitCode> RebuildQueue(Context& context, const UpkeepOptions& options);

// Prints one line a problem; kFailed when there is any.
absl::StatusOr<ExitCode> CheckQueue(Context& context, const UpkeepOptions& options);

// Writes the database, as it is at one moment, to `file`; replaces one that is there.
absl::StatusOr<ExitCode> BackUpQueue(Context& context, const UpkeepOptions& options, const std::string& file);

}  // namespace expq::cli
