#include "cli/program.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "cli/dvc_words.h"
#include "cli/environment.h"
#include "cli/help.h"
#include "cli/json.h"
#include "cli/parser.h"
#include "cli/report.h"
#include "common/params/params.h"
#include "common/pipeline/excerpt.h"
#include "common/status/status.h"
#include "common/value/value.h"

namespace expq::cli {
namespace {

// Where the command's name stands in `args`, skipping global options and their values; args.size() when there is none.
size_t CommandPosition(const std::vector<std::string>& args, const OptionTable& globals) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (!absl::StartsWith(args[i], "-") || args[i] == "-") return i;
    const Option* option = globals.Find(args[i]);
    if (option != nullptr && !option->value_name.empty()) ++i;
  }
  return args.size();
}

bool Has(const std::vector<std::string>& args, absl::string_view wanted) {
  for (const std::string& arg : args) {
    if (arg == "--") return false;
    if (arg == wanted) return true;
  }
  return false;
}

absl::Status UnknownCommand(const std::vector<CommandInfo>& commands, const std::string& name) {
  const std::string of_dvc = HintForDvcCommand(name);
  if (!of_dvc.empty()) {
    return status::WithHint(absl::InvalidArgumentError(absl::StrCat("there is no command '", name, "' here")), of_dvc);
  }
  std::vector<std::string> names;
  for (const CommandInfo& info : commands) names.push_back(info.name);
  const std::string near = params::Nearest(name, names);
  return status::WithHint(absl::InvalidArgumentError(absl::StrCat("unknown command '", name, "'")),
                          near.empty() ? "expq help lists the commands" : absl::StrCat("did you mean '", near, "'?"));
}

absl::Status Settle(Context& context) {
  Globals& globals = context.globals;
  context.terminal.Configure({.color = globals.color,
                              .no_color = !context.environment.Get("NO_COLOR").empty(),
                              .dumb = context.environment.Get("TERM") == "dumb",
                              .quiet = globals.quiet,
                              .verbose = globals.verbose});
  if (globals.json + globals.csv + globals.markdown > 1) {
    return absl::InvalidArgumentError("only one of --json, --csv and --md");
  }
  const std::string wanted = fs::Join(context.cwd, globals.directory);
  const auto info = context.fs.Stat(wanted);
  if (!info.ok() || info->kind != fs::Kind::kDirectory) {
    return absl::NotFoundError(absl::StrCat("-C ", globals.directory, ": no such folder"));
  }
  context.cwd = Canonical(wanted);
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> RunCommand(const CommandInfo& info, std::vector<std::string> args, Context& context) {
  std::unique_ptr<Command> command = info.make();
  OptionTable options;
  command->Declare(options);
  DeclareFormats(options, info.formats, &context.globals);
  DeclareGlobals(options, &context.globals);
  command->TakeWords(options, args);
  if (Has(args, "--help") || Has(args, "-h")) {
    context.terminal.Out(CommandHelp(info));
    return ExitCode::kDone;
  }
  const absl::Status parsed = ParseArguments(options, args);
  if (!parsed.ok()) {
    const std::string hint = status::Hint(parsed);
    return hint.empty() ? status::WithHint(parsed, absl::StrCat("expq help ", info.name)) : parsed;
  }
  RETURN_IF_ERROR(Settle(context));
  SayWarnings(context, options.remarks());
  return command->Run(context);
}

// What is typed ends up in JSON, in commit messages and in calls: all of them are UTF-8.
absl::Status CheckEncoding(const std::vector<std::string>& args) {
  for (const std::string& arg : args) {
    const std::string readable = value::AsUtf8(arg);
    if (readable != arg) return absl::InvalidArgumentError(absl::StrCat("not valid UTF-8: '", readable, "'"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Dispatch(const std::vector<std::string>& args, Context& context) {
  Globals ignored;
  OptionTable globals;
  DeclareGlobals(globals, &ignored);
  const size_t at = CommandPosition(args, globals);
  if (at == args.size()) {
    if (Has(args, "--version")) {
      context.terminal.Out(VersionText());
      return ExitCode::kDone;
    }
    const bool asked = args.empty() || Has(args, "--help") || Has(args, "-h");
    if (!asked) RETURN_IF_ERROR(ParseArguments(globals, args));
    context.terminal.Out(Overview(context.commands));
    return asked ? ExitCode::kDone : ExitCode::kUsage;
  }
  const CommandInfo* info = FindCommand(context.commands, args[at]);
  const CommandInfo of_dvc = ExpInfo();
  if (info == nullptr && args[at] == of_dvc.name) info = &of_dvc;
  if (info == nullptr) return UnknownCommand(context.commands, args[at]);
  std::vector<std::string> rest = args;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  return RunCommand(*info, rest, context);
}

}  // namespace

void ReportError(const absl::Status& status, bool json, Terminal& terminal) {
  const std::string hint = status::Hint(status);
  const std::string message(status.message());
  if (json) terminal.Out(ErrorJson(ExitCodeOf(status), message, hint));
  terminal.Live("");
  terminal.Error(absl::StrCat(terminal.PaintTalk(Style::kRed, "expq: error:"), " ", message));
  const std::string excerpt = pipeline::Excerpt(status);
  if (!excerpt.empty()) {
    for (const absl::string_view line : absl::StrSplit(excerpt, '\n')) terminal.Error(line);
  }
  if (!hint.empty()) terminal.Error(absl::StrCat("hint: ", hint));
}

ExitCode RunProgram(const Start& start, const Environment& environment, Terminal& terminal) {
  fs::PosixFilesystem filesystem;
  clock::SystemClock clock;
  const std::unique_ptr<random::Random> random = random::NewSystemRandom();
  const std::vector<CommandInfo> commands = AllCommands();
  Context context{.globals = {},
                  .cwd = start.cwd,
                  .terminal = terminal,
                  .fs = filesystem,
                  .clock = clock,
                  .random = *random,
                  .environment = environment,
                  .commands = commands};
  terminal.Configure({.no_color = !environment.Get("NO_COLOR").empty(), .dumb = environment.Get("TERM") == "dumb"});
  const absl::Status readable = CheckEncoding(start.args);
  absl::StatusOr<ExitCode> code = readable.ok() ? Dispatch(start.args, context) : readable;
  if (code.ok() && !terminal.OutStatus().ok()) code = terminal.OutStatus();
  if (code.ok()) return *code;
  // The options may not have been read: then what was typed says whether JSON was wanted.
  ReportError(code.status(), context.globals.json || Has(start.args, "--json"), terminal);
  return ExitCodeOf(code.status());
}

}  // namespace expq::cli
