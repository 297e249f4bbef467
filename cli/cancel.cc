#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/report.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class CancelCommand : public Command {
 public:
  void Declare(OptionTable& table) override { table.Positionals("NAME", &names_, "experiments to cancel", 1); }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    ASSIGN_OR_RETURN(const auto changed,
                     connection.house->queue().Cancel({.project = connection.project, .selectors = names_}));
    ReportChanged(context, "cancelled", changed);
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

CommandInfo CancelInfo() {
  return {.name = "cancel",
          .summary = "cancel queued or running experiments",
          .details = "A running one is asked to end, and ended after a grace time.",
          .examples = {"expq cancel rusty-otter"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<CancelCommand>};
}

}  // namespace expq::cli
