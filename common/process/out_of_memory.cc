#include "common/process/out_of_memory.h"

#include <csignal>
#include <cstdlib>
#include <string>

#include "common/process/proc_stat.h"

namespace expq::process {

int64_t OomKills() {
  const std::string key = "\noom_kill ";
  std::string text = ReadProcFile("/proc/vmstat");
  size_t at = text.find(key);
  return at == std::string::npos ? 0 : strtoll(text.c_str() + at + key.size(), nullptr, 10);
}

bool WasOutOfMemory(const ExitResult& result, int64_t oom_kills_before) {
  bool killed = result.signal == SIGKILL || result.code == 128 + SIGKILL;  // a shell reports its child's death so
  return killed && !result.stopped && !result.timed_out && OomKills() > oom_kills_before;
}

}  // namespace expq::process
