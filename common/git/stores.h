// The git side of local mode and of the scheduler: snapshots by pack, and the refs that record submissions and results.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/experiment/interfaces.h"

namespace expq::git {

// Which repository folder a project lives in: the user's own in local mode, <data>/projects/<name>.git on a scheduler.
using RepositoryOf = std::function<absl::StatusOr<std::string>(const experiment::ProjectName& project)>;

class HandlePool;

// Thread-safe. A project whose folder does not exist yet has no commits; PutPack makes it, as a bare repository.
// What PutPack received stays on refs/expq/keep/<commit> until a submission or result is published for it.
class LocalSnapshotStore : public experiment::SnapshotStore {
 public:
  explicit LocalSnapshotStore(RepositoryOf repository_of);
  ~LocalSnapshotStore() override;
  absl::StatusOr<std::vector<experiment::CommitId>> Missing(const experiment::ProjectName& project,
                                                            const std::vector<experiment::CommitId>& commits) override;
  absl::Status PutPack(const experiment::ProjectName& project, const std::vector<experiment::CommitId>& tips,
                       const experiment::ByteSource& pack) override;
  absl::Status GetPack(const experiment::ProjectName& project, const std::vector<experiment::CommitId>& wants,
                       const std::vector<experiment::CommitId>& haves, const experiment::ByteSink& sink) override;

 private:
  RepositoryOf repository_of_;
  std::unique_ptr<HandlePool> handles_;
};

// Thread-safe; ref writes are serialized and retried when another process holds the ref's lock.
class LocalRecords : public experiment::Records {
 public:
  explicit LocalRecords(RepositoryOf repository_of);
  ~LocalRecords() override;
  bool HasCommit(const experiment::ProjectName& project, const experiment::CommitId& id) override;
  absl::Status PublishResult(const experiment::Experiment& experiment, bool replace) override;
  bool ResultExists(const experiment::ProjectName& project, const experiment::CommitId& baseline,
                    const std::string& name) override;
  absl::Status PublishSubmission(const experiment::ProjectName& project, const experiment::SubmissionId& id,
                                 const experiment::CommitId& commit) override;
  absl::Status Forget(const experiment::ProjectName& project, const std::vector<experiment::Experiment>& removed,
                      const std::vector<experiment::SubmissionId>& empty_submissions) override;

 private:
  RepositoryOf repository_of_;
  std::unique_ptr<HandlePool> handles_;
};

}  // namespace expq::git
