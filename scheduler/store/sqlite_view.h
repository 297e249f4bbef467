// What the store's operations are in SQL, on one connection inside one transaction.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/store/sqlite_connection.h"
#include "scheduler/store/store.h"

namespace expq::store {

// Handed out as Reader for a read transaction, as Transaction for a write. Not thread-safe.
class SqliteView : public Transaction {
 public:
  explicit SqliteView(Connection& connection) : connection_(connection) {}

  absl::StatusOr<std::vector<core::Entry>> Load(const std::vector<experiment::ExperimentId>& ids) override;
  absl::StatusOr<std::vector<core::Entry>> LoadProject(const experiment::ProjectName& project,
                                                       const std::vector<experiment::State>& states) override;
  absl::StatusOr<std::vector<core::Entry>> LoadNamed(const experiment::ProjectName& project,
                                                     const std::string& name) override;
  absl::StatusOr<std::vector<core::Entry>> LoadKeys(const experiment::ProjectName& project,
                                                    const std::vector<NameKey>& keys) override;
  absl::StatusOr<std::vector<core::Entry>> LoadPrefix(const experiment::ProjectName& project, const std::string& prefix,
                                                      int limit) override;
  absl::StatusOr<std::vector<core::Entry>> LoadSubmission(const experiment::SubmissionId& id) override;
  absl::StatusOr<std::vector<core::Entry>> LoadHeld(const experiment::SessionId& session) override;
  absl::StatusOr<std::vector<core::Entry>> LoadQueue(const experiment::ProjectName& project,
                                                     const experiment::Resources& need, int limit) override;
  absl::StatusOr<std::vector<std::string>> Names(const experiment::ProjectName& project) override;
  absl::StatusOr<std::optional<SubmissionRow>> FindSubmission(const experiment::SubmissionId& id) override;
  absl::StatusOr<std::vector<Tally>> Tallies() override;
  absl::StatusOr<std::vector<core::Session>> Sessions() override;
  absl::StatusOr<std::vector<core::Session>> AliveSessions() override;
  absl::StatusOr<std::vector<core::Session>> DueSessions(const std::string& boot, absl::Duration steady) override;
  absl::StatusOr<std::optional<core::Session>> FindSession(const experiment::SessionId& id) override;
  absl::StatusOr<std::vector<experiment::Event>> Events(const experiment::ProjectName& project, int64_t after,
                                                        int limit) override;
  absl::StatusOr<int64_t> LastEvent() override;
  absl::StatusOr<bool> Remembers(const experiment::ExperimentId& id) override;

  absl::Status Insert(const SubmissionRow& submission) override;
  absl::Status Insert(std::vector<core::Entry>& entries) override;
  absl::Status Update(const std::vector<Change>& changes) override;
  absl::Status Rename(const core::Entry& entry) override;
  absl::Status Delete(const std::vector<core::Entry>& entries) override;
  absl::Status Block(
      const std::vector<std::pair<experiment::ExperimentId, experiment::ExperimentId>>& parent_and_child) override;
  absl::StatusOr<int64_t> Release(const std::vector<experiment::ExperimentId>& parents) override;
  absl::Status Put(const core::Session& session) override;
  absl::Status Delete(const experiment::SessionId& session) override;
  absl::Status Append(std::vector<EventRow>& events) override;
  absl::StatusOr<std::vector<experiment::SubmissionId>> DeleteEmpty(
      const std::vector<experiment::SubmissionId>& submissions) override;

 private:
  // Changes of the tally table that one operation adds up: (project, packed need, state) → by how much.
  using TallyChange = std::map<std::tuple<std::string, std::string, int>, int64_t>;

  absl::Status Apply(const TallyChange& change);

  Connection& connection_;
};

}  // namespace expq::store
