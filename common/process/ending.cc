#include "common/process/ending.h"

namespace expq::process {

Ending::Send Ending::Next(absl::Duration now, bool stop) {
  if (!kill_at_) {
    stopped_ = stop;
    timed_out_ = !stop && now >= timeout_at_;
    if (!stopped_ && !timed_out_) return Send::kNothing;
    kill_at_ = now + grace_;
    return Send::kTerm;
  }
  if (killed_ || now < *kill_at_) return Send::kNothing;
  killed_ = true;
  return Send::kKill;
}

absl::Duration Ending::Wait(absl::Duration now) const {
  if (killed_) return absl::InfiniteDuration();
  return kill_at_.value_or(timeout_at_) - now;
}

}  // namespace expq::process
