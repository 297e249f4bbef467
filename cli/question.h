// Questions to whoever sits at the terminal.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/context.h"
#include "common/sync/sync.h"

namespace expq::cli {

// Whether stdin and stderr are a terminal.
bool SomebodyIsThere();

// Asks until "y", "yes", "n" or "no" is typed. FailedPrecondition when nobody is there, or the input has ended;
// Cancelled when stopped.
absl::StatusOr<bool> Confirm(const Context& context, absl::string_view question, const sync::StopToken& stop);

}  // namespace expq::cli
