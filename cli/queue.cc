#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/dvc_queue.h"
#include "cli/dvc_words.h"
#include "cli/grid.h"
#include "cli/json.h"
#include "cli/quantity.h"
#include "cli/report.h"
#include "cli/table.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;

Style StyleOf(State state) {
  switch (state) {
    case State::kQueued:
      return Style::kPlain;
    case State::kRunning:
      return Style::kCyan;
    case State::kSucceeded:
      return Style::kGreen;
    case State::kFailed:
      return Style::kRed;
    case State::kCancelled:
      return Style::kYellow;
  }
  return Style::kPlain;
}

// Running first, then what waits, then what failed.
int Rank(State state) {
  switch (state) {
    case State::kRunning:
      return 0;
    case State::kQueued:
      return 1;
    case State::kFailed:
      return 2;
    case State::kCancelled:
      return 3;
    case State::kSucceeded:
      return 4;
  }
  return 5;
}

std::string Age(const Experiment& e, absl::Time now) {
  const absl::Time since = e.state == State::kRunning ? e.started : e.state == State::kQueued ? e.created : e.finished;
  return since == absl::InfinitePast() ? "" : ShortDuration(now - since);
}

// Why it waits and why it was queued again, or why it failed and where its workspace is.
std::string Note(const Experiment& e) {
  if (e.state == State::kQueued && e.error.empty()) return e.waiting_because;
  if (e.state == State::kQueued) return absl::StrCat(e.waiting_because, "; attempt ", e.attempt, ": ", e.error);
  if (e.state == State::kRunning) return e.cancel_requested ? "being cancelled" : "";
  if (e.workspace.empty()) return e.error;
  return absl::StrCat(e.error, e.error.empty() ? "" : "; ", "workspace kept in ", e.workspace);
}

class QueueCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME", &names_, "only these");
    table.Text("--explain", "NAME", &explain_, "all that is known about one, and why it waits");
    table.Flag("--dvc", &dvc_, "what DVC has queued itself, as commands that submit it here");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (dvc_) return ShowDvcTasks(context);
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRead));
    experiment::ListRequest request{.project = connection.project, .selectors = names_, .states = {}, .explain = true};
    if (!explain_.empty()) request.selectors = {explain_};
    if (request.selectors.empty()) request.states = {State::kQueued, State::kRunning, State::kFailed};
    absl::StatusOr<std::vector<Experiment>> listed = connection.house->queue().List(request);
    const std::string meant = names_.empty() ? "" : HintForDvcQueue(names_[0]);
    if (absl::IsNotFound(listed.status()) && !meant.empty()) return status::WithHint(listed.status(), meant);
    ASSIGN_OR_RETURN(std::vector<Experiment> experiments, std::move(listed));
    std::stable_sort(experiments.begin(), experiments.end(),
                     [](const Experiment& a, const Experiment& b) { return Rank(a.state) < Rank(b.state); });
    if (context.globals.json) {
      value::Map root = Versioned();
      root.Set("experiments", ExperimentsJson(experiments));
      context.terminal.Out(JsonLine(std::move(root)));
    } else if (!explain_.empty()) {
      context.terminal.Out(Explanation(experiments[0], context.clock.Now()));
    } else {
      Print(context, experiments);
      if (connection.place.has_value() && !context.globals.csv) RemarkOnDvcTasks(context, *connection.place);
    }
    return ExitCode::kDone;
  }

 private:
  static absl::StatusOr<ExitCode> ShowDvcTasks(Context& context) {
    ASSIGN_OR_RETURN(const Place place, FindPlace(context));
    ASSIGN_OR_RETURN(const std::vector<DvcTask> tasks, ReadDvcTasks(place));
    context.terminal.Out(StripControl(DvcTasksAsCommands(place, tasks)));
    if (tasks.empty()) context.terminal.Talk("DVC has queued nothing");
    return ExitCode::kDone;
  }

  static void Print(Context& context, const std::vector<Experiment>& experiments) {
    Table table({"Name", "State", "Attempt", "Agent", "Stage", "Age", "Note"});
    const absl::Time now = context.clock.Now();
    for (const Experiment& e : experiments) {
      table.Add({{e.name},
                 {std::string(experiment::Name(e.state)), StyleOf(e.state)},
                 {e.attempt == 0 ? "" : absl::StrCat(e.attempt), Style::kPlain, true},
                 {e.agent},
                 {e.stage},
                 {Age(e, now), Style::kPlain, true},
                 {Note(e)}});
    }
    if (context.globals.csv) {
      context.terminal.Out(table.Csv());
    } else if (context.globals.markdown) {
      context.terminal.Out(table.Markdown());
    } else if (table.empty()) {
      context.terminal.Talk("nothing is queued, running or failed");
    } else {
      Page(context, table.Aligned(context.terminal));
    }
  }

  static std::string Explanation(const Experiment& e, absl::Time now) {
    std::string out = absl::StrCat("name       ", e.name, "\nid         ", e.id.value, "\nstate      ",
                                   experiment::Name(e.state), "\nbaseline   ", e.baseline.value, "\n");
    auto line = [&](absl::string_view label, const std::string& text) {
      if (!text.empty()) absl::StrAppend(&out, label, text, "\n");
    };
    line("overrides  ", ShownOverrides(e));
    line("targets    ", absl::StrJoin(e.options.targets, " "));
    line("attempt    ", e.attempt == 0 ? "" : absl::StrCat(e.attempt));
    line("agent      ", e.agent);
    line("stage      ", e.stage);
    line("age        ", Age(e, now));
    line("result     ", e.revision.value);
    line("cause      ", std::string(experiment::Name(e.cause)));
    line("error      ", e.error);
    line("workspace  ", e.workspace);
    line("waits      ", e.waiting_because);
    return StripControl(out);
  }

  std::vector<std::string> names_;
  std::string explain_;
  bool dvc_ = false;
};

}  // namespace

CommandInfo QueueInfo() {
  return {.name = "queue",
          .summary = "what is queued, running and failed",
          .details = "",
          .examples = {"expq queue", "expq queue --explain rusty-otter"},
          .group = Group::kQueue,
          .formats = Formats::kTable,
          .make = &Make<QueueCommand>};
}

}  // namespace expq::cli
