// One command of expq: what it is called, what it takes, what it does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/options.h"

namespace expq::cli {

// Made, declared, parsed into and run once.
class Command {
 public:
  virtual ~Command() = default;
  virtual void Declare(OptionTable& options) = 0;
  // Takes off `args` what is not parsed as options of ours: the words of a command that somebody wants to run.
  virtual void TakeWords(const OptionTable& /*options*/, std::vector<std::string>& /*args*/) {}
  // An error is shown, and its code decides the exit code.
  virtual absl::StatusOr<ExitCode> Run(Context& context) = 0;
};

enum class Formats { kNone, kJson, kTable };  // kTable: --json, --csv and --md
enum class Group { kQueue, kData, kResults, kDaemons, kOther };

struct CommandInfo {
  std::string name;
  std::string summary;                // one line, lower case, no full stop
  std::string details;                // sentences, for the command's own help
  std::vector<std::string> examples;  // "expq submit -S units=128"
  Group group = Group::kOther;
  Formats formats = Formats::kNone;
  std::unique_ptr<Command> (*make)() = nullptr;
};

template <typename T>
std::unique_ptr<Command> Make() {
  return std::make_unique<T>();
}

// The options that every command takes.
void DeclareGlobals(OptionTable& options, Globals* globals);
// --json, --csv, --md, --no-pager, as `formats` says.
void DeclareFormats(OptionTable& options, Formats formats, Globals* globals);

// All commands, in the order of the help. Made once, in main.
std::vector<CommandInfo> AllCommands();
const CommandInfo* FindCommand(const std::vector<CommandInfo>& commands, absl::string_view name);

}  // namespace expq::cli
