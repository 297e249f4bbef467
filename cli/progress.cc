#include "cli/progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/grid.h"

namespace expq::cli {

using experiment::Assignment;
using experiment::OutcomeKind;

void Progress::AttemptStarts(const Assignment& assignment) {
  const experiment::Experiment& e = assignment.experiment;
  sync::MutexLock lock(mutex_);
  running_[e.sequence] = Running{.name = e.name, .overrides = ShownOverrides(e), .stages = "", .done = 0};
  const std::string attempt = assignment.attempt > 1 ? absl::StrCat(" (attempt ", assignment.attempt, ")") : "";
  terminal_.Talk(absl::StrCat("started ", e.name, attempt, ShownOverrides(e).empty() ? "" : "  ", ShownOverrides(e)));
  Redraw();
}

void Progress::StageStarts(const Assignment& assignment, const std::string& stage) {
  sync::MutexLock lock(mutex_);
  running_[assignment.experiment.sequence].stages = stage;
  Redraw();
}

void Progress::StageEnds(const Assignment& assignment, const std::string& stage, const std::string& how) {
  sync::MutexLock lock(mutex_);
  Running& running = running_[assignment.experiment.sequence];
  ++running.done;
  if (running.stages == stage) running.stages.clear();
  terminal_.Detail(absl::StrCat(running.name, ": ", stage, " ", how));
  Redraw();
}

void Progress::AttemptEnds(const Assignment& assignment, const experiment::Outcome& outcome) {
  const std::string& name = assignment.experiment.name;
  {
    sync::MutexLock lock(mutex_);
    running_.erase(assignment.experiment.sequence);
    Style style = Style::kYellow;
    if (outcome.kind == OutcomeKind::kSucceeded) {
      style = Style::kGreen;
      ++succeeded_;
    } else if (outcome.kind == OutcomeKind::kFailed) {
      style = Style::kRed;
      ++failed_;
    }
    const std::string where = outcome.stage.empty() ? "" : absl::StrCat("stage '", outcome.stage, "': ");
    const std::string why = outcome.error.empty() ? "" : absl::StrCat(": ", outcome.error);
    // Lost to the machine, not for good.
    const absl::string_view how = outcome.kind == OutcomeKind::kLost ? "queued again" : experiment::Name(outcome.kind);
    terminal_.Talk(absl::StrCat(terminal_.PaintTalk(style, how), " ", name, why));
    if (outcome.kind == OutcomeKind::kFailed) {
      terminal_.Detail(absl::StrCat("  ", where, "expq logs ", name));
    }
    Redraw();
  }
  if (on_end_) on_end_(assignment);
}

void Progress::Unreachable(const absl::Status& status) {
  terminal_.Talk(absl::StrCat("the scheduler cannot be reached, trying again: ", status.message()));
}

void Progress::Closed(const std::string& why) {
  sync::MutexLock lock(mutex_);
  if (!why.empty() && !running_.empty()) {
    terminal_.Talk(absl::StrCat(why, ": taking no more; what runs goes on to its end"));
  }
}

// A line that has left the screen at its top would not be erased: what does not fit is counted.
void Progress::Redraw() {
  if (!terminal_.TalkIsLive()) return;
  const size_t room = static_cast<size_t>(std::max(1, terminal_.Height() - 4));
  std::string lines;
  const auto add = [&](absl::string_view text) { absl::StrAppend(&lines, terminal_.Fitted(text), "\n"); };
  size_t shown = 0;
  for (const auto& [sequence, running] : running_) {
    if (++shown > room) break;
    add(absl::StrCat("▸ ", running.name, "  ", running.stages.empty() ? "…" : running.stages, "  ", running.done,
                     running.done == 1 ? " stage done  " : " stages done  ", running.overrides));
  }
  if (!running_.empty()) {
    add(absl::StrCat("  ", running_.size(), " running, ", succeeded_, " succeeded, ", failed_, " failed"));
  }
  terminal_.Live(lines);
}

}  // namespace expq::cli
