// Reads a command line by an OptionTable. The only place that knows CLI11.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/options.h"

namespace expq::cli {

// `args`: what follows the command's name and the global options, in order. Calls the setters in the order of the
// table. InvalidArgument for an unknown option (hint: a near one), a missing or bad value, too few or too many
// positionals.
absl::Status ParseArguments(const OptionTable& table, const std::vector<std::string>& args);

}  // namespace expq::cli
