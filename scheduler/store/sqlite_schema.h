// The tables of the SQLite store and their version (PRAGMA user_version).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "scheduler/store/sqlite_connection.h"

namespace expq::store {

inline constexpr int kSchemaVersion = 1;

// Makes the tables in an empty database; several processes may try at once. FailedPrecondition when a newer expq made
// them, or when the file is a database of something else.
absl::Status PrepareSchema(Connection& connection, const std::string& path);

}  // namespace expq::store
