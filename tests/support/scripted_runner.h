// Commands that are lambdas: a twin of the process runners. A command is known by its last argument, which is the text
// that a shell would run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/process/process_runner.h"
#include "common/sync/sync.h"

namespace expq::testing {

// Thread-safe; scripts are called without a lock held, several at once.
class ScriptedRunner : public process::ProcessRunner {
 public:
  using Script = std::function<process::ExitResult(const process::Command&, const sync::StopToken&)>;

  // From now on `text` does this.
  void On(const std::string& text, Script script);
  // For texts without a script of their own. Without it they cannot be started: NotFound.
  void Otherwise(Script script);

  absl::StatusOr<process::ExitResult> Run(const process::Command& command, const sync::StopToken& stop) override;

  // All that were run, in the order of their start.
  std::vector<process::Command> commands() const;
  std::vector<std::string> texts() const;
  void Forget();

 private:
  mutable sync::Mutex mutex_;
  std::map<std::string, Script> scripts_ ABSL_GUARDED_BY(mutex_);
  Script otherwise_ ABSL_GUARDED_BY(mutex_);
  std::vector<process::Command> commands_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::testing
