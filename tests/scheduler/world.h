// A scheduler over a database in memory, with time that the test moves, and builders for the dull parts.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/random/random.h"
#include "gtest/gtest.h"
#include "scheduler/scheduler.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_blob_store.h"
#include "tests/support/memory_records.h"
#include "tests/support/temp_dir.h"

namespace expq::testing {

inline const experiment::ProjectName kProject{"digits"};
inline const experiment::CommitId kBaseline{"b111111111111111111111111111111111111111"};

inline experiment::CommitId Revision(int n) { return {absl::StrFormat("c%039x", n)}; }

inline experiment::Experiment AnExperiment(int n, const std::string& name) {
  experiment::Experiment e;
  e.id.value = absl::StrFormat("e%015x", n);
  e.name = name;
  e.baseline = kBaseline;
  return e;
}

inline experiment::SubmitRequest ASubmission(int n, std::vector<experiment::Experiment> experiments) {
  return {.project = kProject,
          .id = {absl::StrFormat("a%015x", n)},
          .commit = {absl::StrFormat("d%039x", n)},
          .experiments = std::move(experiments)};
}

inline experiment::Outcome Success(int n) {
  return {
      .kind = experiment::OutcomeKind::kSucceeded, .revision = Revision(n), .metrics_json = R"({"m.json":{"acc":1}})"};
}

inline experiment::Outcome Failure(experiment::Cause cause = experiment::Cause::kUserCode) {
  return {.kind = experiment::OutcomeKind::kFailed, .cause = cause, .error = "exit status 1", .stage = "train"};
}

inline experiment::Selection Named(std::vector<std::string> names) {
  return {.project = kProject, .selectors = std::move(names)};
}

struct World {
  World() { Restart(); }

  // The scheduler ends and another begins over the same store.
  void Restart() {
    scheduler.reset();
    scheduler = std::make_unique<scheduler::Scheduler>(*store, clock, *random, records, blobs, options);
  }

  // Queues experiments of these names in one submission; their ids.
  std::vector<experiment::ExperimentId> Queue(const std::vector<std::string>& names) {
    std::vector<experiment::Experiment> experiments;
    for (const std::string& name : names) experiments.push_back(AnExperiment(++last_experiment, name));
    return QueueAll(std::move(experiments));
  }
  std::vector<experiment::ExperimentId> QueueAll(std::vector<experiment::Experiment> experiments) {
    auto submission = scheduler->Submit(ASubmission(++last_submission, std::move(experiments)));
    EXPECT_TRUE(submission.ok()) << submission.status();
    std::vector<experiment::ExperimentId> ids;
    for (const auto& e : submission->experiments) ids.push_back(e.id);
    return ids;
  }

  experiment::Experiment Get(const std::string& selector) {
    auto found = scheduler->List({.project = kProject, .selectors = {selector}, .explain = true});
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && !found->empty() ? found->front() : experiment::Experiment{};
  }

  experiment::SyncOrders Sync(const experiment::SyncReport& report) {
    auto orders = scheduler->Sync(report);
    EXPECT_TRUE(orders.ok()) << orders.status();
    return orders.ok() ? *orders : experiment::SyncOrders{};
  }

  FakeClock clock;
  std::unique_ptr<random::Random> random = random::NewSeededRandom(1);
  std::unique_ptr<store::Store> store = store::OpenSqlite(":memory:").value();
  MemoryRecords records;
  MemoryBlobStore blobs;
  TempDir logs;
  scheduler::Options options{.log_dir = logs.path()};
  std::unique_ptr<scheduler::Scheduler> scheduler;
  int last_experiment = 0;
  int last_submission = 0;
};

// An agent as its reports show it.
struct SimpleAgent {
  explicit SimpleAgent(const std::string& name, int slots = 1) {
    report.agent = name;
    report.session.value = name + "-1";
    report.total.slots = report.free.slots = slots;
  }
  void Holds(const experiment::ExperimentId& id, int attempt, std::optional<experiment::Outcome> outcome = {}) {
    report.attempts.push_back({.experiment = id, .attempt = attempt, .outcome = std::move(outcome)});
  }
  experiment::SyncReport report;
};

}  // namespace expq::testing
