#include "common/process/spawner.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/fs/filesystem.h"
#include "common/status/status.h"

namespace expq::process {
namespace {

constexpr absl::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// What posix_spawn needs, released however we leave.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t* actions() { return &actions_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Our mask and ignored signals (SIGPIPE, SIGXFSZ) are no business of the child.
void PlanSignals(Place place, posix_spawnattr_t* attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (place == Place::kOwnGroup) flags |= POSIX_SPAWN_SETPGROUP;
  if (place == Place::kOwnSession) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setpgroup(attributes, 0);
  posix_spawnattr_setflags(attributes, flags);
}

void PlanFiles(const SpawnRequest& request, int output, posix_spawn_file_actions_t* actions) {
  if (!request.cwd.empty()) posix_spawn_file_actions_addchdir_np(actions, request.cwd.c_str());
  if (request.null_input) posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
  if (output >= 0) {
    posix_spawn_file_actions_adddup2(actions, output, 1);
    posix_spawn_file_actions_adddup2(actions, output, 2);
  }
  int last = 2;
  for (const auto& [ours, its] : request.descriptors) {
    posix_spawn_file_actions_adddup2(actions, ours, its);
    last = std::max(last, its);
  }
  posix_spawn_file_actions_addclosefrom_np(actions, last + 1);
}

// A file just written may still be open for writing in a process that another thread is starting right now.
int SpawnPastBusyText(const SpawnRequest& request, SpawnPlan& plan, pid_t* pid) {
  std::vector<char*> argv = Pointers(request.argv);
  std::vector<char*> env = Pointers(request.env);
  int error = 0;
  for (int attempt = 0; attempt < 20; ++attempt) {
    error = posix_spawn(pid, request.program.c_str(), plan.actions(), plan.attributes(), argv.data(), env.data());
    if (error != ETXTBSY) break;
    Poll({}, absl::Milliseconds(5));
  }
  return error;
}

absl::Status CheckFolder(const std::string& cwd) {
  struct stat info{};
  if (cwd.empty()) return absl::OkStatus();
  if (stat(cwd.c_str(), &info) != 0) return status::FromErrno(errno, absl::StrCat("working folder ", cwd));
  if (!S_ISDIR(info.st_mode)) return status::FromErrno(ENOTDIR, absl::StrCat("working folder ", cwd));
  return absl::OkStatus();
}

absl::StatusOr<Descriptor> OpenOutput(const std::string& path) {
  if (path.empty()) return Descriptor();
  Descriptor output(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!output.valid()) return status::FromErrno(errno, absl::StrCat("output file ", path));
  return output;
}

enum class Found { kNothing, kHidden, kNotExecutable, kProgram };

Found Look(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return errno == EACCES ? Found::kHidden : Found::kNothing;
  if (!S_ISREG(info.st_mode)) return Found::kNotExecutable;
  return faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? Found::kProgram : Found::kNotExecutable;
}

std::string SearchPath(const std::vector<std::string>& env) {
  for (const std::string& entry : env) {
    if (absl::StartsWith(entry, "PATH=")) return entry.substr(5);
  }
  return std::string(kDefaultPath);
}

absl::Status NotExecutable(const std::string& path) {
  return absl::PermissionDeniedError(absl::StrCat("program ", path, ": not an executable file"));
}

}  // namespace

absl::StatusOr<std::string> ResolveProgram(const std::string& name, const std::vector<std::string>& env,
                                           const std::string& cwd) {
  if (name.empty()) return absl::InvalidArgumentError("an empty command");
  if (absl::StrContains(name, "/")) {
    std::string path = fs::Join(cwd, name);
    Found found = Look(path);
    if (found == Found::kNotExecutable || found == Found::kHidden) return NotExecutable(path);
    if (found == Found::kNothing) return absl::NotFoundError(absl::StrCat("program ", path, ": no such file"));
    return path;
  }
  std::string search = SearchPath(env);
  std::string refused;
  // A folder that we may not look into (root's, in a PATH that was handed down) holds nothing for us.
  for (absl::string_view folder : absl::StrSplit(search, ':')) {
    std::string path = fs::Join(fs::Join(cwd, folder), name);
    Found found = Look(path);
    if (found == Found::kProgram) return path;
    if (found == Found::kNotExecutable && refused.empty()) refused = path;
  }
  if (!refused.empty()) return NotExecutable(refused);
  return absl::NotFoundError(absl::StrCat("program '", name, "' is not in PATH (", search, ")"));
}

absl::StatusOr<Child> Spawn(const SpawnRequest& request) {
  RETURN_IF_ERROR(CheckFolder(request.cwd));
  ASSIGN_OR_RETURN(Descriptor output, OpenOutput(request.output_path));
  SpawnPlan plan;
  PlanSignals(request.place, plan.attributes());
  PlanFiles(request, output.get(), plan.actions());
  Child child;
  int error = SpawnPastBusyText(request, plan, &child.pid);
  if (error != 0) return status::FromErrno(error, absl::StrCat("cannot start ", request.program));
  auto descriptor = OpenProcess(child.pid);
  if (!descriptor.ok()) {  // out of descriptors: it must not run unwatched
    kill(child.pid, SIGKILL);
    Reap(child);
    return std::move(descriptor).status();
  }
  child.descriptor = *std::move(descriptor);
  return child;
}

int Reap(const Child& child) {
  int wait_status = 0;
  while (waitpid(child.pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return wait_status;
}

}  // namespace expq::process
