// What the scheduler must never forget, behind a narrow interface: a few tables, read and written in lists.
//
//   experiment   one row an experiment: what was asked, its state, its latest params and metrics
//   dependency   parent, child: rows only while the child still waits for the parent
//   submission   the idempotency of submit
//   session      one row a run of an agent, with its lease
//   event        what happened, numbered without gaps
//   tally        how many experiments of a project and a need are in which state
//
// Errors: Unavailable when somebody else held the store too long, ResourceExhausted when the disk is full,
// PermissionDenied when it cannot be written, DataLoss when it is damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/experiment/interfaces.h"
#include "scheduler/core/entry.h"

namespace expq::store {

struct SubmissionRow {
  experiment::SubmissionId id;
  experiment::ProjectName project;
  experiment::CommitId commit;
  absl::Time created;
};

// How many experiments of one project and one need are in one state. Counts of 0 are left out.
struct Tally {
  experiment::ProjectName project;
  experiment::Resources need;
  experiment::State state = experiment::State::kQueued;
  int64_t count = 0;
};

struct EventRow {
  experiment::ProjectName project;
  experiment::Event event;
};

// Which experiment: a name on a baseline.
struct NameKey {
  experiment::CommitId baseline;
  std::string name;
};

// A consistent view. Lives as long as the call that it is handed to; one thread. Lists are in submission order unless
// said otherwise.
class Reader {
 public:
  virtual ~Reader() = default;
  // In the order asked for; what does not exist is left out.
  virtual absl::StatusOr<std::vector<core::Entry>> Load(const std::vector<experiment::ExperimentId>& ids) = 0;
  // All of that project in these states; no states = all.
  virtual absl::StatusOr<std::vector<core::Entry>> LoadProject(const experiment::ProjectName& project,
                                                               const std::vector<experiment::State>& states) = 0;
  // With that name, on any baseline.
  virtual absl::StatusOr<std::vector<core::Entry>> LoadNamed(const experiment::ProjectName& project,
                                                             const std::string& name) = 0;
  // Those of the keys that exist.
  virtual absl::StatusOr<std::vector<core::Entry>> LoadKeys(const experiment::ProjectName& project,
                                                            const std::vector<NameKey>& keys) = 0;
  // Whose id or result revision begins so; at most `limit`. `prefix` is lower-case hex.
  virtual absl::StatusOr<std::vector<core::Entry>> LoadPrefix(const experiment::ProjectName& project,
                                                              const std::string& prefix, int limit) = 0;
  virtual absl::StatusOr<std::vector<core::Entry>> LoadSubmission(const experiment::SubmissionId& id) = 0;
  // Running ones of that session.
  virtual absl::StatusOr<std::vector<core::Entry>> LoadHeld(const experiment::SessionId& session) = 0;
  // Queued and ready ones of exactly that need, in queue order (core::Before); at most `limit`.
  virtual absl::StatusOr<std::vector<core::Entry>> LoadQueue(const experiment::ProjectName& project,
                                                             const experiment::Resources& need, int limit) = 0;
  // Names of the project, for near names.
  virtual absl::StatusOr<std::vector<std::string>> Names(const experiment::ProjectName& project) = 0;
  virtual absl::StatusOr<std::optional<SubmissionRow>> FindSubmission(const experiment::SubmissionId& id) = 0;
  virtual absl::StatusOr<std::vector<Tally>> Tallies() = 0;
  // By the time they were first seen.
  virtual absl::StatusOr<std::vector<core::Session>> Sessions() = 0;
  virtual absl::StatusOr<std::vector<core::Session>> AliveSessions() = 0;
  // Alive ones whose lease is over at `steady`, or is on the clock of another boot.
  virtual absl::StatusOr<std::vector<core::Session>> DueSessions(const std::string& boot, absl::Duration steady) = 0;
  virtual absl::StatusOr<std::optional<core::Session>> FindSession(const experiment::SessionId& id) = 0;
  // After `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<experiment::Event>> Events(const experiment::ProjectName& project, int64_t after,
                                                                int limit) = 0;
  // 0 when there is none.
  virtual absl::StatusOr<int64_t> LastEvent() = 0;
  // True when an event tells of it, also of one that was removed. Slow: reads all events.
  virtual absl::StatusOr<bool> Remembers(const experiment::ExperimentId& id) = 0;
};

// An entry as it shall be, and the state that it was in.
struct Change {
  experiment::State from;
  core::Entry entry;
};

// A view that can be changed. What it wrote, it reads.
class Transaction : public Reader {
 public:
  virtual absl::Status Insert(const SubmissionRow& submission) = 0;
  // Gives each its sequence. AlreadyExists for an id, or a name on its baseline, that is there.
  virtual absl::Status Insert(std::vector<core::Entry>& entries) = 0;
  // Writes all that may change after a submit, but the name.
  virtual absl::Status Update(const std::vector<Change>& changes) = 0;
  // Writes the name. AlreadyExists when it is taken on that baseline.
  virtual absl::Status Rename(const core::Entry& entry) = 0;
  virtual absl::Status Delete(const std::vector<core::Entry>& entries) = 0;
  // `children` wait for these parents (parent, child).
  virtual absl::Status Block(
      const std::vector<std::pair<experiment::ExperimentId, experiment::ExperimentId>>& parent_and_child) = 0;
  // These succeeded. Whoever waits for nothing else any more is made ready; says how many.
  virtual absl::StatusOr<int64_t> Release(const std::vector<experiment::ExperimentId>& parents) = 0;
  // Inserts or replaces.
  virtual absl::Status Put(const core::Session& session) = 0;
  virtual absl::Status Delete(const experiment::SessionId& session) = 0;
  // Gives each its number.
  virtual absl::Status Append(std::vector<EventRow>& events) = 0;
  // Submissions of these that have no experiment left are deleted; returns them.
  virtual absl::StatusOr<std::vector<experiment::SubmissionId>> DeleteEmpty(
      const std::vector<experiment::SubmissionId>& submissions) = 0;
};

// Thread-safe. Readers do not wait for writers.
class Store {
 public:
  virtual ~Store() = default;
  virtual absl::Status Read(absl::FunctionRef<absl::Status(Reader&)> operation) = 0;
  // Runs the operation, perhaps on another caller's thread and together with other operations in one commit. When it
  // returns an error, nothing of it was done. When this returns OK, it is durable. It must not call the store.
  virtual absl::Status Transact(absl::FunctionRef<absl::Status(Transaction&)> operation) = 0;
  // Differs from an earlier answer when anything was changed in between, by this process or another.
  virtual absl::StatusOr<int64_t> DataVersion() = 0;
};

}  // namespace expq::store
