// The store in one SQLite file: WAL, synchronous=FULL, STRICT tables, a versioned schema. Several processes may share
// the file on a local disk.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "scheduler/store/store.h"

namespace expq::store {

struct SqliteOptions {
  // How long to wait for another process's write before Unavailable.
  absl::Duration busy_timeout = absl::Seconds(10);
  // The WAL is copied into the file at so many pages (4 KiB): a command that opens the file has to read the WAL first.
  // A daemon may have more.
  int checkpoint_pages = 1000;
  // Never makes the file: NotFound when it is not there.
  bool must_exist = false;
};

// Opens or makes the file; its folder must exist. ":memory:" is the twin for tests: one connection, nothing on disk.
// FailedPrecondition: the file is no database, or was made by a newer expq. PermissionDenied: it cannot be written.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options = {});

}  // namespace expq::store
