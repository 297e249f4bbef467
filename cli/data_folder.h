// Where a daemon keeps its data when it is not told.
#pragma once

#include <string>

#include "cli/context.h"

namespace expq::cli {

// `given` from the current folder, else $XDG_DATA_HOME/expq/NAME, else ~/.local/share/expq/NAME.
std::string DataFolder(const Context& context, const std::string& given, const std::string& name);

}  // namespace expq::cli
