#include "cli/help.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace expq::cli {
namespace {

constexpr absl::string_view kVersion = "0.1.0";
constexpr size_t kHelpColumn = 30;
constexpr size_t kHelpWidth = 100;

constexpr Group kGroups[] = {Group::kQueue, Group::kData, Group::kResults, Group::kDaemons, Group::kOther};

absl::string_view Title(Group group) {
  switch (group) {
    case Group::kQueue:
      return "Queue and run";
    case Group::kData:
      return "Data";
    case Group::kResults:
      return "Results";
    case Group::kDaemons:
      return "Daemons";
    case Group::kOther:
      return "Other";
  }
  return "";
}

// `text` from column `column` on, wrapped at kHelpWidth.
std::string Wrapped(absl::string_view text, size_t column) {
  std::string out, line;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    if (!line.empty() && column + line.size() + 1 + word.size() > kHelpWidth) {
      absl::StrAppend(&out, line, "\n", std::string(column, ' '));
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  return out + line;
}

std::string Entry(absl::string_view left, absl::string_view right) {
  std::string out = absl::StrCat("  ", left);
  if (out.size() + 2 > kHelpColumn) {
    absl::StrAppend(&out, "\n", std::string(kHelpColumn, ' '));
  } else {
    out.append(kHelpColumn - out.size(), ' ');
  }
  return absl::StrCat(out, Wrapped(right, kHelpColumn), "\n");
}

std::string Left(const Option& option) {
  std::string names = absl::StrReplaceAll(option.names, {{",", ", "}});
  return option.value_name.empty() ? names : absl::StrCat(names, " ", option.value_name);
}

std::string Usage(const CommandInfo& info, const OptionTable& table) {
  std::string usage = absl::StrCat("expq ", info.name, " [options]");
  if (const auto& positional = table.positional()) {
    const std::string name = positional->max > 1 ? absl::StrCat(positional->name, "...") : positional->name;
    absl::StrAppend(&usage, positional->min > 0 ? absl::StrCat(" ", name) : absl::StrCat(" [", name, "]"));
  }
  return usage;
}

// The options of the command itself, then the global ones.
struct Tables {
  OptionTable own, global;
};

// `command` and `globals` must outlive the tables' setters, which help never calls.
Tables TablesOf(const CommandInfo& info, Command& command, Globals* globals) {
  Tables tables;
  command.Declare(tables.own);
  DeclareFormats(tables.own, info.formats, globals);
  DeclareGlobals(tables.global, globals);
  return tables;
}

std::string Entries(const OptionTable& table) {
  std::string out;
  for (const Option& option : table.options()) {
    if (!option.hidden) absl::StrAppend(&out, Entry(Left(option), option.help));
  }
  return out;
}

// roff: a dash is a minus sign only when escaped, a dot or quote at the start of a line is a request.
std::string Roff(absl::string_view text) {
  std::string out = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  return !out.empty() && (out[0] == '.' || out[0] == '\'') ? absl::StrCat("\\&", out) : out;
}

std::string RoffCommand(const CommandInfo& info) {
  const std::unique_ptr<Command> command = info.make();
  Globals globals;
  const Tables tables = TablesOf(info, *command, &globals);
  std::string out = absl::StrCat(".SS ", Roff(Usage(info, tables.own)), "\n", Roff(info.summary), ".\n");
  if (!info.details.empty()) absl::StrAppend(&out, ".PP\n", Roff(info.details), "\n");
  for (const Option& option : tables.own.options()) {
    if (!option.hidden) absl::StrAppend(&out, ".TP\n.B ", Roff(Left(option)), "\n", Roff(option.help), "\n");
  }
  for (const std::string& example : info.examples) absl::StrAppend(&out, ".PP\n.EX\n", Roff(example), "\n.EE\n");
  return out;
}

}  // namespace

std::string VersionText() { return absl::StrCat("expq ", kVersion, "\n"); }

std::string Overview(const std::vector<CommandInfo>& commands) {
  std::string out = "expq queues machine-learning experiments, runs them, and compares the results.\n\n";
  absl::StrAppend(&out, "usage: expq [global options] COMMAND [options]\n");
  for (Group group : kGroups) {
    absl::StrAppend(&out, "\n", Title(group), "\n");
    for (const CommandInfo& info : commands) {
      if (info.group == group) absl::StrAppend(&out, Entry(info.name, info.summary));
    }
  }
  Globals globals;
  OptionTable table;
  DeclareGlobals(table, &globals);
  absl::StrAppend(&out, "\nGlobal options, before or after the command\n", Entries(table));
  absl::StrAppend(&out, "\nExit codes: 0 done, 1 ran and failed, 2 wrong usage or input, 3 not found, 4 conflict,\n",
                  "5 scheduler unreachable, 130 interrupted\n");
  return out;
}

std::string CommandHelp(const CommandInfo& info) {
  const std::unique_ptr<Command> command = info.make();
  Globals globals;
  const Tables tables = TablesOf(info, *command, &globals);
  std::string out = absl::StrCat("expq ", info.name, ": ", info.summary, "\n\nusage: ", Usage(info, tables.own), "\n");
  if (!info.details.empty()) absl::StrAppend(&out, "\n", Wrapped(info.details, 0), "\n");
  if (const auto& positional = tables.own.positional()) {
    absl::StrAppend(&out, "\nArguments\n", Entry(positional->name, positional->help));
  }
  const std::string own = Entries(tables.own);
  if (!own.empty()) absl::StrAppend(&out, "\nOptions\n", own);
  absl::StrAppend(&out, "\nGlobal options\n", Entries(tables.global));
  absl::StrAppend(&out, info.examples.size() == 1 ? "\nExample\n" : "\nExamples\n");
  for (const std::string& example : info.examples) absl::StrAppend(&out, "  ", example, "\n");
  return out;
}

std::string ManPage(const std::vector<CommandInfo>& commands) {
  std::string out = absl::StrCat(".TH EXPQ 1 \"\" \"expq ", kVersion, "\"\n.SH NAME\nexpq \\- ",
                                 "queue, run and compare machine\\-learning experiments\n", ".SH SYNOPSIS\n.B expq\n",
                                 "[global options] COMMAND [options]\n.SH COMMANDS\n");
  for (const CommandInfo& info : commands) absl::StrAppend(&out, RoffCommand(info));
  out += ".SH GLOBAL OPTIONS\n";
  Globals globals;
  OptionTable table;
  DeclareGlobals(table, &globals);
  for (const Option& option : table.options()) {
    absl::StrAppend(&out, ".TP\n.B ", Roff(Left(option)), "\n", Roff(option.help), "\n");
  }
  out += ".SH EXIT STATUS\n0 done, 1 ran and failed, 2 wrong usage or input, 3 not found, 4 conflict with the present ";
  out += "state, 5 scheduler unreachable, 130 interrupted.\n";
  return out;
}

}  // namespace expq::cli
