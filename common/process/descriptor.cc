#include "common/process/descriptor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::process {
namespace {

int PollMilliseconds(absl::Duration timeout) {
  if (timeout <= absl::ZeroDuration()) return 0;
  // Rounded up: waking early would spin. A day at most: the callers loop.
  int64_t ms = absl::ToInt64Milliseconds(std::min(timeout, absl::Hours(24)) + absl::Milliseconds(1));
  return static_cast<int>(ms);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<StopDescriptor> StopDescriptor::Watch(const sync::StopToken& stop) {
  StopDescriptor watch;
  watch.fd_ = std::make_shared<Descriptor>(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!watch.fd_->valid()) return status::FromErrno(errno, "eventfd");
  watch.subscription_ = stop.OnStop([fd = watch.fd_] {
    uint64_t one = 1;
    ssize_t written = write(fd->get(), &one, sizeof one);
    (void)written;  // the counter cannot overflow: it is written once
  });
  return watch;
}

absl::StatusOr<Descriptor> OpenProcess(pid_t pid) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd >= 0) return Descriptor(fd);
  if (errno == ESRCH) return absl::NotFoundError(absl::StrCat("no process ", pid));
  return status::FromErrno(errno, absl::StrCat("process ", pid));
}

bool SignalProcess(const Descriptor& process, int signal) {
  return syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

std::vector<bool> Poll(const std::vector<int>& fds, absl::Duration timeout) {
  std::vector<pollfd> polled;
  for (int fd : fds) polled.push_back({fd, POLLIN, 0});
  std::vector<bool> ready(fds.size(), false);
  if (poll(polled.data(), polled.size(), PollMilliseconds(timeout)) <= 0) return ready;
  for (size_t i = 0; i < fds.size(); ++i) ready[i] = polled[i].revents != 0;
  return ready;
}

}  // namespace expq::process
