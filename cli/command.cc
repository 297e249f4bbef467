#include "cli/command.h"

namespace expq::cli {

void DeclareGlobals(OptionTable& options, Globals* globals) {
  options.Text("-C,--directory", "DIR", &globals->directory, "run as if started in DIR");
  options.Text(
      "--scheduler", "ADDR", &globals->scheduler,
      "host:port or unix:PATH (also EXPQ_SCHEDULER, git config expq.scheduler; none: this repository's own queue)");
  options.Text("--project", "NAME", &globals->project,
               "the project on the scheduler (default: last part of origin's URL, else the folder's name)");
  options.Flag("-q,--quiet", &globals->quiet, "only errors on stderr");
  options.Flag("-v,--verbose", &globals->verbose, "say more on stderr");
  options.Choice("--color", {"auto", "always", "never"}, &globals->color, "colours (NO_COLOR is respected)");
  options.Flag("-h,--help", &globals->help, "show this help");
}

void DeclareFormats(OptionTable& options, Formats formats, Globals* globals) {
  if (formats == Formats::kNone) return;
  options.Flag("--json", &globals->json, "one JSON object on stdout");
  options.Old("--show-json", "--json");
  if (formats == Formats::kJson) return;
  options.Flag("--csv", &globals->csv, "comma-separated values");
  options.Flag("--md", &globals->markdown, "a Markdown table");
  options.Old("--show-csv", "--csv");
  options.Old("--show-md", "--md");
  options.Flag("--no-pager", &globals->no_pager, "never start a pager");
}

const CommandInfo* FindCommand(const std::vector<CommandInfo>& commands, absl::string_view name) {
  for (const CommandInfo& info : commands) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace expq::cli
