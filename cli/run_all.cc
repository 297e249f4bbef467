#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/interrupts.h"
#include "cli/local_agent.h"
#include "cli/progress.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class RunAllCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Number("-j,--jobs", "N", &options_.jobs, "experiments at a time (default 1)", 1);
    table.Number("--stage-jobs", "N", &options_.stage_jobs, "stages at a time within each (default: as submitted)", 1);
    table.Text("--gpus", "all|none|LIST", &options_.gpus, "the GPUs to give away (default all)");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRun));
    if (connection.house->local() == nullptr) {
      return status::WithHint(absl::InvalidArgumentError("run-all runs this repository's own queue"),
                              "start `expq agent` for a scheduler's, or use `expq submit --wait`");
    }
    ASSIGN_OR_RETURN(const Session session,
                     Session::Begin(context.fs, connection.house->local()->layout(), context.random));
    Interrupts interrupts([&context] {
      context.terminal.Talk("taking no more; what runs goes on to its end (Ctrl-C again ends it and queues it again)");
    });
    Progress progress(context.terminal);
    ASSIGN_OR_RETURN(const agent::Summary summary, RunLocalAgent(context, connection, session, options_, progress,
                                                                 interrupts.drain(), interrupts.stop()));
    context.terminal.Live("");
    Say(context, summary, interrupts.Interrupted());
    if (interrupts.Interrupted()) return ExitCode::kInterrupted;
    return summary.failed > 0 ? ExitCode::kFailed : ExitCode::kDone;
  }

 private:
  static void Say(Context& context, const agent::Summary& summary, bool interrupted) {
    const int all = summary.succeeded + summary.failed + summary.cancelled;
    if (all == 0 && !interrupted) {
      context.terminal.Talk("nothing is queued");
      return;
    }
    std::string line = absl::StrCat(summary.succeeded, " succeeded, ", summary.failed, " failed");
    if (summary.cancelled > 0) absl::StrAppend(&line, ", ", summary.cancelled, " cancelled");
    context.terminal.Talk(line);
  }

  LocalAgentOptions options_;
};

}  // namespace

CommandInfo RunAllInfo() {
  return {.name = "run-all",
          .summary = "run everything queued in this repository",
          .details =
              "Returns when the queue is empty: 0 if all succeeded, 1 if any failed. Several may run at once and share "
              "the queue. Ctrl-C once lets running experiments end, twice ends them; they are queued again.",
          .examples = {"expq run-all -j 4"},
          .group = Group::kQueue,
          .make = &Make<RunAllCommand>};
}

}  // namespace expq::cli
