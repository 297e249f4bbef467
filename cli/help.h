// Help and manual, made from the command table.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace expq::cli {

std::string VersionText();
std::string Overview(const std::vector<CommandInfo>& commands);
std::string CommandHelp(const CommandInfo& info);
// A man page (roff, section 1) of everything.
std::string ManPage(const std::vector<CommandInfo>& commands);

}  // namespace expq::cli
