// The two real runners.
#pragma once

#include <string>

#include "common/clock/clock.h"
#include "common/process/process_runner.h"

namespace expq::process {

// Starts the command as a child of this process in a process group of its own (or, when `foreground`, in ours: a
// terminal's Ctrl-C reaches it). For `repro` and for short helpers.
class DirectRunner : public ProcessRunner {
 public:
  explicit DirectRunner(bool foreground = false) : foreground_(foreground) {}
  absl::StatusOr<ExitResult> Run(const Command& command, const sync::StopToken& stop) override;

 private:
  bool foreground_;
};

struct SupervisorOptions {
  std::string program;  // expq-supervise
  // How the supervisor notices that it is alone: by the end of a pipe (the agent's life, local mode), or by a lease
  // file in Command::state_dir that the agent renews (daemon: the stage outlives an agent restart).
  bool outlive = false;
  absl::Duration lease = absl::Seconds(60);
};

// Starts each command under expq-supervise. With `outlive`, Run on a state_dir whose supervisor is alive (or that holds
// an exit status already) does not start anything: it waits for that one.
class SupervisedRunner : public ProcessRunner {
 public:
  explicit SupervisedRunner(SupervisorOptions options) : options_(std::move(options)) {}
  absl::StatusOr<ExitResult> Run(const Command& command, const sync::StopToken& stop) override;

 private:
  SupervisorOptions options_;
};

// Ends what a supervisor in `state_dir` still runs, at once, and waits for it; OK when nobody is there. For what a dead
// agent left. DeadlineExceeded when it is still there after `timeout`.
absl::Status EndSupervised(const std::string& state_dir, absl::Duration timeout);

// Where expq-supervise is: $EXPQ_SUPERVISE, beside this program, or ../libexec/expq. NotFound says where it looked.
absl::StatusOr<std::string> FindSupervisor();

}  // namespace expq::process
