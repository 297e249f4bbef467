#include "agent/verdict.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

using experiment::Cause;
using experiment::Outcome;
using experiment::OutcomeKind;

// Not what the user submitted, but the machine that it runs on: disk full, bytes wrong, system calls failing.
bool IsInfrastructure(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsDataLoss(status) || absl::IsInternal(status) ||
         absl::IsUnavailable(status) || absl::IsUnknown(status);
}

// One line, for tables.
std::string Line(const absl::Status& status) {
  std::string text(status.message());
  std::string hint = status::Hint(status);
  if (!hint.empty()) absl::StrAppend(&text, " (", hint, ")");
  return absl::StrReplaceAll(text, {{"\n", " "}});
}

Cause CauseOfExit(const process::ExitResult& exit) {
  if (exit.timed_out) return Cause::kTimeout;
  if (exit.out_of_memory) return Cause::kOutOfMemory;
  return Cause::kUserCode;
}

}  // namespace

Outcome SetupFailure(Cause cause, const absl::Status& status) {
  Outcome outcome;
  // Not the experiment's fault, so it is not a failure of it: it is queued again, but not for ever (the crash limit).
  outcome.kind = status::IsDiskFull(status) ? OutcomeKind::kLost : OutcomeKind::kFailed;
  outcome.cause = IsInfrastructure(status) ? Cause::kInfrastructure : cause;
  outcome.error = Line(status);
  return outcome;
}

Outcome StageFailure(const pipeline::ExecuteReport& report) {
  const pipeline::StageOutcome* failure = report.FirstFailure();
  if (failure == nullptr) return SetupFailure(Cause::kInfrastructure, absl::InternalError("stages were stopped"));
  Outcome outcome;
  if (!failure->error.ok()) {
    outcome = SetupFailure(Cause::kSetup, failure->error);
  } else {
    outcome.kind = OutcomeKind::kFailed;
    outcome.cause = CauseOfExit(failure->exit);
  }
  outcome.stage = failure->address;
  outcome.error = WhyFailed(*failure);
  return outcome;
}

std::string WhyFailed(const pipeline::StageOutcome& stage) {
  return stage.error.ok() ? absl::StrCat("stage '", stage.address, "': ", stage.exit.Describe()) : Line(stage.error);
}

bool AreTolerable(const pipeline::ExecuteReport& report) {
  return std::none_of(report.stages.begin(), report.stages.end(), [](const pipeline::StageOutcome& stage) {
    return stage.result == pipeline::StageResult::kSkipped || stage.result == pipeline::StageResult::kStopped ||
           status::IsDiskFull(stage.error);
  });
}

Outcome Ended(EndReason reason, const experiment::Experiment& experiment) {
  Outcome outcome;
  switch (reason) {
    case EndReason::kCancel:
      outcome.kind = OutcomeKind::kCancelled;
      break;
    case EndReason::kTimeout:
      outcome.kind = OutcomeKind::kFailed;
      outcome.cause = Cause::kTimeout;
      outcome.error = absl::StrCat("timed out after ", absl::FormatDuration(experiment.timeout));
      break;
    case EndReason::kPreempt:
    case EndReason::kDrop:
    case EndReason::kNone:
      outcome.kind = OutcomeKind::kPreempted;
      break;
  }
  return outcome;
}

}  // namespace expq::agent
