// From argv to an exit code: finds the command, parses, runs, reports.
#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/terminal.h"

namespace expq::cli {

class Environment;

struct Start {
  std::vector<std::string> args;  // without argv[0]
  std::string cwd;
};

ExitCode RunProgram(const Start& start, const Environment& environment, Terminal& terminal);

// `expq: error: …` and `hint: …` on stderr; under --json also the error object on stdout.
void ReportError(const absl::Status& status, bool json, Terminal& terminal);

}  // namespace expq::cli
