#include "scheduler/store/sqlite_files.h"

#include "absl/time/time.h"
#include "common/status/status.h"
#include "scheduler/store/sqlite_connection.h"

namespace expq::store {
namespace {

// How long another process's write may hold us up.
constexpr absl::Duration kPatience = absl::Seconds(10);

absl::StatusOr<std::unique_ptr<Connection>> OpenThere(const std::string& path) {
  return Connection::Open(path, kPatience, Connection::Mode::kWrite);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckSqlite(const std::string& path) {
  ASSIGN_OR_RETURN(const auto connection, OpenThere(path));
  Statement statement = connection->Prepare("PRAGMA quick_check");
  std::vector<std::string> problems;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return problems;
    std::string line = statement.Text();
    if (line != "ok") problems.push_back(std::move(line));
  }
}

absl::Status CopySqlite(const std::string& path, const std::string& copy) {
  ASSIGN_OR_RETURN(const auto from, OpenThere(path));
  ASSIGN_OR_RETURN(const auto to, Connection::Open(copy, kPatience, Connection::Mode::kMake));
  return from->CopyTo(*to);
}

}  // namespace expq::store
