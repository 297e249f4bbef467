#include "cli/interrupts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace expq::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr char kEnd = 0;

// A signal handler can reach nothing but a global.
std::atomic<int> g_write_end{-1};

void Handle(int signal) {
  const int saved = errno;
  const char byte = static_cast<char>(signal);
  // A full pipe already holds more requests to stop than anybody needs.
  if (write(g_write_end.load(), &byte, 1) < 0) errno = saved;
}

// Handlers, not a blocked mask: a blocked mask would be inherited by every command that stages start.
void Install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int signal : kSignals) sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupts::Interrupts(std::function<void()> on_first) : on_first_(std::move(on_first)), pipe_{-1, -1} {
  if (pipe2(pipe_, O_CLOEXEC) != 0) return;
  g_write_end = pipe_[1];
  listener_ = std::thread([this] { Listen(); });
  Install(&Handle);
}

Interrupts::~Interrupts() {
  Install(SIG_DFL);
  if (!listener_.joinable()) return;
  while (write(pipe_[1], &kEnd, 1) < 0 && errno == EINTR) {
  }
  listener_.join();
  g_write_end = -1;
  close(pipe_[0]);
  close(pipe_[1]);
}

void Interrupts::Listen() {
  char byte = 0;
  while (true) {
    const ssize_t n = read(pipe_[0], &byte, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n != 1 || byte == kEnd) return;
    const bool again = drain_.Stopped();
    drain_.Stop();
    if (byte != SIGINT || again) stop_.Stop();
    if (!again && on_first_) on_first_();
  }
}

}  // namespace expq::cli
