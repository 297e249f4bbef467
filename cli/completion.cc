#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// Options of a command (or the global ones, for null), hidden ones left out.
std::vector<Option> OptionsOf(const CommandInfo* info) {
  Globals globals;
  OptionTable table;
  std::unique_ptr<Command> command;
  if (info != nullptr) {
    command = info->make();
    command->Declare(table);
    DeclareFormats(table, info->formats, &globals);
  }
  DeclareGlobals(table, &globals);
  std::vector<Option> shown;
  for (const Option& option : table.options()) {
    if (!option.hidden) shown.push_back(option);
  }
  return shown;
}

std::string NamesOf(const CommandInfo* info) {
  std::vector<std::string> names;
  for (const Option& option : OptionsOf(info)) {
    for (absl::string_view name : absl::StrSplit(option.names, ',')) names.emplace_back(name);
  }
  return absl::StrJoin(names, " ");
}

std::string CommandNames(const std::vector<CommandInfo>& commands) {
  return absl::StrJoin(commands, " ", [](std::string* out, const CommandInfo& info) { out->append(info.name); });
}

// Experiment names are asked of expq itself, quietly: completion must never print an error.
constexpr absl::string_view kNames = "$(expq list --name-only 2>/dev/null)";

std::string Bash(const std::vector<CommandInfo>& commands) {
  std::string out = "_expq() {\n  local cur=${COMP_WORDS[COMP_CWORD]} command= word\n";
  out += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $word in\n";
  absl::StrAppend(&out, "      ", absl::StrReplaceAll(CommandNames(commands), {{" ", "|"}}),
                  ") command=$word; break;;\n");
  out += "    esac\n  done\n  local words\n  case $command in\n";
  for (const CommandInfo& info : commands) {
    absl::StrAppend(&out, "    ", info.name, ") words=\"", NamesOf(&info), "\";;\n");
  }
  absl::StrAppend(&out, "    *) words=\"", CommandNames(commands), " ", NamesOf(nullptr), "\";;\n  esac\n");
  absl::StrAppend(&out, "  if [[ $cur != -* && -n $command ]]; then words=\"", kNames, "\"; fi\n");
  out += "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _expq expq\n";
  return out;
}

std::string ShellQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string Zsh(const std::vector<CommandInfo>& commands) {
  std::string out =
      "#compdef expq\n_expq() {\n  local command word\n  for word in ${words[2,CURRENT-1]}; do\n    case $word in\n";
  absl::StrAppend(&out, "      ", absl::StrReplaceAll(CommandNames(commands), {{" ", "|"}}),
                  ") command=$word; break;;\n");
  out += "    esac\n  done\n  case $command in\n";
  for (const CommandInfo& info : commands) {
    absl::StrAppend(&out, "    ", info.name, ") compadd -- ", NamesOf(&info), " ", kNames, ";;\n");
  }
  out += "    *)\n      local -a commands=(\n";
  for (const CommandInfo& info : commands) {
    absl::StrAppend(&out, "        ", ShellQuoted(absl::StrCat(info.name, ":", info.summary)), "\n");
  }
  absl::StrAppend(&out, "      )\n      _describe command commands; compadd -- ", NamesOf(nullptr), ";;\n  esac\n}\n");
  out += "compdef _expq expq\n";
  return out;
}

std::string Fish(const std::vector<CommandInfo>& commands) {
  std::string out;
  for (const CommandInfo& info : commands) {
    absl::StrAppend(&out, "complete -c expq -n __fish_use_subcommand -f -a ", info.name, " -d ",
                    ShellQuoted(info.summary), "\n");
    for (const Option& option : OptionsOf(&info)) {
      absl::StrAppend(&out, "complete -c expq -n '__fish_seen_subcommand_from ", info.name, "'");
      if (!option.ShortName().empty()) absl::StrAppend(&out, " -s ", option.ShortName().substr(1));
      absl::StrAppend(&out, " -l ", option.LongName().substr(2), option.value_name.empty() ? "" : " -r", " -d ",
                      ShellQuoted(option.help), "\n");
    }
  }
  return out;
}

class CompletionCommand : public Command {
 public:
  void Declare(OptionTable& table) override { table.Positionals("SHELL", &shells_, "bash, zsh or fish", 1, 1); }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (shells_[0] == "bash") {
      context.terminal.Out(Bash(context.commands));
    } else if (shells_[0] == "zsh") {
      context.terminal.Out(Zsh(context.commands));
    } else if (shells_[0] == "fish") {
      context.terminal.Out(Fish(context.commands));
    } else {
      return absl::InvalidArgumentError(absl::StrCat("'", shells_[0], "' is none of bash, zsh, fish"));
    }
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> shells_;
};

}  // namespace

CommandInfo CompletionInfo() {
  return {.name = "completion",
          .summary = "shell completion for bash, zsh or fish",
          .details = "",
          .examples = {"source <(expq completion bash)"},
          .group = Group::kOther,
          .make = &Make<CompletionCommand>};
}

}  // namespace expq::cli
