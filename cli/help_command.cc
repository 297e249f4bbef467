#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class HelpCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("COMMAND", &names_, "the command to explain", 0, 2);
    table.Flag("--man", &man_, "everything, as a man page");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (man_) {
      context.terminal.Out(ManPage(context.commands));
    } else if (names_.empty()) {
      context.terminal.Out(Overview(context.commands));
    } else {
      const CommandInfo* info = FindCommand(context.commands, names_[0]);
      if (info == nullptr) return Unknown(context);
      const std::string whole = CommandHelp(*info);
      if (names_.size() > 1 && !IsAmong(names_[1], whole)) {
        return absl::InvalidArgumentError(absl::StrCat("'", names_[0], "' has no '", names_[1], "'"));
      }
      context.terminal.Out(whole);
    }
    return ExitCode::kDone;
  }

 private:
  // `help stage add`: a command of several words has "add|list" in its usage.
  static bool IsAmong(const std::string& word, const std::string& help) {
    return absl::StrContains(help, word + "|") || absl::StrContains(help, "|" + word);
  }

  absl::Status Unknown(const Context& context) const {
    std::vector<std::string> known;
    for (const CommandInfo& info : context.commands) known.push_back(info.name);
    const std::string near = params::Nearest(names_[0], known);
    return status::WithHint(absl::InvalidArgumentError(absl::StrCat("unknown command '", names_[0], "'")),
                            near.empty() ? "" : absl::StrCat("did you mean '", near, "'?"));
  }

  std::vector<std::string> names_;
  bool man_ = false;
};

}  // namespace

CommandInfo HelpInfo() {
  return {.name = "help",
          .summary = "explain a command",
          .details = "",
          .examples = {"expq help submit", "expq help --man > expq.1"},
          .group = Group::kOther,
          .make = &Make<HelpCommand>};
}

}  // namespace expq::cli
