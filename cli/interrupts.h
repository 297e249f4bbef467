// Ctrl-C once, twice, and a polite request to end, as stop tokens.
#pragma once

#include <thread>

#include "common/sync/sync.h"

namespace expq::cli {

// While it lives, SIGINT stops `drain` the first time and `stop` the second; SIGTERM and SIGHUP stop both at once.
// One at a time in a process. Signals that come are counted by a thread of its own, the handler only writes a byte.
class Interrupts {
 public:
  // `on_first` (may be null) is called on that thread at the first SIGINT, to say what happens now.
  explicit Interrupts(std::function<void()> on_first);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  const sync::StopToken& drain() const { return drain_; }
  const sync::StopToken& stop() const { return stop_; }
  bool Interrupted() const { return drain_.Stopped(); }

 private:
  void Listen();

  const std::function<void()> on_first_;
  sync::StopToken drain_;
  sync::StopToken stop_;
  int pipe_[2];
  std::thread listener_;
};

}  // namespace expq::cli
