#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/interrupts.h"
#include "cli/waiting.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::LogSegment;

constexpr int64_t kPiece = 1 << 20;
// How often -f looks for more.
constexpr absl::Duration kLook = absl::Milliseconds(150);

class LogsCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME", &names_, "the experiment", 1, 1);
    table.Flag("-f,--follow", &follow_, "go on until it has ended, across attempts");
    table.Text("--stage", "STAGE", &stage_, "only this stage");
    table.Number("--attempt", "N", &attempt_, "only this attempt (default: the latest)", 1);
    table.Flag("--raw", &raw_, "every byte as it is, also control sequences");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kRead));
    ASSIGN_OR_RETURN(Experiment e, Get(connection, names_[0]));
    if (attempt_ == 0 && !follow_) attempt_ = e.attempt;
    first_attempt_ = attempt_ != 0 ? attempt_ : e.attempt;
    if (!follow_) {
      ASSIGN_OR_RETURN(const int printed, PrintNew(context, connection, e));
      RETURN_IF_ERROR(printed == 0 ? Nothing(connection, e) : absl::OkStatus());
      FlushTail(context);
      return ExitCode::kDone;
    }
    Interrupts interrupts(nullptr);
    while (true) {
      // The state is read before the log: what an ended one has written is all there.
      ASSIGN_OR_RETURN(e, Get(connection, e.id.value));
      RETURN_IF_ERROR(PrintNew(context, connection, e).status());
      if (HasEnded(e) || context.terminal.OutClosed()) break;
      if (interrupts.drain().WaitFor(kLook)) return ExitCode::kInterrupted;
    }
    FlushTail(context);
    return e.state == experiment::State::kSucceeded ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  static absl::StatusOr<Experiment> Get(Connection& connection, const std::string& name) {
    ASSIGN_OR_RETURN(auto found, connection.house->queue().List({.project = connection.project, .selectors = {name}}));
    return std::move(found[0]);
  }

  bool Wanted(const LogSegment& segment) const {
    if (!stage_.empty() && segment.stage != stage_) return false;
    return attempt_ != 0 ? segment.attempt == attempt_ : segment.attempt >= first_attempt_;
  }

  // Prints what is new of every wanted segment; how many segments are wanted.
  absl::StatusOr<int> PrintNew(Context& context, Connection& connection, const Experiment& e) {
    ASSIGN_OR_RETURN(const std::vector<LogSegment> segments,
                     connection.house->logs().Segments(connection.project, e.id));
    int wanted = 0;
    for (const LogSegment& segment : segments) {
      if (!Wanted(segment)) continue;
      ++wanted;
      RETURN_IF_ERROR(PrintSegment(context, connection, e, segment));
    }
    return wanted;
  }

  absl::Status PrintSegment(Context& context, Connection& connection, const Experiment& e, const LogSegment& segment) {
    int64_t& offset = offsets_[{segment.attempt, segment.index}];
    while (!context.terminal.OutClosed()) {
      ASSIGN_OR_RETURN(const std::string bytes,
                       connection.house->logs().ReadLog(connection.project, e.id, segment, offset, kPiece));
      if (bytes.empty()) return absl::OkStatus();
      if (offset == 0) Begin(context, segment);
      offset += static_cast<int64_t>(bytes.size());
      Print(context, bytes);
    }
    return absl::OkStatus();
  }

  void Begin(Context& context, const LogSegment& segment) {
    FlushTail(context);
    if (!stage_.empty()) return;
    const std::string attempt = segment.attempt > 1 ? absl::StrCat(" (attempt ", segment.attempt, ")") : "";
    context.terminal.Talk(context.terminal.PaintTalk(Style::kDim, absl::StrCat("── ", segment.stage, attempt)));
  }

  // Stripping works on whole lines: an escape sequence may be cut by a piece's end.
  void Print(Context& context, const std::string& bytes) {
    if (raw_) return context.terminal.Out(bytes);
    tail_ += bytes;
    const size_t end = tail_.rfind('\n');
    if (end == std::string::npos && tail_.size() < static_cast<size_t>(kPiece)) return;
    const size_t cut = end == std::string::npos ? tail_.size() : end + 1;
    context.terminal.Out(StripControl(absl::string_view(tail_).substr(0, cut)));
    tail_.erase(0, cut);
  }

  void FlushTail(Context& context) {
    if (tail_.empty()) return;
    context.terminal.Out(absl::StrCat(StripControl(tail_), "\n"));
    tail_.clear();
  }

  absl::Status Nothing(Connection& connection, const Experiment& e) const {
    ASSIGN_OR_RETURN(const std::vector<LogSegment> segments,
                     connection.house->logs().Segments(connection.project, e.id));
    if (segments.empty()) {
      const bool done = e.state == experiment::State::kSucceeded;
      return absl::NotFoundError(absl::StrCat(e.name, " has no log: ",
                                              done ? "the results of all its stages were there before"
                                                   : absl::StrCat("it is ", experiment::Name(e.state))));
    }
    std::set<std::string> there;
    for (const LogSegment& segment : segments) {
      if (segment.attempt == attempt_ || stage_.empty())
        there.insert(absl::StrCat(segment.stage, "#", segment.attempt));
    }
    return status::WithHint(
        absl::NotFoundError(absl::StrCat(e.name, ": no log of ", stage_.empty() ? "" : "stage '", stage_,
                                         stage_.empty() ? "" : "' in ", "attempt ", attempt_)),
        there.empty() ? "" : absl::StrCat("there are ", absl::StrJoin(there, ", ")));
  }

  std::vector<std::string> names_;
  bool follow_ = false;
  std::string stage_;
  int attempt_ = 0;  // 0 = not asked for
  int first_attempt_ = 0;
  bool raw_ = false;
  std::map<std::pair<int, int>, int64_t> offsets_;  // (attempt, index) → printed so far
  std::string tail_;                                // an unfinished line
};

}  // namespace

CommandInfo LogsInfo() {
  return {.name = "logs",
          .summary = "what the stages of an experiment have written",
          .details = "",
          .examples = {"expq logs rusty-otter -f", "expq logs rusty-otter --stage train --attempt 1"},
          .group = Group::kQueue,
          .make = &Make<LogsCommand>};
}

}  // namespace expq::cli
