#include "cli/report.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/json.h"
#include "common/process/runners.h"

namespace expq::cli {
namespace {

// More lines than any terminal shows at once without scrolling, near enough: less -F leaves at once when it fits.
constexpr int kPageLines = 20;

}  // namespace

void ReportChanged(const Context& context, absl::string_view verb, const std::vector<experiment::Experiment>& changed) {
  if (context.globals.json) {
    value::Map root = Versioned();
    root.Set("experiments", ExperimentsJson(changed));
    context.terminal.Out(JsonLine(std::move(root)));
    return;
  }
  std::string out;
  for (const experiment::Experiment& e : changed) absl::StrAppend(&out, verb, " ", e.name, "\n");
  context.terminal.Out(out);
}

void SayWarnings(const Context& context, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) context.terminal.Talk(absl::StrCat("warning: ", warning));
}

void Page(const Context& context, const std::string& text) {
  const bool fits = std::count(text.begin(), text.end(), '\n') < kPageLines;
  if (fits || !context.terminal.OutIsTerminal() || context.globals.no_pager) {
    context.terminal.Out(text);
    return;
  }
  const std::string file = fs::Join("/tmp", absl::StrCat("expq-page-", random::HexId(context.random, 16)));
  if (!context.fs.Write(file, text, fs::Durability::kAtomic, 0600).ok()) {
    context.terminal.Out(text);
    return;
  }
  process::Command command;
  command.argv = {"/bin/sh", "-c", "${PAGER:-less -FRSX} < \"$1\"", "sh", file};
  command.cwd = "/";
  command.env = context.environment.variables();
  process::DirectRunner runner(/*foreground=*/true);
  const auto result = runner.Run(command, sync::StopToken());
  context.fs.Remove(file).IgnoreError();
  // 127: there is no such pager here.
  if (!result.ok() || result->code == 127) context.terminal.Out(text);
}

}  // namespace expq::cli
