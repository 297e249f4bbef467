// What the shell sees when expq ends. The numbers are contract.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace expq::cli {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,       // it ran and failed
  kUsage = 2,        // wrong usage or bad input; nothing was changed
  kNotFound = 3,     // no such experiment, stage, commit, file
  kConflict = 4,     // the present state forbids it: name taken, already finished
  kUnreachable = 5,  // the scheduler cannot be reached, or refused
  kInterrupted = 130,
};

ExitCode ExitCodeOf(const absl::Status& status);

// The word for it under --json: "usage", "not-found", …
absl::string_view CodeName(ExitCode code);

}  // namespace expq::cli
