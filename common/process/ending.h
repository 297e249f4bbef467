// When a command is asked to end and when it is made to: the part that both runners' ways of waiting share.
// Internal to room process; used by one thread.
#pragma once

#include <optional>

#include "absl/time/time.h"

namespace expq::process {

// Fed with the steady time; says what to send next. TERM once (for the first of stop and timeout), KILL once.
class Ending {
 public:
  enum class Send { kNothing, kTerm, kKill };

  Ending(absl::Duration now, absl::Duration timeout, absl::Duration grace)
      : timeout_at_(now + timeout), grace_(grace) {}

  Send Next(absl::Duration now, bool stop);
  // How long nothing can change by time alone.
  absl::Duration Wait(absl::Duration now) const;
  bool stopped() const { return stopped_; }
  bool timed_out() const { return timed_out_; }
  bool killed() const { return killed_; }

 private:
  absl::Duration timeout_at_;
  absl::Duration grace_;
  std::optional<absl::Duration> kill_at_;
  bool stopped_ = false;
  bool timed_out_ = false;
  bool killed_ = false;
};

}  // namespace expq::process
