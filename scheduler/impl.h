// What the parts of the scheduler share.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/experiment/log_layout.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"
#include "scheduler/books.h"
#include "scheduler/scheduler.h"
#include "scheduler/strangers.h"
#include "scheduler/wakeups.h"

namespace expq::scheduler {

struct Scheduler::Impl {
  Impl(store::Store& store, clock::Clock& clock, experiment::Records& records, blob::BlobStore& blobs, Options options)
      : store(store),
        clock(clock),
        records(records),
        blobs(blobs),
        options(std::move(options)),
        boot(clock::BootId()),
        logs(this->options.log_dir),
        wakeups(store, this->options.poll) {}

  // Runs the decision in a transaction, writes its books, and wakes whoever waits.
  absl::Status Decide(absl::FunctionRef<absl::Status(Books&)> decision);

  // Leases.
  // Ends leases that are over; `but` was just heard of.
  absl::Status EndLeases(Books& books, const experiment::SessionId& but);
  // After a restart no lease ends before twice the lease time: agents could not be heard.
  absl::Status RestOnce();

  // Before a finished experiment is renamed: its result under the new name; the experiment as it was, if it has one.
  absl::StatusOr<std::optional<experiment::Experiment>> PublishRenamed(const experiment::ProjectName& project,
                                                                       const std::string& selector,
                                                                       const std::string& name);
  absl::Status NoteProgress(Books& books, const std::vector<experiment::Progress>& progress);

  // The number of its latest attempt that left a log, 0 = none.
  int LastLoggedAttempt(const experiment::ExperimentId& id) const;
  void RemoveLogs(const std::vector<core::Entry>& entries);

  store::Store& store;
  clock::Clock& clock;
  experiment::Records& records;
  blob::BlobStore& blobs;
  const Options options;
  const std::string boot;
  fs::PosixFilesystem fs;
  const experiment::LogLayout logs;
  Wakeups wakeups;
  Strangers strangers;

  sync::Mutex log_mutex;  // appends: two chunks of one file must not interleave

  sync::Mutex rest_mutex;
  bool rested ABSL_GUARDED_BY(rest_mutex) = false;

 private:
  absl::Status Rest(Books& books);
  absl::Status EndLease(Books& books, core::Session session, bool process_gone);
};

// Forgets what only the scheduler knows.
std::vector<experiment::Experiment> ForPeople(std::vector<core::Entry> entries);

}  // namespace expq::scheduler
