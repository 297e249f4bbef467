#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/process/process_runner.h"

namespace expq::process {
namespace {

constexpr int kShellSignal = 128;

}  // namespace

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
  // A shell reports the signal that ended its command so.
  const char* name = code > kShellSignal ? sigdescr_np(code - kShellSignal) : nullptr;
  return absl::StrCat("exited with code ", code,
                      name == nullptr ? "" : absl::StrCat(" (128 + signal ", code - kShellSignal, ", ", name, ")"));
}

}  // namespace expq::process
