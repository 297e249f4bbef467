#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/process/process_runner.h"

namespace expq::process {

std::string ExitResult::Describe() const {
  if (timed_out) {
    return timeout == absl::InfiniteDuration() ? "timed out"
                                               : absl::StrCat("timed out after ", absl::FormatDuration(timeout));
  }
  if (out_of_memory) return "killed by the kernel: out of memory";
  if (stopped) return "stopped";
  if (signal != 0) {
    const char* name = sigdescr_np(signal);
    return absl::StrCat("killed by signal ", signal, name == nullptr ? "" : absl::StrCat(" (", name, ")"));
  }
  return absl::StrCat("exited with code ", code);
}

}  // namespace expq::process
