// One row ⇄ one value. The order of columns is written once, here and in sqlite_rows.cc.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/store/sqlite_connection.h"
#include "scheduler/store/store.h"

namespace expq::store {

// A change writes only the second group: the name is in an index that would be written each time.
#define EXPQ_FIXED_COLUMNS "sequence, id, project, submission, baseline, created, need, spec, name"
#define EXPQ_CHANGING_COLUMNS                                                                             \
  "state, ready, priority, fresh, attempt, suspect, losses, failures, cancel_requested, cause, session, " \
  "agent, gpu_ids, stage, error, workspace, revision, started, finished, properties, params, metrics"
#define EXPQ_ENTRY_COLUMNS EXPQ_FIXED_COLUMNS ", " EXPQ_CHANGING_COLUMNS

#define EXPQ_SESSION_COLUMNS \
  "id, agent, state, draining, drain_requested, boot, lease_until, last_seen, projects, total, free"

// The packed columns of an entry, which a Statement needs to outlive the binding.
struct PackedEntry {
  explicit PackedEntry(const core::Entry& entry);
  std::string gpu_ids;
  std::string properties;
};

// Bind the values of EXPQ_FIXED_COLUMNS (9) and EXPQ_CHANGING_COLUMNS (22), in that order.
void BindFixed(Statement& statement, const core::Entry& entry, const std::string& need, const std::string& spec);
void BindChanging(Statement& statement, const core::Entry& entry, const PackedEntry& packed);

// Into a fresh entry: an entry is large, and a listing has thousands.
absl::Status ReadEntry(Statement& statement, core::Entry& entry);
absl::StatusOr<core::Session> ReadSession(Statement& statement);

// All rows of a statement whose parameters are bound.
absl::StatusOr<std::vector<core::Session>> ReadSessions(Statement& statement);

// All rows of a statement whose parameters are bound, appended to `out`.
absl::Status ReadEntries(Statement& statement, std::vector<core::Entry>& out);

}  // namespace expq::store
