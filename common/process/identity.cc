#include "common/process/identity.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock/clock.h"
#include "common/process/proc_stat.h"

namespace expq::process {
namespace {

std::string Boot() {
  std::string boot = clock::BootId();
  return boot.empty() ? "-" : boot;
}

}  // namespace

pid_t SelfPid() { return getpid(); }

Identity Self() {
  Identity self{.pid = getpid(), .start_ticks = 0, .boot = Boot()};
  if (auto stat = ReadProcStat(self.pid)) self.start_ticks = stat->start_ticks;
  return self;
}

bool IsAlive(const Identity& identity) {
  auto stat = ReadProcStat(identity.pid);
  return stat && !stat->Dead() && stat->start_ticks == identity.start_ticks && Boot() == identity.boot;
}

bool Exists(pid_t pid) {
  const auto stat = ReadProcStat(pid);
  return stat && !stat->Dead();
}

std::string CommandLineOf(pid_t pid) {
  std::string line = ReadProcFile(absl::StrCat("/proc/", pid, "/cmdline"));
  while (!line.empty() && line.back() == '\0') line.pop_back();
  for (char& c : line) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return line;
}

std::string Format(const Identity& identity) {
  return absl::StrCat(identity.pid, " ", identity.start_ticks, " ", identity.boot);
}

std::optional<Identity> ParseIdentity(absl::string_view text) {
  std::vector<std::string> words = absl::StrSplit(text, ' ');
  Identity identity;
  if (words.size() != 3 || !absl::SimpleAtoi(words[0], &identity.pid) || identity.pid <= 0 ||
      !absl::SimpleAtoi(words[1], &identity.start_ticks) || words[2].empty()) {
    return std::nullopt;
  }
  identity.boot = words[2];
  return identity;
}

}  // namespace expq::process
