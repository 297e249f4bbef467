// expq: see `expq help`.
#include <signal.h>
#include <unistd.h>

#include "cli/environment.h"
#include "cli/program.h"
#include "cli/terminal.h"

int main(int argc, char** argv) {
  // A reader that goes away (`expq show | head`) is a failed write, not the end of a process that runs experiments.
  signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  const expq::cli::Environment environment(std::move(variables));
  expq::cli::Terminal terminal;
  const expq::cli::Start start{.args = std::vector<std::string>(argv + 1, argv + argc),
                               .cwd = expq::cli::CurrentFolder()};
  return static_cast<int>(expq::cli::RunProgram(start, environment, terminal));
}
