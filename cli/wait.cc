#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/waiting.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;

class WaitCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME", &names_, "experiments to wait for (default: all that are queued or running)");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRead));
    experiment::ListRequest request{.project = connection.project, .selectors = names_};
    if (names_.empty()) request.states = {State::kQueued, State::kRunning};
    ASSIGN_OR_RETURN(std::vector<Experiment> experiments, connection.house->queue().List(request));
    if (!experiments.empty()) {
      ASSIGN_OR_RETURN(experiments, WaitFor(context, connection, IdsOf(experiments)));
    }
    if (context.globals.json) {
      value::Map root = Versioned();
      root.Set("experiments", ExperimentsJson(experiments));
      context.terminal.Out(JsonLine(std::move(root)));
    } else {
      for (const Experiment& e : experiments) context.terminal.Out(EndedLine(e));
    }
    return AllSucceeded(experiments) ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

CommandInfo WaitInfo() {
  return {.name = "wait",
          .summary = "wait until experiments have ended; 1 if any did not succeed",
          .details = "It does not run anything: something else must (expq run-all, or agents).",
          .examples = {"expq wait rusty-otter"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<WaitCommand>};
}

}  // namespace expq::cli
