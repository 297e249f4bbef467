// A SQLite store as a file: is it sound, and a copy of it. Beside a scheduler that serves it, too.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace expq::store {

// What SQLite itself finds wrong with the file, one line each; empty = nothing. An error when it cannot even be opened.
absl::StatusOr<std::vector<std::string>> CheckSqlite(const std::string& path);

// Writes to `copy`, which must not exist, all that is committed in `path` at one moment: one file, whole without a log.
// Not yet durable. NotFound when there is no `path`; after an error there may be a part of `copy`.
absl::Status CopySqlite(const std::string& path, const std::string& copy);

}  // namespace expq::store
