#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>

#include "common/process/descriptor.h"
#include "common/process/ending.h"
#include "common/process/out_of_memory.h"
#include "common/process/proc_stat.h"
#include "common/process/runners.h"
#include "common/process/spawner.h"
#include "common/status/status.h"

namespace expq::process {
namespace {

absl::Duration Now() { return clock::SystemClock().Steady(); }

void AwaitAll(const std::vector<Descriptor>& processes, absl::Duration timeout) {
  absl::Duration until = Now() + timeout;
  for (const Descriptor& process : processes) Poll({process.get()}, until - Now());
}

void SignalEach(const std::vector<Descriptor>& processes, int signal) {
  for (const Descriptor& process : processes) SignalProcess(process, signal);
}

// Everything below the child, as it is now. /proc is the only way to it for a child in our own group, which cannot be
// signalled as a whole.
std::vector<Descriptor> Descendants(pid_t child) {
  std::vector<ProcStat> processes = ListProcesses();
  std::set<pid_t> tree = {child};
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcStat& process : processes) {
      if (tree.contains(process.parent) && tree.insert(process.pid).second) grown = true;
    }
  }
  tree.erase(child);
  std::vector<Descriptor> descendants;
  for (pid_t pid : tree) {
    auto descriptor = OpenProcess(pid);
    if (descriptor.ok()) descendants.push_back(*std::move(descriptor));
  }
  return descendants;
}

std::vector<Descriptor> Members(pid_t group) {
  std::vector<Descriptor> members;
  for (const ProcStat& process : ListProcesses()) {
    if (process.group != group || process.Dead()) continue;
    auto descriptor = OpenProcess(process.pid);
    if (descriptor.ok()) members.push_back(*std::move(descriptor));
  }
  return members;
}

// What the command left behind in its group. The group keeps its number for as long as anybody is in it.
void EndGroup(pid_t group, absl::Duration grace) {
  if (kill(-group, 0) != 0) return;
  std::vector<Descriptor> members = Members(group);
  if (members.empty()) return;
  kill(-group, SIGTERM);
  AwaitAll(members, grace);
  for (members = Members(group); !members.empty(); members = Members(group)) {
    kill(-group, SIGKILL);
    AwaitAll(members, absl::Seconds(1));
  }
}

// One command that runs, and how it is ended.
class Running {
 public:
  Running(Child child, bool foreground, const Command& command)
      : child_(std::move(child)),
        foreground_(foreground),
        grace_(command.grace),
        ending_(Now(), command.timeout, command.grace) {}

  void AwaitEnd(const StopDescriptor& stop) {
    bool stopping = false;
    for (;;) {
      std::vector<bool> ready = Poll({child_.descriptor.get(), stopping ? -1 : stop.get()}, ending_.Wait(Now()));
      if (ready[0]) return;
      stopping = stopping || ready[1];
      switch (ending_.Next(Now(), stopping)) {
        case Ending::Send::kNothing:
          break;
        case Ending::Send::kTerm:
          Signal(SIGTERM);
          break;
        case Ending::Send::kKill:
          Signal(SIGKILL);
          break;
      }
    }
  }

  // The wait status, when nothing of it is left.
  int Finish() {
    int wait_status = Reap(child_);
    absl::Duration grace = ending_.killed() ? absl::ZeroDuration() : grace_;
    if (!foreground_) EndGroup(child_.pid, grace);
    AwaitAll(signalled_, grace);
    SignalEach(signalled_, SIGKILL);
    AwaitAll(signalled_, absl::InfiniteDuration());
    return wait_status;
  }

  const Ending& ending() const { return ending_; }

 private:
  void Signal(int signal) {
    if (!foreground_) {
      kill(-child_.pid, signal);  // its number is its own until we reap it
      return;
    }
    std::vector<Descriptor> descendants = Descendants(child_.pid);
    SignalEach(descendants, signal);
    SignalProcess(child_.descriptor, signal);
    for (Descriptor& descendant : descendants) signalled_.push_back(std::move(descendant));
  }

  const Child child_;
  const bool foreground_;
  const absl::Duration grace_;
  Ending ending_;
  std::vector<Descriptor> signalled_;  // below a child in the foreground
};

ExitResult Interpret(int wait_status, const Ending& ending, const Command& command, int64_t oom_kills_before) {
  ExitResult result;
  result.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
  result.code = result.signal != 0 ? -1 : WEXITSTATUS(wait_status);
  result.stopped = ending.stopped();
  result.timed_out = ending.timed_out();
  if (result.timed_out) result.timeout = command.timeout;
  result.out_of_memory = WasOutOfMemory(result, oom_kills_before);
  return result;
}

}  // namespace

absl::StatusOr<ExitResult> DirectRunner::Run(const Command& command, const sync::StopToken& stop) {
  if (command.argv.empty()) return absl::InvalidArgumentError("an empty command");
  if (stop.Stopped()) return ExitResult{.code = -1, .signal = SIGTERM, .stopped = true};
  SpawnRequest request{
      .argv = command.argv, .env = command.env, .cwd = command.cwd, .output_path = command.output_path};
  request.place = foreground_ ? Place::kOurGroup : Place::kOwnGroup;
  request.null_input = !foreground_;
  ASSIGN_OR_RETURN(request.program, ResolveProgram(command.argv[0], command.env, command.cwd));
  ASSIGN_OR_RETURN(StopDescriptor stop_descriptor, StopDescriptor::Watch(stop));
  int64_t oom_kills = OomKills();
  ASSIGN_OR_RETURN(Child child, Spawn(request));
  Running running(std::move(child), foreground_, command);
  running.AwaitEnd(stop_descriptor);
  int wait_status = running.Finish();
  return Interpret(wait_status, running.ending(), command, oom_kills);
}

}  // namespace expq::process
