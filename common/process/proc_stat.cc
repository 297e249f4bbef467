#include "common/process/proc_stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace expq::process {
std::string ReadProcFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text(16384, '\0');
  ssize_t got = read(fd, text.data(), text.size());
  close(fd);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

std::optional<ProcStat> ReadProcStat(pid_t pid) {
  std::string text = ReadProcFile("/proc/" + std::to_string(pid) + "/stat");
  size_t name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  ProcStat stat;
  stat.pid = pid;
  unsigned long long start = 0;
  int fields = sscanf(text.c_str() + name_end + 1,
                      " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &stat.state,
                      &stat.parent, &stat.group, &stat.session, &start);
  if (fields != 5) return std::nullopt;
  stat.start_ticks = start;
  return stat;
}

std::vector<ProcStat> ListProcesses() {
  std::vector<ProcStat> processes;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return processes;
  while (dirent* entry = readdir(proc)) {
    int pid = atoi(entry->d_name);
    if (pid <= 0) continue;
    if (auto stat = ReadProcStat(pid)) processes.push_back(*stat);
  }
  closedir(proc);
  return processes;
}

}  // namespace expq::process
