#include "tests/support/scripted_runner.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace expq::testing {

void ScriptedRunner::On(const std::string& text, Script script) {
  sync::MutexLock lock(mutex_);
  scripts_[text] = std::move(script);
}

void ScriptedRunner::Otherwise(Script script) {
  sync::MutexLock lock(mutex_);
  otherwise_ = std::move(script);
}

absl::StatusOr<process::ExitResult> ScriptedRunner::Run(const process::Command& command, const sync::StopToken& stop) {
  if (command.argv.empty()) return absl::InvalidArgumentError("an empty command");
  Script script;
  {
    sync::MutexLock lock(mutex_);
    commands_.push_back(command);
    const auto found = scripts_.find(command.argv.back());
    script = found == scripts_.end() ? otherwise_ : found->second;
  }
  if (script == nullptr) return absl::NotFoundError(absl::StrCat("no script for '", command.argv.back(), "'"));
  return script(command, stop);
}

std::vector<process::Command> ScriptedRunner::commands() const {
  sync::MutexLock lock(mutex_);
  return commands_;
}

std::vector<std::string> ScriptedRunner::texts() const {
  std::vector<std::string> texts;
  for (const process::Command& command : commands()) texts.push_back(command.argv.back());
  return texts;
}

void ScriptedRunner::Forget() {
  sync::MutexLock lock(mutex_);
  commands_.clear();
}

}  // namespace expq::testing
