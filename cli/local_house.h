// Local mode: the scheduler inside this process, over files below .git/expq. No server, no configuration.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/dvc_config.h"
#include "cli/local_layout.h"
#include "common/blob/cache.h"
#include "common/git/stores.h"
#include "scheduler/scheduler.h"
#include "scheduler/store/store.h"

namespace expq::cli {

class LocalHouse : public House {
 public:
  // With kRead nothing is made: an absent queue reads as an empty one. The context outlives the house.
  static absl::StatusOr<std::unique_ptr<House>> Open(const Context& context, const Place& place, Access access);
  ~LocalHouse() override;

  experiment::Queue& queue() override { return *scheduler_; }
  experiment::LogReader& logs() override { return *scheduler_; }
  experiment::Fleet& fleet() override { return *scheduler_; }
  experiment::SnapshotStore& snapshots() override { return snapshots_; }
  blob::BlobStore& blobs() override { return cache_; }
  LocalHouse* local() override { return this; }

  experiment::Dispatcher& dispatcher() { return *scheduler_; }
  scheduler::Scheduler& scheduler() { return *scheduler_; }
  const LocalLayout& layout() const { return layout_; }
  const CacheSettings& cache_settings() const { return settings_; }
  blob::Cache& cache() { return cache_; }
  // Of a submission that the queue did not take.
  void ForgetSubmission(const experiment::ProjectName& project, const experiment::SubmissionId& id);
  blob::HashIndex& hashes() { return hashes_; }

 private:
  // When a process that ran experiments is gone, what it held is queued again. Only then is anything written: a listing
  // must not wait for those who write.
  void NoticeDeadSessions();

  // The queue's file may be in a repository that we can only read, where SQLite cannot even take a reader's lock: then
  // a copy is read, and removed at the end.
  struct OpenedStore {
    std::unique_ptr<store::Store> store;
    std::string scratch;  // the folder of the copy; "" = none
  };
  static absl::StatusOr<OpenedStore> OpenStore(const Context& context, const LocalLayout& layout, Access access);
  static absl::StatusOr<OpenedStore> OpenCopy(const Context& context, const LocalLayout& layout);

  LocalHouse(const Context& context, const Place& place, Access access, LocalLayout layout, CacheSettings settings,
             OpenedStore opened);

  fs::Filesystem& fs_;
  const LocalLayout layout_;
  const CacheSettings settings_;
  blob::HashIndex hashes_;
  blob::Cache cache_;
  git::LocalSnapshotStore snapshots_;
  git::LocalRecords records_;
  const OpenedStore opened_;
  const std::unique_ptr<scheduler::Scheduler> scheduler_;
};

}  // namespace expq::cli
