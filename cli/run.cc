#include <limits>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/interrupts.h"
#include "cli/json.h"
#include "cli/local_agent.h"
#include "cli/progress.h"
#include "cli/submission.h"
#include "cli/waiting.h"
#include "cli/workspace_lock.h"
#include "cli/workspace_update.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;

class RunCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    DeclareSubmitOptions(table, &options_);
    table.Refused("--queue", "", "expq submit queues");
    table.Refused("--run-all", "", "expq run-all runs what is queued");
    table.Flag("--temp", &temp_, "only record the result, do not apply it to the workspace");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRun));
    if (connection.house->local() == nullptr) {
      return status::WithHint(absl::InvalidArgumentError("run works on this machine, not through a scheduler"),
                              "expq submit --wait");
    }
    ASSIGN_OR_RETURN(Draft draft, MakeDraft(context, connection, options_));
    if (draft.experiments.size() != 1) {
      return status::WithHint(
          absl::InvalidArgumentError(absl::StrCat("a grid of ", draft.experiments.size(), " experiments")),
          "expq submit queues a grid, expq run-all runs it");
    }
    ASSIGN_OR_RETURN(const Session session,
                     Session::Begin(context.fs, connection.house->local()->layout(), context.random));
    // Only this process offers the label, and nothing is more urgent: so it takes this one and no other.
    draft.experiments[0].need.labels[RunLabel(session.id())] = "";
    draft.experiments[0].priority = std::numeric_limits<int>::max();
    ASSIGN_OR_RETURN(const experiment::Submission submission, Queue(context, connection, std::move(draft)));
    ASSIGN_OR_RETURN(const Experiment ended, RunUntilEnded(context, connection, session, submission.experiments[0]));
    return Finish(context, connection, ended);
  }

 private:
  static absl::StatusOr<Experiment> Get(Connection& connection, const Experiment& e) {
    ASSIGN_OR_RETURN(auto found,
                     connection.house->queue().List({.project = connection.project, .selectors = {e.id.value}}));
    return std::move(found[0]);
  }

  absl::StatusOr<Experiment> RunUntilEnded(Context& context, Connection& connection, const Session& session,
                                           const Experiment& queued) const {
    Interrupts interrupts([&context] { context.terminal.Talk("cancelling (nothing is left in the queue)"); });
    const auto cancel = interrupts.drain().OnStop([stop = interrupts.stop()] { sync::StopToken(stop).Stop(); });
    while (true) {
      sync::StopToken drain;
      const auto forward = interrupts.drain().OnStop([drain] { sync::StopToken(drain).Stop(); });
      Progress progress(context.terminal, [&](const experiment::Assignment& assignment) {
        if (assignment.experiment.id == queued.id) drain.Stop();
      });
      LocalAgentOptions options{.jobs = 1, .stage_jobs = options_.stage_jobs};
      ASSIGN_OR_RETURN(const agent::Summary summary,
                       RunLocalAgent(context, connection, session, options, progress, drain, interrupts.stop()));
      ASSIGN_OR_RETURN(Experiment now, Get(connection, queued));
      if (HasEnded(now)) return now;
      if (!interrupts.Interrupted() && summary.disk_full.empty()) continue;
      RETURN_IF_ERROR(
          connection.house->queue().Cancel({.project = connection.project, .selectors = {queued.id.value}}).status());
      if (interrupts.Interrupted()) return absl::CancelledError("interrupted");
      return status::WithHint(absl::ResourceExhaustedError(summary.disk_full), "make room there, then run it again");
    }
  }

  static absl::Status Apply(Context& context, Connection& connection, const Experiment& ended) {
    Interrupts interrupts(nullptr);
    const auto lock = LockWorkspace(context, *connection.place, interrupts.drain());
    if (!lock.ok()) return status::Annotate(lock.status(), "the result is recorded, not applied");
    return ApplyResult(context, *connection.house->local(), *connection.place, **lock, ended.snapshot, ended.revision);
  }

  absl::StatusOr<ExitCode> Finish(Context& context, Connection& connection, const Experiment& ended) const {
    if (ended.state == State::kSucceeded && !temp_) {
      RETURN_IF_ERROR(Apply(context, connection, ended));
    }
    if (context.globals.json) {
      value::Map root = Versioned();
      root.Set("submission", ended.submission.value);
      root.Set("experiments", ExperimentsJson({ended}));
      context.terminal.Out(JsonLine(std::move(root)));
    } else {
      context.terminal.Out(EndedLine(ended));
    }
    return ended.state == State::kSucceeded ? ExitCode::kDone : ExitCode::kFailed;
  }

  SubmitOptions options_;
  bool temp_ = false;
};

}  // namespace

CommandInfo RunInfo() {
  return {.name = "run",
          .summary = "submit one experiment and run it now",
          .details =
              "It runs in a workspace of its own. Its result is then applied to this one: changed tracked files are "
              "written and outputs checked out, unless something changed meanwhile.",
          .examples = {"expq run -S units=128", "expq run --temp -n trial"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<RunCommand>};
}

}  // namespace expq::cli
