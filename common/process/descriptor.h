// A file descriptor with an owner, and the few kinds that waiting for processes needs. Internal to room process.
#pragma once

#include <sys/types.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sync/sync.h"

namespace expq::process {

// Closed when destroyed. All are close-on-exec.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Readable once `stop` has stopped, so that it can be polled together with a process.
class StopDescriptor {
 public:
  static absl::StatusOr<StopDescriptor> Watch(const sync::StopToken& stop);
  int get() const { return fd_->get(); }

 private:
  std::shared_ptr<Descriptor> fd_;  // shared with the callback, which may run while we go
  std::shared_ptr<void> subscription_;
};

// A descriptor of the process, readable when it has ended. NotFound when there is no such process.
absl::StatusOr<Descriptor> OpenProcess(pid_t pid);
// Never reaches another process that got the same number. False when it has ended.
bool SignalProcess(const Descriptor& process, int signal);

// Which of `fds` (negative ones are left out) are readable or at their end, after at most `timeout`.
std::vector<bool> Poll(const std::vector<int>& fds, absl::Duration timeout);

}  // namespace expq::process
