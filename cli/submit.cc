#include "cli/submit.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/grid.h"
#include "cli/json.h"
#include "cli/submission.h"
#include "cli/waiting.h"
#include "common/status/status.h"
#include "scheduler/core/submit.h"

namespace expq::cli {
namespace {

using experiment::Experiment;

// More lines than this say less than a count does.
constexpr size_t kAllShown = 20;
constexpr size_t kFirstShown = 5;

class SubmitCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    DeclareSubmitOptions(table, &options_);
    table.Flag("--dry-run", &dry_run_, "say what would be queued, and change nothing");
    table.Flag("--wait", &wait_, "wait until all of it has ended; 1 if any failed");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, dry_run_ ? Access::kRead : Access::kWrite));
    ASSIGN_OR_RETURN(Draft draft, MakeDraft(context, connection, options_));
    if (dry_run_) {
      RETURN_IF_ERROR(CheckNamesAreFree(context, connection, draft));
      Print(context, draft.id, draft.experiments, "would queue");
      return ExitCode::kDone;
    }
    ASSIGN_OR_RETURN(experiment::Submission submission, Queue(context, connection, std::move(draft)));
    if (!wait_ || !context.globals.json) Print(context, submission.id, submission.experiments, "queued");
    if (!wait_) return ExitCode::kDone;
    context.terminal.Talk(QueuedLine(submission.experiments.size()));
    ASSIGN_OR_RETURN(submission.experiments, WaitFor(context, connection, IdsOf(submission.experiments)));
    PrintEnded(context, submission);
    return AllSucceeded(submission.experiments) ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  // A dry run refuses the names that a submit would. Results that only git has a submit alone sees.
  static absl::Status CheckNamesAreFree(const Context& context, Connection& connection, const Draft& draft) {
    if (draft.generated_names) return absl::OkStatus();
    std::set<std::string> names;
    for (const Experiment& e : draft.experiments) names.insert(e.name);
    core::Taken taken;
    ASSIGN_OR_RETURN(const auto known, connection.house->queue().List({.project = connection.project}));
    for (const Experiment& e : known) {
      if (e.baseline == draft.head && names.contains(e.name)) taken.entries.push_back({e});
    }
    const experiment::SubmitRequest request{
        .project = connection.project, .id = draft.id, .experiments = draft.experiments, .force = draft.force};
    return core::DecideSubmit(request, taken, context.clock.Now()).status();
  }

  static std::string QueuedLine(size_t count) {
    return absl::StrCat("queued ", count, count == 1 ? " experiment" : " experiments", "; waiting for the end");
  }

  static void Print(Context& context, const experiment::SubmissionId& id, const std::vector<Experiment>& experiments,
                    absl::string_view verb) {
    if (!context.globals.json) {
      context.terminal.Out(QueuedText(experiments, verb));
      return;
    }
    value::Map root = Versioned();
    root.Set("submission", id.value);
    root.Set("experiments", ExperimentsJson(experiments));
    context.terminal.Out(JsonLine(std::move(root)));
  }

  static void PrintEnded(Context& context, const experiment::Submission& submission) {
    if (context.globals.json) return Print(context, submission.id, submission.experiments, "");
    for (const Experiment& e : submission.experiments) context.terminal.Out(EndedLine(e));
  }

  SubmitOptions options_;
  bool dry_run_ = false;
  bool wait_ = false;
};

}  // namespace

std::string QueuedText(const std::vector<Experiment>& experiments, absl::string_view verb) {
  std::string out;
  const size_t shown = experiments.size() <= kAllShown ? experiments.size() : kFirstShown;
  for (size_t i = 0; i < shown; ++i) {
    const Experiment& e = experiments[i];
    absl::StrAppend(&out, verb, " ", e.name, ShownOverrides(e).empty() ? "" : "  ", ShownOverrides(e), "\n");
  }
  if (shown < experiments.size()) {
    absl::StrAppend(&out, "… ", verb, " ", experiments.size(), " experiments in all\n");
  }
  return out;
}

CommandInfo SubmitInfo() {
  return {.name = "submit",
          .summary = "snapshot the workspace and queue experiments",
          .details =
              "The snapshot holds tracked files with their uncommitted changes and staged new files; untracked and "
              "ignored files stay out. The workspace itself is not touched.",
          .examples = {"expq submit -S units=128", "expq submit -S 'units=64,128' -S 'lr=1e-3,1e-4' -n grid"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<SubmitCommand>};
}

}  // namespace expq::cli
