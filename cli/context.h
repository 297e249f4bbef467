// What every command gets: the global options and the seams.
#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/terminal.h"
#include "common/clock/clock.h"
#include "common/fs/filesystem.h"
#include "common/random/random.h"

namespace expq::cli {

struct CommandInfo;

struct Globals {
  std::string directory;  // -C
  std::string scheduler;
  std::string project;
  std::string color = "auto";
  bool quiet = false;
  bool verbose = false;
  bool help = false;
  bool no_pager = false;
  // Of reading commands.
  bool json = false;
  bool csv = false;
  bool markdown = false;
};

struct Context {
  Globals globals;
  std::string cwd;  // absolute, links resolved
  Terminal& terminal;
  fs::Filesystem& fs;
  clock::Clock& clock;
  random::Random& random;
  const Environment& environment;
  const std::vector<CommandInfo>& commands;
};

}  // namespace expq::cli
