// The scheduler: every decision of scheduler/core over the transactional store. It implements all interfaces that
// people and agents call; local mode uses it by reference, the daemon behind gRPC.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/clock/clock.h"
#include "common/experiment/interfaces.h"
#include "common/random/random.h"
#include "scheduler/core/import.h"
#include "scheduler/store/store.h"

namespace expq::scheduler {

struct Options {
  // Log files: <log_dir>/<experiment id>/<attempt>/<NN>-<stage>.log (experiment::LogLayout).
  std::string log_dir;
  absl::Duration lease = absl::Seconds(60);
  absl::Duration call_again = absl::Seconds(5);
  // Several processes share the store (local mode): look for others' changes at this interval while a call waits.
  absl::Duration poll = absl::InfiniteDuration();
  // False when the process behind a session is known to be dead (local mode: pid and start time): its leases end at
  // once. Null = leases end by time only.
  std::function<bool(const experiment::SessionId& session)> session_alive;
  // An experiment was removed or replaced: what is kept of it elsewhere on this machine can go too. May be null.
  std::function<void(const experiment::ExperimentId& id)> forgotten;
};

// What an import did.
struct Imported {
  int queued = 0;
  int succeeded = 0;
  std::vector<std::string> skipped;  // one line each: what was passed over, and why
};

// Thread-safe. `store`, `clock`, `random`, `records`, `blobs` outlive it.
class Scheduler : public experiment::Queue,
                  public experiment::Dispatcher,
                  public experiment::LogReader,
                  public experiment::Fleet {
 public:
  Scheduler(store::Store& store, clock::Clock& clock, random::Random& random, experiment::Records& records,
            blob::BlobStore& blobs, Options options);
  ~Scheduler() override;

  // Ends leases whose time has passed (or whose process is gone); called by every Sync and by the daemon's ticker.
  absl::Status Tick();
  // Wakes all waiting calls and makes them return: before shutting down.
  void Stop();

  // Those of `ids` that the store has no rows of: a crash came between ref and rows, or the store is new.
  absl::StatusOr<std::vector<experiment::SubmissionId>> Unknown(const std::vector<experiment::SubmissionId>& ids);
  // Makes rows for them, all at once. Repeating is harmless: what the store knows stays as it is. One that it once knew
  // was removed: then the ref goes too.
  absl::StatusOr<Imported> Import(const experiment::ProjectName& project, std::vector<core::Recorded> recorded);

  absl::StatusOr<experiment::Submission> Submit(const experiment::SubmitRequest& request) override;
  absl::StatusOr<std::vector<experiment::Experiment>> List(const experiment::ListRequest& request) override;
  absl::StatusOr<std::vector<experiment::Event>> Watch(const experiment::ProjectName& project, int64_t after,
                                                       absl::Duration timeout) override;
  absl::StatusOr<std::vector<experiment::Experiment>> Cancel(const experiment::Selection& selection) override;
  absl::StatusOr<std::vector<experiment::Experiment>> Retry(const experiment::Selection& selection) override;
  absl::StatusOr<std::vector<experiment::Experiment>> Remove(const experiment::Selection& selection) override;
  absl::StatusOr<experiment::Experiment> Update(const experiment::UpdateRequest& request) override;

  absl::StatusOr<experiment::SyncOrders> Sync(const experiment::SyncReport& report) override;
  absl::Status AppendLog(const experiment::LogAppend& append) override;
  absl::Status ReportProgress(const std::vector<experiment::Progress>& progress) override;

  absl::StatusOr<std::vector<experiment::LogSegment>> Segments(const experiment::ProjectName& project,
                                                               const experiment::ExperimentId& id) override;
  absl::StatusOr<std::string> ReadLog(const experiment::ProjectName& project, const experiment::ExperimentId& id,
                                      const experiment::LogSegment& segment, int64_t offset,
                                      int64_t max_bytes) override;

  absl::StatusOr<std::vector<experiment::AgentInfo>> Agents() override;
  absl::Status Drain(const std::string& agent) override;

  struct Impl;  // what its parts share: scheduler/impl.h

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace expq::scheduler
