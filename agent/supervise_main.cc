// expq-supervise: runs ONE command and answers for everything that the command starts.
//
//   expq-supervise --state DIR --key TEXT (--alive-fd N | --lease-ms N) [--timeout-ms N] [--grace-ms N] -- PROGRAM
//   ARG0…
//
// Its caller has made it a session leader and has set directory, environment and descriptors 0 to 2: the command
// inherits them. It is a subreaper, so a daemon that leaves its parents becomes its child, and can be found and ended.
//
//   DIR/pid     "expq-pid 1 KEY PID START BOOT"  before the command starts; START in clock ticks since boot
//   DIR/status  "expq-status 1 KEY CODE SIGNAL TIMED_OUT STOPPED ERRNO"  by rename, when the command has ended, or
//               (ERRNO not 0) could not be started
//
// It is alone when the pipe --alive-fd ends (then all is killed at once: the next agent is waiting for the workspace),
// or when DIR/lease keeps its mtime for --lease-ms. SIGTERM stops the command. It ends when nothing of the tree is
// left, with 0, or with the errno that kept it from writing these files.
//
// Nothing but libc, linked statically: it starts in half a millisecond and outlives the upgrade of its agent. All times
// are CLOCK_MONOTONIC: a wall clock that jumps does not matter, and a suspended machine uses up no timeout.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <initializer_list>

namespace {

constexpr int64_t kNever = INT64_MAX;
// Longer than the line in that file: a key of 200 characters and six numbers.
constexpr size_t kStatusSize = 512;
// The lease is counted in looks at its file, this many a lease: when the whole machine stood still, that was one look.
constexpr int kLooksPerLease = 8;

struct Arguments {
  const char* state = nullptr;
  const char* key = "-";
  int alive_fd = -1;
  int64_t lease_ms = 0;
  int64_t timeout_ms = 0;  // 0 = none
  int64_t grace_ms = 10000;
  char** command = nullptr;  // program, argv[0], …, null
};

struct State {
  Arguments arguments;
  sigset_t inherited_mask;
  pid_t command = -1;
  bool command_ended = false;
  bool timed_out = false;
  bool stopped = false;
  bool terminating = false;
  int64_t kill_at = kNever;  // from when on SIGKILL is sent
  bool kill_sent = false;
  int64_t timeout_at = kNever;
  int64_t look_at = kNever;  // when the lease file is looked at next
  int looks_unchanged = 0;
  timespec lease_mtime = {};
  int error = 0;  // why the status could not be written
};

int64_t NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

// The exit code tells the agent why, as an errno: there may be no room left to write it anywhere.
[[noreturn]] void Die(const char* what) {
  int error = errno;
  fprintf(stderr, "expq-supervise: %s: %s\n", what, strerror(error));
  _exit(error);
}

bool WriteAll(int fd, const char* text, size_t size) {
  while (size > 0) {
    ssize_t written = write(fd, text, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

// For an agent that lives: nobody reads it before the line is complete, and no file has to be made or deleted. What the
// file has room for is not given up first.
bool WriteInPlace(const char* path, const char* text, bool durable) {
  size_t size = strlen(text);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  bool ok = WriteAll(fd, text, size) && ftruncate(fd, static_cast<off_t>(size)) == 0 && (!durable || fsync(fd) == 0);
  int error = errno;
  close(fd);
  errno = error;
  return ok;
}

struct FileNames {
  char path[PATH_MAX];
  char temporary[PATH_MAX];
};

FileNames NamesOf(const Arguments& arguments, const char* name) {
  FileNames names;
  snprintf(names.path, sizeof names.path, "%s/%s", arguments.state, name);
  snprintf(names.temporary, sizeof names.temporary, "%s/%s.new", arguments.state, name);
  return names;
}

// Room for the status, taken before the command can fill the disk. Where the file system cannot do that, it may be
// missing in the end.
bool ReserveStatus(const Arguments& arguments) {
  FileNames names = NamesOf(arguments, "status");
  int fd = open(arguments.alive_fd >= 0 ? names.path : names.temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  bool full = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, kStatusSize) != 0 && (errno == ENOSPC || errno == EDQUOT);
  int error = errno;
  close(fd);
  errno = error;
  return !full;
}

// With a lease, somebody may read it after a crash: durable, by rename.
bool WriteFile(const Arguments& arguments, const char* name, const char* text) {
  FileNames names = NamesOf(arguments, name);
  if (arguments.alive_fd >= 0) return WriteInPlace(names.path, text, false);
  if (!WriteInPlace(names.temporary, text, true) || rename(names.temporary, names.path) != 0) return false;
  int dir = open(arguments.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return false;
  bool ok = fsync(dir) == 0;
  close(dir);
  return ok;
}

bool ReadSmallFile(const char* path, char* buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = read(fd, buffer, size - 1);
  close(fd);
  if (got <= 0) return false;
  buffer[got] = '\0';
  return true;
}

// The fields of /proc/PID/stat after the name, which may hold anything: the first is the state.
const char* AfterName(const char* stat) {
  const char* end = strrchr(stat, ')');
  return end == nullptr ? nullptr : end + 2;
}

bool WritePid(const Arguments& arguments) {
  char stat[1024];
  char boot[64] = "-";
  if (!ReadSmallFile("/proc/self/stat", stat, sizeof stat)) return false;
  if (ReadSmallFile("/proc/sys/kernel/random/boot_id", boot, sizeof boot)) boot[strcspn(boot, "\n")] = '\0';
  const char* field = AfterName(stat);
  for (int skip = 0; field != nullptr && skip < 19; ++skip) {  // from field 3 (state) to field 22 (starttime)
    field = strchr(field, ' ');
    if (field != nullptr) ++field;
  }
  if (field == nullptr) return false;
  char text[512];
  snprintf(text, sizeof text, "expq-pid 1 %s %d %llu %s\n", arguments.key, getpid(), strtoull(field, nullptr, 10),
           boot);
  return WriteFile(arguments, "pid", text);
}

void WriteStatus(State& state, int code, int signal, int error) {
  char text[kStatusSize];
  snprintf(text, sizeof text, "expq-status 1 %s %d %d %d %d %d\n", state.arguments.key, code, signal,
           state.timed_out ? 1 : 0, state.stopped ? 1 : 0, error);
  if (WriteFile(state.arguments, "status", text)) return;
  state.error = errno;
  fprintf(stderr, "expq-supervise: cannot write %s/status: %s\n", state.arguments.state, strerror(state.error));
}

// --- the tree -------------------------------------------------------------------------------------------------------

struct Process {
  pid_t pid;
  pid_t parent;
  pid_t group;
  bool ours;
};

struct Processes {
  Process* list = nullptr;
  size_t count = 0;
  size_t capacity = 0;
};

// Kept between calls: the tree is looked at again and again only while it dies.
Processes g_processes;

void AddProcess(pid_t pid) {
  char path[64];
  char stat[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (!ReadSmallFile(path, stat, sizeof stat)) return;
  const char* field = AfterName(stat);
  char status = 0;
  int parent = 0;
  int group = 0;
  if (field == nullptr || sscanf(field, "%c %d %d", &status, &parent, &group) != 3 || status == 'Z') return;
  if (g_processes.count == g_processes.capacity) {
    g_processes.capacity = g_processes.capacity == 0 ? 1024 : g_processes.capacity * 2;
    g_processes.list = static_cast<Process*>(realloc(g_processes.list, g_processes.capacity * sizeof(Process)));
    if (g_processes.list == nullptr) Die("out of memory");
  }
  g_processes.list[g_processes.count++] = {pid, parent, group, false};
}

int ByPid(const void* a, const void* b) {
  return static_cast<const Process*>(a)->pid - static_cast<const Process*>(b)->pid;
}

bool IsOurs(pid_t pid) {
  Process key = {pid, 0, 0, false};
  auto* found = static_cast<Process*>(bsearch(&key, g_processes.list, g_processes.count, sizeof(Process), ByPid));
  return found != nullptr && found->ours;
}

// All living descendants. A parent normally has the smaller pid, so this settles in two passes.
void FindTree() {
  g_processes.count = 0;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) Die("/proc");
  while (dirent* entry = readdir(proc)) {
    int pid = atoi(entry->d_name);
    if (pid > 0) AddProcess(pid);
  }
  closedir(proc);
  qsort(g_processes.list, g_processes.count, sizeof(Process), ByPid);
  pid_t self = getpid();
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < g_processes.count; ++i) {
      Process& process = g_processes.list[i];
      if (process.ours || !(process.parent == self || IsOurs(process.parent))) continue;
      process.ours = true;
      changed = true;
    }
  }
}

// False when there are descendants but none that may be signalled (they have become another user's).
// A direct child cannot be replaced by a stranger of the same number before we reap it, so neither can its group: a
// group is signalled through it, in one step, which a fork bomb cannot outrun.
bool SignalTree(int signal) {
  FindTree();
  pid_t self = getpid();
  pid_t own_group = getpgrp();
  size_t found = 0;
  size_t reached = 0;
  for (size_t i = 0; i < g_processes.count; ++i) {
    const Process& process = g_processes.list[i];
    if (!process.ours) continue;
    ++found;
    if (process.parent == self && process.group != own_group) kill(-process.group, signal);
    if (kill(process.pid, signal) == 0 || errno == ESRCH) ++reached;
    if (signal == SIGTERM) kill(process.pid, SIGCONT);  // a stopped process would not see it
  }
  return found == 0 || reached > 0;
}

// --- the command ----------------------------------------------------------------------------------------------------

int StartOnce(State& state) {
  volatile int error = 0;  // written by the child, which shares our memory until it executes
  char** command = state.arguments.command;
  pid_t pid = vfork();
  if (pid < 0) return errno;
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // should this supervisor be killed
    sigprocmask(SIG_SETMASK, &state.inherited_mask, nullptr);
    execv(command[0], command + 1);
    error = errno;
    _exit(127);
  }
  state.command = pid;
  if (error != 0) waitpid(pid, nullptr, 0);
  return error;
}

// 0, or why the program could not be executed. A script that somebody just wrote may still be open in a process that is
// about to execute something else: that passes within milliseconds.
int Start(State& state) {
  int error = StartOnce(state);
  for (int attempt = 0; error == ETXTBSY && attempt < 20; ++attempt) {
    timespec pause = {0, 5000000};
    nanosleep(&pause, nullptr);
    error = StartOnce(state);
  }
  return error;
}

void CommandEnded(State& state, int status) {
  state.command_ended = true;
  state.timeout_at = kNever;
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  WriteStatus(state, signal != 0 ? -1 : WEXITSTATUS(status), signal, 0);
}

// True when no child is left at all.
bool Reap(State& state) {
  for (;;) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0) return errno == ECHILD;
    if (pid == 0) return false;
    if (pid == state.command) CommandEnded(state, status);
  }
}

void Terminate(State& state, int64_t grace_ms) {
  int64_t kill_at = NowMs() + grace_ms;
  if (kill_at < state.kill_at) state.kill_at = kill_at;
  if (grace_ms > 0) SignalTree(SIGTERM);
  state.terminating = true;
}

// Asked to stop: with grace; asked again, or only leftovers are there: at once.
void Stop(State& state) {
  int64_t grace = state.terminating ? 0 : state.arguments.grace_ms;
  if (!state.command_ended && !state.timed_out) state.stopped = true;
  Terminate(state, grace);
}

void ReadSignals(State& state, int signal_fd) {
  signalfd_siginfo info;
  while (read(signal_fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) Stop(state);
  }
}

bool LeaseMoved(State& state) {
  char path[PATH_MAX];
  struct stat info;
  snprintf(path, sizeof path, "%s/lease", state.arguments.state);
  if (stat(path, &info) != 0) return false;
  bool moved = info.st_mtim.tv_sec != state.lease_mtime.tv_sec || info.st_mtim.tv_nsec != state.lease_mtime.tv_nsec;
  state.lease_mtime = info.st_mtim;
  return moved;
}

void LookAtLease(State& state, int64_t now) {
  if (now < state.look_at) return;
  state.look_at = now + state.arguments.lease_ms / kLooksPerLease;
  state.looks_unchanged = LeaseMoved(state) ? 0 : state.looks_unchanged + 1;
  if (state.looks_unchanged < kLooksPerLease) return;
  state.look_at = kNever;
  state.stopped = true;
  Terminate(state, 0);
}

int PollTimeout(const State& state, int64_t now) {
  int64_t next = state.timeout_at < state.look_at ? state.timeout_at : state.look_at;
  // Once SIGKILL has been sent, only a SIGCHLD brings news. Whether it has is not told by the clock, which goes on.
  if (state.terminating && !state.kill_sent && state.kill_at < next) next = state.kill_at;
  if (next == kNever) return -1;
  if (next <= now) return 0;
  return next - now > INT_MAX ? INT_MAX : static_cast<int>(next - now);
}

void Supervise(State& state, int signal_fd) {
  pollfd fds[2] = {{signal_fd, POLLIN, 0}, {state.arguments.alive_fd, 0, 0}};
  for (;;) {
    if (Reap(state)) return;
    if (state.command_ended && !state.terminating) Terminate(state, state.arguments.grace_ms);
    int64_t now = NowMs();
    if (now >= state.timeout_at) {
      state.timeout_at = kNever;
      state.timed_out = !state.terminating;
      Terminate(state, state.arguments.grace_ms);
    }
    LookAtLease(state, now);
    if (state.terminating && now >= state.kill_at) {
      if (!SignalTree(SIGKILL)) return;
      state.kill_sent = true;
    }
    poll(fds, 2, PollTimeout(state, NowMs()));
    if (fds[0].revents != 0) ReadSignals(state, signal_fd);
    if (fds[1].revents != 0) {
      fds[1].fd = -1;
      state.stopped = true;
      Terminate(state, 0);
    }
  }
}

bool Alone(const Arguments& arguments) {
  pollfd alive = {arguments.alive_fd, 0, 0};
  return arguments.alive_fd >= 0 && poll(&alive, 1, 0) > 0;
}

[[noreturn]] void Usage() {
  fputs(
      "usage: expq-supervise --state DIR --key TEXT (--alive-fd N | --lease-ms N) [--timeout-ms N] [--grace-ms N] -- "
      "PROGRAM ARG0...\nPart of expq: started by its agent, not by hand.\n",
      stderr);
  _exit(EINVAL);
}

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  int i = 1;
  for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
    const char* value = argv[i + 1];
    if (strcmp(argv[i], "--state") == 0) {
      arguments.state = value;
    } else if (strcmp(argv[i], "--key") == 0) {
      arguments.key = value;
    } else if (strcmp(argv[i], "--alive-fd") == 0) {
      arguments.alive_fd = atoi(value);
    } else if (strcmp(argv[i], "--lease-ms") == 0) {
      arguments.lease_ms = atoll(value);
    } else if (strcmp(argv[i], "--timeout-ms") == 0) {
      arguments.timeout_ms = atoll(value);
    } else if (strcmp(argv[i], "--grace-ms") == 0) {
      arguments.grace_ms = atoll(value);
    } else {
      Usage();
    }
  }
  if (arguments.state == nullptr || i + 2 >= argc || (arguments.alive_fd < 0 && arguments.lease_ms <= 0)) Usage();
  arguments.command = argv + i + 1;
  return arguments;
}

int BlockSignals(State& state) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGCHLD, SIGHUP}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, &state.inherited_mask);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

int main(int argc, char** argv) {
  State state;
  state.arguments = Parse(argc, argv);
  const Arguments& arguments = state.arguments;
  int signal_fd = BlockSignals(state);
  if (signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) Die("cannot supervise");
  if (arguments.alive_fd >= 0) fcntl(arguments.alive_fd, F_SETFD, FD_CLOEXEC);
  if (!WritePid(arguments) || !ReserveStatus(arguments)) Die(arguments.state);
  // In this order: whoever takes over after our agent's death either finds the file, or we see that it is dead.
  if (Alone(arguments)) return 0;
  int64_t now = NowMs();
  if (arguments.timeout_ms > 0) state.timeout_at = now + arguments.timeout_ms;
  if (arguments.lease_ms > 0) {
    LeaseMoved(state);
    state.look_at = now + arguments.lease_ms / kLooksPerLease;
  }
  int error = Start(state);
  if (error != 0) {
    WriteStatus(state, 127, 0, error);
    return state.error;
  }
  Supervise(state, signal_fd);
  return state.error;
}
