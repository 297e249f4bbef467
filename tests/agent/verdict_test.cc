#include "agent/verdict.h"

#include <gtest/gtest.h>

#include "agent/stage_env.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

using experiment::Cause;
using experiment::OutcomeKind;

pipeline::ExecuteReport ReportOf(pipeline::StageOutcome failure) {
  failure.address = "train";
  failure.result = pipeline::StageResult::kFailed;
  pipeline::ExecuteReport report;
  report.stages.push_back({.address = "prepare", .result = pipeline::StageResult::kRan});
  report.stages.push_back(std::move(failure));
  return report;
}

TEST(Verdict, NamesTheStageAndHowItEnded) {
  auto outcome = StageFailure(ReportOf({.exit = {.code = 3}}));
  EXPECT_EQ(outcome.kind, OutcomeKind::kFailed);
  EXPECT_EQ(outcome.cause, Cause::kUserCode);
  EXPECT_EQ(outcome.stage, "train");
  EXPECT_EQ(outcome.error, "stage 'train': exited with code 3");
}

TEST(Verdict, TellsTimeoutAndMemoryFromUserCode) {
  EXPECT_EQ(StageFailure(ReportOf({.exit = {.signal = 15, .timed_out = true}})).cause, Cause::kTimeout);
  EXPECT_EQ(StageFailure(ReportOf({.exit = {.signal = 9, .out_of_memory = true}})).cause, Cause::kOutOfMemory);
  EXPECT_EQ(StageFailure(ReportOf({.exit = {.signal = 9}})).cause, Cause::kUserCode);
}

TEST(Verdict, BlamesTheMachineForDiskAndBytes) {
  EXPECT_EQ(StageFailure(ReportOf({.error = absl::ResourceExhaustedError("disk full")})).cause, Cause::kInfrastructure);
  EXPECT_EQ(SetupFailure(Cause::kSetup, absl::DataLossError("wrong bytes")).cause, Cause::kInfrastructure);
  EXPECT_EQ(SetupFailure(Cause::kBadParams, absl::NotFoundError("no key")).cause, Cause::kBadParams);
  EXPECT_EQ(StageFailure(ReportOf({.error = absl::NotFoundError("missing dependency x")})).cause, Cause::kSetup);
}

TEST(Verdict, OfAFullDiskIsThatTheAttemptIsLostNotThatItFailed) {
  const absl::Status full = status::Annotate(status::DiskFull("cannot write /c/x: no space"), "model.bin");
  auto outcome = SetupFailure(Cause::kSetup, full);
  EXPECT_EQ(outcome.kind, OutcomeKind::kLost);
  EXPECT_EQ(outcome.cause, Cause::kInfrastructure);
  EXPECT_EQ(outcome.error, "model.bin: cannot write /c/x: no space");
  EXPECT_EQ(StageFailure(ReportOf({.error = full})).kind, OutcomeKind::kLost);
  EXPECT_EQ(StageFailure(ReportOf({.exit = {.code = 1}})).kind, OutcomeKind::kFailed);
}

TEST(Verdict, ToleratesWhatFailedButNotWhatWasStoppedOrHadNoRoom) {
  EXPECT_TRUE(AreTolerable(ReportOf({.exit = {.code = 1}})));
  EXPECT_TRUE(AreTolerable(ReportOf({.error = absl::NotFoundError("missing dependency x")})));
  EXPECT_FALSE(AreTolerable(ReportOf({.error = status::DiskFull("no space")})));
  pipeline::ExecuteReport stopped = ReportOf({.exit = {.code = 1}});
  stopped.stages[0].result = pipeline::StageResult::kStopped;
  EXPECT_FALSE(AreTolerable(stopped));
}

TEST(Verdict, TellsAFullDiskFromABoundThatIsExceeded) {
  EXPECT_EQ(SetupFailure(Cause::kSetup, absl::ResourceExhaustedError("pack is too large")).kind, OutcomeKind::kFailed);
}

TEST(Verdict, PutsTheErrorOnOneLineWithItsHint) {
  auto status = status::WithHint(absl::NotFoundError("key 'unit'\n  ^"), "did you mean units?");
  EXPECT_EQ(SetupFailure(Cause::kBadParams, status).error, "key 'unit'   ^ (did you mean units?)");
}

TEST(Verdict, OfAnEndedAttemptIsWhyItWasEnded) {
  experiment::Experiment experiment;
  experiment.timeout = absl::Hours(1);
  EXPECT_EQ(Ended(EndReason::kCancel, experiment).kind, OutcomeKind::kCancelled);
  EXPECT_EQ(Ended(EndReason::kPreempt, experiment).kind, OutcomeKind::kPreempted);
  auto timeout = Ended(EndReason::kTimeout, experiment);
  EXPECT_EQ(timeout.kind, OutcomeKind::kFailed);
  EXPECT_EQ(timeout.cause, Cause::kTimeout);
  EXPECT_EQ(timeout.error, "timed out after 1h");
}

std::map<std::string, std::string> EnvOf(const Options& options, const experiment::Assignment& assignment) {
  std::map<std::string, std::string> env;
  for (const std::string& entry : StageEnv(options, assignment, "/ws")) {
    size_t equals = entry.find('=');
    EXPECT_TRUE(env.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second) << "twice: " << entry;
  }
  return env;
}

TEST(StageEnv, HoldsDvcsNamesAndOurs) {
  experiment::Assignment assignment{.attempt = 2};
  assignment.experiment.name = "rusty-otter";
  assignment.experiment.id = {"0123"};
  assignment.experiment.project = {"digits"};
  assignment.experiment.baseline = {"abc"};
  assignment.experiment.options.env = {{"HOME", "/submitted"}, {"A", "b=c"}};
  Options options;
  options.env = {"HOME=/agent", "PATH=/bin", "GIT_DIR=/somewhere/.git", "bad"};
  EXPECT_EQ(EnvOf(options, assignment), (std::map<std::string, std::string>{{"HOME", "/submitted"},
                                                                            {"PATH", "/bin"},
                                                                            {"A", "b=c"},
                                                                            {"DVC_EXP_NAME", "rusty-otter"},
                                                                            {"DVC_EXP_BASELINE_REV", "abc"},
                                                                            {"EXPQ_EXPERIMENT", "rusty-otter"},
                                                                            {"EXPQ_ID", "0123"},
                                                                            {"EXPQ_ATTEMPT", "2"},
                                                                            {"EXPQ_PROJECT", "digits"},
                                                                            {"EXPQ_ROOT", "/ws"}}));
}

TEST(StageEnv, SharesOutOnlyGpusThatTheAgentManages) {
  experiment::Assignment assignment;
  Options options;
  options.env = {"CUDA_VISIBLE_DEVICES=7"};
  EXPECT_EQ(EnvOf(options, assignment)["CUDA_VISIBLE_DEVICES"], "7");
  options.total.gpu_ids = {"GPU-a", "GPU-b", "GPU-c"};
  EXPECT_EQ(EnvOf(options, assignment)["CUDA_VISIBLE_DEVICES"], "");
  assignment.gpu_ids = {"GPU-a", "GPU-c"};
  EXPECT_EQ(EnvOf(options, assignment)["CUDA_VISIBLE_DEVICES"], "GPU-a,GPU-c");
}

}  // namespace
}  // namespace expq::agent
