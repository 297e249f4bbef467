#include "scheduler/store/sqlite_schema.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::store {
namespace {

// state: experiment::State as a number. The packed columns (BLOB) are packing.h's. Times are microseconds, 0 = not yet.
constexpr char kTables[] = R"sql(
CREATE TABLE experiment (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  project TEXT NOT NULL,
  submission TEXT NOT NULL,
  baseline TEXT NOT NULL,
  name TEXT NOT NULL,
  need BLOB NOT NULL,
  state INTEGER NOT NULL,
  ready INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  fresh INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  suspect INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  session TEXT NOT NULL,
  agent TEXT NOT NULL,
  gpu_ids BLOB NOT NULL,
  stage TEXT NOT NULL,
  error TEXT NOT NULL,
  workspace TEXT NOT NULL,
  revision TEXT NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  properties BLOB NOT NULL,
  spec BLOB NOT NULL,
  params TEXT NOT NULL,
  metrics TEXT NOT NULL,
  UNIQUE (project, name, baseline)
) STRICT;
CREATE INDEX experiment_queue ON experiment (need, project, priority DESC, fresh, sequence) WHERE state = 0 AND ready = 1;
CREATE INDEX experiment_held ON experiment (session) WHERE state = 1;
CREATE INDEX experiment_project ON experiment (project, sequence);
CREATE INDEX experiment_submission ON experiment (submission);
CREATE INDEX experiment_revision ON experiment (revision) WHERE revision <> '';
CREATE TABLE dependency (
  parent TEXT NOT NULL, child TEXT NOT NULL, PRIMARY KEY (parent, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependency_child ON dependency (child);
CREATE TABLE submission (
  id TEXT PRIMARY KEY, project TEXT NOT NULL, commit_id TEXT NOT NULL, created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
  id TEXT NOT NULL UNIQUE,
  agent TEXT NOT NULL,
  state INTEGER NOT NULL,
  draining INTEGER NOT NULL,
  drain_requested INTEGER NOT NULL,
  boot TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  projects BLOB NOT NULL,
  total BLOB NOT NULL,
  free BLOB NOT NULL
) STRICT;
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  experiment TEXT NOT NULL,
  name TEXT NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE tally (
  project TEXT NOT NULL, need BLOB NOT NULL, state INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (project, need, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE counter (
  name TEXT PRIMARY KEY, value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('experiment', 0);
PRAGMA application_id = 1702391921;
PRAGMA user_version = 1;
)sql";

constexpr int64_t kApplicationId = 1702391921;  // "expq"

absl::Status OfAnother(const std::string& path) {
  return status::WithHint(absl::FailedPreconditionError(absl::StrCat(path, ": this is not an expq database")),
                          "it is a database of another program; choose another place");
}

absl::Status CheckVersion(Connection& connection, int64_t version, const std::string& path) {
  ASSIGN_OR_RETURN(int64_t application, connection.QueryNumber("PRAGMA application_id"));
  if (application != kApplicationId) return OfAnother(path);
  if (version <= kSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path, " was made by a newer expq (schema ", version,
                                                    ", this one knows ", kSchemaVersion, "): upgrade expq"));
}

absl::Status MakeTables(Connection& connection, const std::string& path) {
  // Another process may have been first: look again under the lock.
  ASSIGN_OR_RETURN(int64_t version, connection.QueryNumber("PRAGMA user_version"));
  if (version != 0) return CheckVersion(connection, version, path);
  ASSIGN_OR_RETURN(int64_t tables, connection.QueryNumber("SELECT count(*) FROM sqlite_schema"));
  if (tables != 0) return OfAnother(path);
  return connection.Execute(kTables);
}

}  // namespace

absl::Status PrepareSchema(Connection& connection, const std::string& path) {
  ASSIGN_OR_RETURN(int64_t version, connection.QueryNumber("PRAGMA user_version"));
  if (version != 0) return CheckVersion(connection, version, path);
  RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  absl::Status made = MakeTables(connection, path);
  absl::Status ended = connection.Execute(made.ok() ? "COMMIT" : "ROLLBACK");
  return made.ok() ? ended : made;
}

}  // namespace expq::store
