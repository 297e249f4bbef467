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

// The child and everything below it, as they are now. Only for a child in our own group, which cannot be signalled as a
// whole: /proc is the only way to its children.
void SignalTree(const Child& child, int signal) {
  std::vector<ProcStat> processes = ListProcesses();
  std::set<pid_t> tree = {child.pid};
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcStat& process : processes) {
      if (tree.contains(process.parent) && tree.insert(process.pid).second) grown = true;
    }
  }
  for (pid_t pid : tree) {
    if (pid != child.pid) kill(pid, signal);
  }
  SignalProcess(child.descriptor, signal);
}

void SignalAll(const Child& child, bool foreground, int signal) {
  if (foreground) {
    SignalTree(child, signal);
  } else {
    kill(-child.pid, signal);  // its number is its own until we reap it
  }
}

void AwaitEnd(const Child& child, const StopDescriptor& stop, bool foreground, Ending& ending) {
  bool stopping = false;
  for (;;) {
    std::vector<bool> ready = Poll({child.descriptor.get(), stopping ? -1 : stop.get()}, ending.Wait(Now()));
    if (ready[0]) return;
    stopping = stopping || ready[1];
    switch (ending.Next(Now(), stopping)) {
      case Ending::Send::kNothing:
        break;
      case Ending::Send::kTerm:
        SignalAll(child, foreground, SIGTERM);
        break;
      case Ending::Send::kKill:
        SignalAll(child, foreground, SIGKILL);
        break;
    }
  }
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

void AwaitAll(const std::vector<Descriptor>& processes, absl::Duration timeout) {
  absl::Duration until = Now() + timeout;
  for (const Descriptor& process : processes) Poll({process.get()}, until - Now());
}

// What the command left behind in its group. The group keeps its number for as long as anybody is in it.
void EndLeftovers(pid_t group, absl::Duration grace) {
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
  Ending ending(Now(), command.timeout, command.grace);
  AwaitEnd(child, stop_descriptor, foreground_, ending);
  int wait_status = Reap(child);
  if (!foreground_) EndLeftovers(child.pid, ending.killed() ? absl::ZeroDuration() : command.grace);
  return Interpret(wait_status, ending, command, oom_kills);
}

}  // namespace expq::process
