#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/table.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class ListCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME", &names_, "only these");
    table.Flag("--name-only", &name_only_, "names alone, one a line");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRead));
    ASSIGN_OR_RETURN(const auto experiments,
                     connection.house->queue().List({.project = connection.project, .selectors = names_}));
    if (context.globals.json) {
      value::Map root = Versioned();
      root.Set("experiments", ExperimentsJson(experiments));
      context.terminal.Out(JsonLine(std::move(root)));
      return ExitCode::kDone;
    }
    Table table({"Name", "State", "Baseline", "Revision"});
    std::string names;
    for (const experiment::Experiment& e : experiments) {
      absl::StrAppend(&names, e.name, "\n");
      table.Add({{e.name},
                 {std::string(experiment::Name(e.state))},
                 {e.baseline.value.substr(0, 7)},
                 {e.revision.value.substr(0, 7)}});
    }
    const std::string text = name_only_                 ? names
                             : context.globals.csv      ? table.Csv()
                             : context.globals.markdown ? table.Markdown()
                             : table.empty()            ? ""
                                                        : table.Aligned(context.terminal);
    Page(context, text);
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> names_;
  bool name_only_ = false;
};

}  // namespace

CommandInfo ListInfo() {
  return {.name = "list",
          .summary = "all experiments by name",
          .details = "",
          .examples = {"expq list --name-only"},
          .group = Group::kResults,
          .formats = Formats::kTable,
          .make = &Make<ListCommand>};
}

}  // namespace expq::cli
