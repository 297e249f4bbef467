#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/dvc_queue.h"
#include "cli/interrupts.h"
#include "cli/local_agent.h"
#include "cli/progress.h"
#include "common/status/status.h"
#include "scheduler/core/explain.h"

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
    RemarkOnDvcTasks(context, *connection.place);
    if (interrupts.Interrupted()) return ExitCode::kInterrupted;
    if (!summary.disk_full.empty() && summary.left > 0) return StoppedBy(summary);
    if (summary.left > 0) RETURN_IF_ERROR(SayLeft(context, connection));
    return summary.failed + summary.left > 0 ? ExitCode::kFailed : ExitCode::kDone;
  }

 private:
  static void Say(Context& context, const agent::Summary& summary, bool interrupted) {
    const int all = summary.succeeded + summary.failed + summary.cancelled;
    if (all == 0 && !interrupted) {
      if (summary.left == 0) context.terminal.Talk("nothing is queued");
      return;
    }
    std::string line = absl::StrCat(summary.succeeded, " succeeded, ", summary.failed, " failed");
    if (summary.cancelled > 0) absl::StrAppend(&line, ", ", summary.cancelled, " cancelled");
    context.terminal.Talk(line);
  }

  static absl::Status StoppedBy(const agent::Summary& summary) {
    return status::WithHint(absl::ResourceExhaustedError(absl::StrCat(
                                summary.disk_full, "; ", summary.left,
                                summary.left == 1 ? " experiment stays" : " experiments stay", " in the queue")),
                            "make room there, then go on with expq run-all");
  }

  // What stays in the queue because this machine can never run it, or what it waits for never succeeds.
  static absl::Status SayLeft(Context& context, Connection& connection) {
    ASSIGN_OR_RETURN(const std::vector<experiment::Experiment> left,
                     connection.house->queue().List(
                         {.project = connection.project, .states = {experiment::State::kQueued}, .explain = true}));
    for (size_t i = 0; i < left.size() && i < kLeftShown; ++i) {
      context.terminal.Talk(absl::StrCat("left in the queue: ", left[i].name, ": ", WhyLeft(left[i])));
    }
    if (left.size() > kLeftShown) {
      context.terminal.Talk(absl::StrCat("left in the queue: ", left.size() - kLeftShown, " more"));
    }
    return absl::OkStatus();
  }

  // This machine had nothing else to do: what waits for no other experiment needs more than there is.
  static std::string WhyLeft(const experiment::Experiment& e) {
    return e.after.empty() ? absl::StrCat("needs ", core::Describe(e.need)) : e.waiting_because;
  }

  static constexpr size_t kLeftShown = 10;

  LocalAgentOptions options_;
};

}  // namespace

CommandInfo RunAllInfo() {
  return {
      .name = "run-all",
      .summary = "run everything queued in this repository",
      .details =
          "Returns when nothing is left that it can run: 0 if all succeeded, 1 if any failed or is left. Several may "
          "run at once and share the queue. Ctrl-C once lets running experiments end, twice ends them; they are queued "
          "again. When a disk is full it begins nothing more, and what met that is queued again.",
      .examples = {"expq run-all -j 4"},
      .group = Group::kQueue,
      .make = &Make<RunAllCommand>};
}

}  // namespace expq::cli
