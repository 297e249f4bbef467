// Running a command to its end, with everything that it started. Behind a seam: the twin in tests/support is scripted.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sync/sync.h"

namespace expq::process {

struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH of `env` when it has no slash
  std::string cwd;
  std::vector<std::string> env;  // "KEY=VALUE", the whole environment
  std::string output_path;       // stdout and stderr are appended here; empty = inherited
  std::string state_dir;         // where a supervisor keeps its files for this command; unused by DirectRunner
  absl::Duration timeout = absl::InfiniteDuration();
  absl::Duration grace = absl::Seconds(10);  // between SIGTERM and SIGKILL
};

struct ExitResult {
  int code = 0;    // exit code; -1 when ended by a signal
  int signal = 0;  // that ended it
  bool timed_out = false;
  absl::Duration timeout = absl::InfiniteDuration();  // that it ran into, when timed_out
  bool stopped = false;                               // ended because the stop token said so
  bool out_of_memory = false;                         // the kernel's OOM killer ended it, as far as can be told
  bool ok() const { return code == 0 && signal == 0; }
  // "exited with code 3", "killed by signal 9 (Killed)", "timed out after 1h"
  std::string Describe() const;
};

// Thread-safe: many commands at once, each call blocks its thread.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // Runs until the command ends; when `stop` stops or `timeout` passes: SIGTERM to all of it, `grace`, SIGKILL.
  // When it returns, nothing that the command started is alive. NotFound/PermissionDenied when it cannot be started.
  virtual absl::StatusOr<ExitResult> Run(const Command& command, const sync::StopToken& stop) = 0;
};

}  // namespace expq::process
