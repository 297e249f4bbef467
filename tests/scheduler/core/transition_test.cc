#include "scheduler/core/transition.h"

#include <gtest/gtest.h>

#include <functional>

#include "common/status/status.h"
#include "scheduler/core/attempts.h"
#include "scheduler/core/limits.h"

namespace expq::core {
namespace {

using experiment::Cause;
using experiment::Outcome;
using experiment::OutcomeKind;
using experiment::State;

constexpr int kAttempt = 3;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

Entry In(State state) {
  Entry entry;
  entry.name = "one";
  entry.state = state;
  entry.attempt = kAttempt;
  entry.agent = "box";
  entry.session.value = "box-1";
  if (state == State::kFailed) entry.cause = Cause::kUserCode;
  return entry;
}

Entry Suspect() {
  Entry entry = In(State::kQueued);
  entry.suspect = true;
  entry.losses = 1;
  return entry;
}

Entry Cancelling() {
  Entry entry = In(State::kRunning);
  entry.cancel_requested = true;
  return entry;
}

Entry WithRetries() {
  Entry entry = In(State::kRunning);
  entry.retries = 1;
  return entry;
}

Entry OnTheBrink() {
  Entry entry = In(State::kRunning);
  entry.losses = kCrashLimit - 1;
  return entry;
}

OutcomeAccepted Ends(OutcomeKind kind, Cause cause = Cause::kNone) {
  return {.attempt = kAttempt, .outcome = {.kind = kind, .cause = cause, .error = "why"}, .at = kNow};
}

// Every event in every state: the state that follows, or "no".
TEST(Transition, KnowsEveryEventInEveryState) {
  const std::vector<std::pair<std::string, Entry>> states = {
      {"queued", In(State::kQueued)},       {"suspect", Suspect()},         {"running", In(State::kRunning)},
      {"cancelling", Cancelling()},         {"retryable", WithRetries()},   {"on the brink", OnTheBrink()},
      {"succeeded", In(State::kSucceeded)}, {"failed", In(State::kFailed)}, {"cancelled", In(State::kCancelled)}};
  const char* const q = "queued";
  const char* const r = "running";
  const char* const s = "succeeded";
  const char* const f = "failed";
  const char* const c = "cancelled";
  const char* const no = "no";
  struct Row {
    const char* name;
    Event event;
    std::vector<const char*> follows;  // in the order of `states`
  };
  const std::vector<Row> table = {
      {"granted",
       Granted{.session = {"s2"}, .agent = "tower", .gpu_ids = {}, .at = kNow},
       {r, r, no, no, no, no, no, no, no}},
      {"succeeded", Ends(OutcomeKind::kSucceeded), {no, s, s, c, s, s, no, no, no}},
      {"failed", Ends(OutcomeKind::kFailed, Cause::kUserCode), {no, f, f, c, q, f, no, no, no}},
      {"bad params", Ends(OutcomeKind::kFailed, Cause::kBadParams), {no, f, f, c, f, f, no, no, no}},
      {"lost by agent", Ends(OutcomeKind::kLost), {no, q, q, c, q, f, no, no, no}},
      {"preempted", Ends(OutcomeKind::kPreempted), {no, q, q, c, q, q, no, no, no}},
      {"ended cancelled", Ends(OutcomeKind::kCancelled), {no, c, c, c, c, c, no, no, no}},
      {"lease ended", LeaseEnded{.at = kNow}, {no, no, q, c, q, f, no, no, no}},
      {"reappeared", Reappeared{.attempt = kAttempt, .session = {"s2"}}, {no, r, r, r, r, r, no, no, no}},
      {"handed back", HandedBack{}, {no, no, q, q, q, q, no, no, no}},
      {"cancel", CancelRequested{.at = kNow}, {c, c, r, r, r, r, no, no, c}},
      {"retry", RetryRequested{}, {no, no, no, no, no, no, no, q, q}},
      {"progressed",
       Progressed{.attempt = kAttempt, .stage = "s", .params_json = "", .metrics_json = ""},
       {no, no, r, r, r, r, no, no, no}},
      {"renamed", Renamed{.name = "new"}, {q, no, no, no, no, no, s, f, c}},
  };
  ASSERT_EQ(table.size(), std::variant_size_v<Event> + 5);  // OutcomeAccepted in six kinds
  for (const Row& row : table) {
    for (size_t i = 0; i < states.size(); ++i) {
      auto after = Transition(states[i].second, row.event);
      std::string follows = after.ok() ? std::string(Name(after->state)) : "no";
      EXPECT_EQ(follows, row.follows[i]) << row.name << " while " << states[i].first << ": " << after.status();
    }
  }
}

TEST(Transition, RefusesWhatASupersededAttemptSays) {
  const std::vector<Event> events = {
      OutcomeAccepted{.attempt = kAttempt - 1, .outcome = {}, .at = kNow},
      OutcomeAccepted{.attempt = kAttempt + 1, .outcome = {}, .at = kNow},
      Reappeared{.attempt = kAttempt - 1, .session = {"s"}},
      Progressed{.attempt = kAttempt - 1, .stage = "s", .params_json = "", .metrics_json = ""}};
  for (const Event& event : events) {
    EXPECT_TRUE(absl::IsAborted(Transition(In(State::kRunning), event).status())) << event.index();
    EXPECT_TRUE(absl::IsAborted(Transition(Suspect(), event).status())) << event.index();
  }
}

TEST(Transition, GivesEachGrantTheNextNumberAndForgetsTheLastAttempt) {
  Entry entry = Suspect();
  entry.error = "old";
  entry.cause = Cause::kTimeout;
  entry.workspace = "/kept";
  auto after = Transition(entry, Granted{.session = {"s2"}, .agent = "tower", .gpu_ids = {"GPU-1"}, .at = kNow});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->attempt, kAttempt + 1);
  EXPECT_FALSE(after->suspect);
  EXPECT_EQ(after->agent, "tower");
  EXPECT_EQ(after->session.value, "s2");
  EXPECT_EQ(after->gpu_ids, std::vector<std::string>{"GPU-1"});
  EXPECT_EQ(after->started, kNow);
  EXPECT_EQ(after->error, "");
  EXPECT_EQ(after->cause, Cause::kNone);
  EXPECT_EQ(after->workspace, "");
}

TEST(Transition, GrantsNothingThatWaitsForOthers) {
  Entry entry = In(State::kQueued);
  entry.ready = false;
  EXPECT_TRUE(absl::IsFailedPrecondition(Transition(entry, Granted{}).status()));
}

TEST(Transition, CountsLossesInARowOnly) {
  Entry entry = In(State::kRunning);
  entry.retries = 9;
  entry = *Transition(entry, LeaseEnded{.at = kNow});
  EXPECT_EQ(entry.losses, 1);
  EXPECT_EQ(entry.failures, 0);
  Entry back = *Transition(entry, Reappeared{.attempt = kAttempt, .session = {"box-1"}});
  EXPECT_EQ(back.losses, 0);
  Entry failed = *Transition(entry, Ends(OutcomeKind::kFailed));
  EXPECT_EQ(failed.losses, 0);
  EXPECT_EQ(failed.failures, 1);
}

TEST(Transition, SaysWhyTheAgentGaveAnAttemptBackAndFailsItInTheEnd) {
  Entry entry = WithRetries();
  OutcomeAccepted full = Ends(OutcomeKind::kLost, Cause::kInfrastructure);
  entry = *Transition(entry, full);
  EXPECT_EQ(entry.state, State::kQueued);
  EXPECT_FALSE(entry.suspect);
  EXPECT_EQ(entry.failures, 0);
  EXPECT_EQ(entry.error, "why");
  EXPECT_EQ(entry.cause, Cause::kInfrastructure);
  entry = *Transition(OnTheBrink(), full);
  EXPECT_EQ(entry.state, State::kFailed);
  EXPECT_EQ(entry.cause, Cause::kInfrastructure);
  EXPECT_EQ(entry.error, "why (5 times in a row)");
}

TEST(Transition, KeepsWhatAFailedAttemptMeasured) {
  OutcomeAccepted ends = Ends(OutcomeKind::kFailed, Cause::kTimeout);
  ends.outcome.metrics_json = R"({"m.json":{}})";
  ends.outcome.workspace = "/kept";
  ends.outcome.stage = "train";
  Entry entry = In(State::kRunning);
  entry.params_json = "as submitted";
  entry = *Transition(entry, ends);
  EXPECT_EQ(entry.metrics_json, R"({"m.json":{}})");
  EXPECT_EQ(entry.params_json, "as submitted");
  EXPECT_EQ(entry.workspace, "/kept");
  EXPECT_EQ(entry.stage, "train");
  EXPECT_EQ(entry.error, "why");
  EXPECT_EQ(entry.finished, kNow);
}

TEST(Transition, GivesARetryAllItsTriesAgain) {
  Entry entry = In(State::kFailed);
  entry.failures = 3;
  entry.losses = 5;
  entry.finished = kNow;
  entry = *Transition(entry, RetryRequested{});
  EXPECT_EQ(entry.failures, 0);
  EXPECT_EQ(entry.losses, 0);
  EXPECT_EQ(entry.finished, absl::InfinitePast());
  EXPECT_EQ(entry.attempt, kAttempt);
}

TEST(DecideHolding, DropsWhatIsNotTheReportersAndResumesWhatCameBack) {
  experiment::AttemptReport report{.experiment = {"e"}, .attempt = kAttempt};
  Entry running = In(State::kRunning), suspect = Suspect(), finished = In(State::kFailed);
  EXPECT_EQ(DecideHolding(nullptr, report, {"box-1"}, "box"), Verdict::kDrop);
  EXPECT_EQ(DecideHolding(&running, report, {"box-1"}, "box"), Verdict::kGoOn);
  EXPECT_EQ(DecideHolding(&running, report, {"box-2"}, "box"), Verdict::kResume);
  EXPECT_EQ(DecideHolding(&running, report, {"x"}, "tower"), Verdict::kDrop);
  EXPECT_EQ(DecideHolding(&suspect, report, {"box-1"}, "box"), Verdict::kResume);
  EXPECT_EQ(DecideHolding(&finished, report, {"box-1"}, "box"), Verdict::kDrop);
  report.attempt = kAttempt - 1;
  EXPECT_EQ(DecideHolding(&running, report, {"box-1"}, "box"), Verdict::kDrop);
}

TEST(LeaseOver, ComparesOnlyOnOneClock) {
  Session session;
  session.boot = "a";
  session.lease_until = absl::Seconds(100);
  EXPECT_FALSE(LeaseOver(session, "a", absl::Seconds(100)));
  EXPECT_TRUE(LeaseOver(session, "a", absl::Seconds(101)));
  EXPECT_FALSE(LeaseOver(session, "b", absl::Seconds(101)));
  session.state = SessionState::kGone;
  EXPECT_FALSE(LeaseOver(session, "a", absl::Seconds(101)));
}

}  // namespace
}  // namespace expq::core
