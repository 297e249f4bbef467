#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/process/descriptor.h"
#include "common/process/out_of_memory.h"
#include "common/process/proc_stat.h"
#include "common/process/runners.h"
#include "common/process/spawner.h"
#include "common/process/supervisor_files.h"
#include "common/status/status.h"

namespace expq::process {
namespace {

// Where the supervisor finds the pipe of our life.
constexpr int kAliveFd = 3;
// Renewals a lease: losing one to a slow disk does no harm.
constexpr int kRenewalsPerLease = 6;

// A supervisor that is being waited for: our child, or one that an earlier agent left.
struct Supervisor {
  pid_t pid = 0;
  Descriptor process;
  bool is_child = false;
  Descriptor alive;  // our end of its pipe: it ends with us
};

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(std::max<int64_t>(1, absl::ToInt64Milliseconds(duration)));
}

std::vector<std::string> Arguments(const Command& command, const SupervisorOptions& options, const std::string& key,
                                   const std::string& program) {
  std::vector<std::string> argv = {"expq-supervise", "--state", command.state_dir, "--key", key};
  auto add = [&argv](const char* name, std::string value) {
    argv.push_back(name);
    argv.push_back(std::move(value));
  };
  if (options.outlive) {
    add("--lease-ms", Milliseconds(options.lease));
  } else {
    add("--alive-fd", absl::StrCat(kAliveFd));
  }
  if (command.timeout < absl::InfiniteDuration()) add("--timeout-ms", Milliseconds(command.timeout));
  add("--grace-ms", Milliseconds(command.grace));
  add("--", program);
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  return argv;
}

absl::StatusOr<Supervisor> Start(const Command& command, const SupervisorOptions& options, const std::string& key) {
  ASSIGN_OR_RETURN(std::string program, ResolveProgram(command.argv[0], command.env, command.cwd));
  SupervisorFiles files(command.state_dir);
  RETURN_IF_ERROR(files.MakeFolder());
  SpawnRequest request{.program = options.program, .env = command.env, .cwd = command.cwd};
  request.argv = Arguments(command, options, key, program);
  request.output_path = command.output_path;
  request.place = Place::kOwnSession;
  Supervisor supervisor;
  supervisor.is_child = true;
  Descriptor its_end;
  if (options.outlive) {
    RETURN_IF_ERROR(files.Forget());
    RETURN_IF_ERROR(files.RenewLease());
  } else {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return status::FromErrno(errno, "pipe");
    its_end = Descriptor(ends[0]);
    supervisor.alive = Descriptor(ends[1]);
    request.descriptors = {{its_end.get(), kAliveFd}};
  }
  ASSIGN_OR_RETURN(Child child, Spawn(request));
  supervisor.pid = child.pid;
  supervisor.process = std::move(child.descriptor);
  return supervisor;
}

// The living supervisor of `dir`, if any. Opened first, checked then: the descriptor cannot mean a later process.
std::optional<Supervisor> Attach(const std::string& dir, const std::string& key) {
  auto identity = SupervisorFiles(dir).Supervisor(key);
  if (!identity) return std::nullopt;
  auto process = OpenProcess(identity->pid);
  if (!process.ok() || !IsAlive(*identity)) return std::nullopt;
  Supervisor supervisor;
  supervisor.pid = identity->pid;
  supervisor.process = *std::move(process);
  return supervisor;
}

// True when it was asked to stop.
bool AwaitEnd(const Supervisor& supervisor, const StopDescriptor& stop, const SupervisorOptions& options,
              const SupervisorFiles& files) {
  absl::Duration wait = options.outlive ? options.lease / kRenewalsPerLease : absl::InfiniteDuration();
  bool stopping = false;
  for (;;) {
    std::vector<bool> ready = Poll({supervisor.process.get(), stopping ? -1 : stop.get()}, wait);
    if (ready[0]) return stopping;
    if (ready[1]) {
      stopping = true;
      SignalProcess(supervisor.process, SIGTERM);
    }
    // A failed renewal (disk full) is tried again; the supervisor's patience is the limit.
    if (options.outlive) files.RenewLease().IgnoreError();
  }
}

// Somebody killed the supervisor, or it could not do its work: then its exit code is an errno. Its direct child died
// with it; the rest of its session is ended here.
absl::Status SupervisorLost(const Supervisor& supervisor, const std::string& state_dir, int wait_status) {
  for (const ProcStat& process : ListProcesses()) {
    if (process.session != supervisor.pid || process.Dead()) continue;
    auto descriptor = OpenProcess(process.pid);
    if (descriptor.ok()) SignalProcess(*descriptor, SIGKILL);
  }
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 0) {
    return status::FromErrno(WEXITSTATUS(wait_status), absl::StrCat("expq-supervise cannot write into ", state_dir));
  }
  return absl::InternalError(absl::StrCat("expq-supervise (pid ", supervisor.pid, ", ", state_dir,
                                          ") ended without saying how the command did"));
}

absl::StatusOr<ExitResult> Interpret(const SupervisorStatus& status, const Command& command, int64_t oom_kills_before) {
  if (status.start_error != 0) {
    return status::FromErrno(status.start_error, absl::StrCat("cannot start ", command.argv[0]));
  }
  ExitResult result = status.result;
  if (result.timed_out) result.timeout = command.timeout;
  result.out_of_memory = WasOutOfMemory(result, oom_kills_before);
  return result;
}

}  // namespace

absl::StatusOr<ExitResult> SupervisedRunner::Run(const Command& command, const sync::StopToken& stop) {
  if (command.argv.empty()) return absl::InvalidArgumentError("an empty command");
  if (command.state_dir.empty()) return absl::InvalidArgumentError("a supervised command needs a state folder");
  std::string key = options_.outlive ? KeyOf(command) : FreshKey();
  SupervisorFiles files(command.state_dir);
  int64_t oom_kills = OomKills();
  ASSIGN_OR_RETURN(StopDescriptor stop_descriptor, StopDescriptor::Watch(stop));

  std::optional<Supervisor> supervisor;
  if (options_.outlive) {
    supervisor = Attach(command.state_dir, key);
    auto ended = files.Status(key);
    if (!supervisor && ended) return Interpret(*ended, command, oom_kills);
  }
  if (!supervisor) {
    if (stop.Stopped()) return ExitResult{.code = -1, .signal = SIGTERM, .stopped = true};
    ASSIGN_OR_RETURN(supervisor, Start(command, options_, key));
  }
  bool stopping = AwaitEnd(*supervisor, stop_descriptor, options_, files);
  int wait_status = 0;
  if (supervisor->is_child) {
    while (waitpid(supervisor->pid, &wait_status, 0) < 0 && errno == EINTR) {
    }
  }
  auto ended = files.Status(key);
  if (ended) return Interpret(*ended, command, oom_kills);
  // It got the signal before it was ready to, and before it started anything.
  if (stopping) return ExitResult{.code = -1, .signal = SIGTERM, .stopped = true};
  return SupervisorLost(*supervisor, command.state_dir, wait_status);
}

absl::Status EndSupervised(const std::string& state_dir, absl::Duration timeout) {
  auto supervisor = Attach(state_dir, "");
  if (!supervisor) return absl::OkStatus();
  SignalProcess(supervisor->process, SIGTERM);
  SignalProcess(supervisor->process, SIGINT);  // asked twice: no grace; another number, as equal ones merge
  if (Poll({supervisor->process.get()}, timeout)[0]) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("the command supervised in ", state_dir, " does not end"));
}

}  // namespace expq::process
