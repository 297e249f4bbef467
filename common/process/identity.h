// Which process a number means: pids are used again, a pid with its start time on one boot is not.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace expq::process {

struct Identity {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  // since boot, as in /proc/PID/stat
  std::string boot;          // clock::BootId, "-" when the kernel has none
  bool operator==(const Identity&) const = default;
};

Identity Self();
// Its number alone, which costs nothing.
pid_t SelfPid();
// False also for a zombie: it does nothing any more.
bool IsAlive(const Identity& identity);
// For numbers that others wrote down alone: whether some process of this machine has it now, and what that was started
// as, its arguments joined by blanks; "" when there is none.
bool Exists(pid_t pid);
std::string CommandLineOf(pid_t pid);
// "PID START BOOT" and back.
std::string Format(const Identity& identity);
std::optional<Identity> ParseIdentity(absl::string_view text);

}  // namespace expq::process
