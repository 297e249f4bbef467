#include "cli/question.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

constexpr int kLookMs = 100;  // how soon a stop is noticed

absl::Status NobodyIsThere() {
  return status::WithHint(absl::FailedPreconditionError("nobody is there to be asked: no terminal, or its input ended"),
                          "without -i (and core.interactive) nothing is asked");
}

// One byte at a time: what is typed ahead belongs to whoever reads next, perhaps a stage.
absl::StatusOr<std::string> ReadLine(const sync::StopToken& stop) {
  std::string line;
  while (!stop.Stopped()) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&input, 1, kLookMs) <= 0) continue;
    char byte = 0;
    const ssize_t n = read(STDIN_FILENO, &byte, 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return NobodyIsThere();
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  return absl::CancelledError("interrupted");
}

}  // namespace

bool SomebodyIsThere() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

absl::StatusOr<bool> Confirm(const Context& context, absl::string_view question, const sync::StopToken& stop) {
  if (!SomebodyIsThere()) return NobodyIsThere();
  while (true) {
    context.terminal.Prompt(absl::StrCat(question, " [y/n] "));
    ASSIGN_OR_RETURN(const std::string line, ReadLine(stop));
    const std::string answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(line));
    if (answer == "y" || answer == "yes") return true;
    if (answer == "n" || answer == "no") return false;
  }
}

}  // namespace expq::cli
