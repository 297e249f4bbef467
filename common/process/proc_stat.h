// /proc: what the kernel says about processes. Internal to room process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace expq::process {

struct ProcStat {
  pid_t pid = 0;
  char state = '?';  // 'Z' and 'X' are dead
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  uint64_t start_ticks = 0;
  bool Dead() const { return state == 'Z' || state == 'X'; }
};

std::optional<ProcStat> ReadProcStat(pid_t pid);
// Every process of this machine that can be seen.
std::vector<ProcStat> ListProcesses();
// A small file of /proc, at most 16 KiB; "" when it cannot be read.
std::string ReadProcFile(const std::string& path);

}  // namespace expq::process
