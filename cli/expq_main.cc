// expq: see `expq help`.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/environment.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace {

// Where a standard stream was closed (`>&-`), the next file that is opened takes its number: a database, a socket. Then
// what is said would be written into it. So the number is taken, by what cannot be written.
void TakeStandardStreams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (fcntl(stream, F_GETFD) == -1) open("/dev/null", O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  TakeStandardStreams();
  // A reader that goes away (`expq show | head`) is a failed write, not the end of a process that runs experiments.
  signal(SIGPIPE, SIG_IGN);
  // A file that `ulimit -f` does not allow is one, too: what was half written is removed, and the error is said.
  signal(SIGXFSZ, SIG_IGN);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  const expq::cli::Environment environment(std::move(variables));
  expq::cli::Terminal terminal;
  const expq::cli::Start start{.args = std::vector<std::string>(argv + 1, argv + argc),
                               .cwd = expq::cli::CurrentFolder()};
  return static_cast<int>(expq::cli::RunProgram(start, environment, terminal));
}
