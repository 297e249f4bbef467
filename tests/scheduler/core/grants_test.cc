#include "scheduler/core/grants.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scheduler/core/limits.h"

namespace expq::core {
namespace {

using experiment::Offer;
using experiment::State;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

Entry Waiting(int64_t sequence, int gpus = 0, int cpus = 0) {
  Entry entry;
  entry.id.value = "e" + std::to_string(sequence);
  entry.sequence = sequence;
  entry.need.gpus = gpus;
  entry.need.cpus = cpus;
  entry.created = kNow;
  return entry;
}

Session AnAgent(const std::string& name, Offer total) {
  Session session;
  session.id.value = name;
  session.agent = name;
  session.total = session.free = std::move(total);
  return session;
}

// Which of the queue are granted to the agent, as sequences.
struct Table {
  std::vector<Entry> queue;
  Session agent;
  std::vector<Session> others;
  Offer available;

  GrantAnswer Ask() {
    std::ranges::sort(queue, Before);
    GrantQuestion question{.agent = &agent, .available = available, .fleet = others, .queue = &queue, .now = kNow};
    question.fleet.push_back(agent);
    return DecideGrants(question);
  }
  std::vector<int64_t> Granted() {
    std::vector<int64_t> granted;
    auto answer = Ask();
    for (const Grant& grant : answer.grants) granted.push_back(queue[grant.index].sequence);
    return granted;
  }
};

TEST(DecideGrants, FollowsPriorityThenWhatRanBeforeThenSubmissionOrder) {
  Table table{.queue = {Waiting(1), Waiting(2), Waiting(3), Waiting(4)}, .agent = AnAgent("box", {.slots = 4})};
  table.available = table.agent.total;
  table.queue[3].priority = 1;
  table.queue[2].attempt = 1;
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{4, 3, 1, 2}));
}

TEST(DecideGrants, PassesOverWhatDoesNotFit) {
  Table table{.queue = {Waiting(1, 2), Waiting(2, 0, 3), Waiting(3, 1), Waiting(4)},
              .agent = AnAgent("box", {.slots = 4, .cpus = 2, .gpu_ids = {"a", "b"}})};
  table.available = {.slots = 4, .cpus = 2, .gpu_ids = {"b"}};
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(table.Ask().grants[0].gpu_ids, std::vector<std::string>{"b"});
}

TEST(DecideGrants, NeverExceedsSlots) {
  Table table{.queue = {Waiting(1), Waiting(2), Waiting(3)}, .agent = AnAgent("box", {.slots = 2})};
  table.available = {.slots = 2};
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{1, 2}));
}

TEST(DecideGrants, TakesOnlyItsProjects) {
  Table table{.queue = {Waiting(1), Waiting(2)}, .agent = AnAgent("box", {.slots = 2})};
  table.available = {.slots = 2};
  table.agent.projects = {{"mine"}};
  table.queue[1].project.value = "mine";
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{2}));
}

TEST(DecideGrants, HoldsOneAgentForALargeRequestThatWaitedLong) {
  Table table{.queue = {Waiting(1, 2), Waiting(2, 1)}, .agent = AnAgent("box", {.slots = 4, .gpu_ids = {"a", "b"}})};
  table.available = {.slots = 3, .gpu_ids = {"a"}};
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{2}));
  table.queue[0].created = kNow - kHoldAfter;
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{}));
  EXPECT_EQ(table.Ask().held_for->value, "e1");
  // Another agent is emptier: that one is held.
  table.others = {AnAgent("tower", {.slots = 4, .gpu_ids = {"c", "d"}})};
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{2}));
  table.others[0].draining = true;
  EXPECT_EQ(table.Granted(), (std::vector<int64_t>{}));
}

TEST(Available, IsWhatTheReportSaysLessWhatItDoesNotShowYet) {
  experiment::SyncReport report;
  report.total = {.slots = 4, .cpus = 8, .memory = 100, .gpu_ids = {"a", "b", "c"}};
  report.free = {.slots = 3, .cpus = 6, .memory = 60, .gpu_ids = {"b", "c"}};
  Entry shown = Waiting(1, 1, 2), hidden = Waiting(2, 1, 3);
  shown.attempt = hidden.attempt = 1;
  shown.gpu_ids = {"a"};
  hidden.gpu_ids = {"b"};
  hidden.need.memory = 10;
  report.attempts = {{.experiment = shown.id, .attempt = 1}};
  Offer available = Available(report, {&shown, &hidden});
  EXPECT_EQ(available.slots, 2);
  EXPECT_EQ(available.cpus, 3);
  EXPECT_EQ(available.memory, 50);
  EXPECT_EQ(available.gpu_ids, std::vector<std::string>{"c"});
}

TEST(Available, IsNeverMoreThanTheTotalAllows) {
  experiment::SyncReport report;
  report.total = {.slots = 2, .cpus = 4};
  report.free = {.slots = 2, .cpus = 4};  // a report from before
  Entry held = Waiting(1, 0, 3);
  held.attempt = 1;
  report.attempts = {{.experiment = held.id, .attempt = 1}};
  Offer available = Available(report, {&held});
  EXPECT_EQ(available.slots, 1);
  EXPECT_EQ(available.cpus, 1);
}

}  // namespace
}  // namespace expq::core
