#include "scheduler/store/sqlite_connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::store {
namespace {

// Bytes of WAL that a command may leave for the next to read: 2 ms.
constexpr sqlite3_int64 kLongLog = 4 << 20;

constexpr char kCacheSize[] = "PRAGMA cache_size = -32768";  // KiB

absl::Status NotADatabase(const std::string& path) {
  return status::WithHint(absl::FailedPreconditionError(absl::StrCat(path, ": this is not an expq database")),
                          "expq scheduler rebuild moves it aside and makes it anew from git's refs");
}

absl::Status CannotOpen(const std::string& path, int error, const char* why) {
  // SQLite tries once more for reading only, so a folder that cannot be written looks like this too.
  if (error == ENOENT) {
    return absl::NotFoundError(absl::StrCat(path,
                                            ": no such file, and it cannot be made: its folder is not there or "
                                            "cannot be written"));
  }
  if (error == EACCES || error == EROFS || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": cannot be opened for writing"));
  }
  return absl::FailedPreconditionError(absl::StrCat(path, ": cannot be opened: ", why));
}

}  // namespace

Statement::Statement(Connection& connection, sqlite3_stmt* stmt, absl::Status status)
    : connection_(&connection), stmt_(stmt), status_(std::move(status)) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      stmt_(std::exchange(other.stmt_, nullptr)),
      status_(std::move(other.status_)),
      parameter_(other.parameter_),
      column_(other.column_) {}

Statement::~Statement() {
  if (stmt_ != nullptr) Reset();
}

Statement& Statement::Bind(int64_t number) {
  if (status_.ok()) sqlite3_bind_int64(stmt_, ++parameter_, number);
  return *this;
}

Statement& Statement::Bind(absl::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (status_.ok()) sqlite3_bind_text(stmt_, ++parameter_, data, static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindBlob(absl::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  if (status_.ok()) sqlite3_bind_blob(stmt_, ++parameter_, data, static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  if (!status_.ok()) return status_;
  column_ = 0;
  int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  status_ = connection_->Error(code);
  return status_;
}

absl::Status Statement::Run() {
  auto row = Step();
  if (row.ok()) Reset();
  return row.status();
}

void Statement::Reset() {
  if (stmt_ == nullptr) return;
  sqlite3_reset(stmt_);
  parameter_ = 0;
  column_ = 0;
}

int64_t Statement::Number() { return sqlite3_column_int64(stmt_, column_++); }

absl::string_view Statement::TextView() {
  int column = column_++;
  const void* data = sqlite3_column_blob(stmt_, column);
  int size = sqlite3_column_bytes(stmt_, column);
  return absl::string_view(static_cast<const char*>(data), data == nullptr ? 0 : static_cast<size_t>(size));
}

std::string Statement::Text() { return std::string(TextView()); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path, absl::Duration busy_timeout,
                                                             Mode mode) {
  sqlite3* db = nullptr;
  // Never a URI: a path may hold any character.
  int flags = SQLITE_OPEN_NOMUTEX | (mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
              (mode == Mode::kMake ? SQLITE_OPEN_CREATE : 0);
  int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(path, db));
  if (code != SQLITE_OK) {
    if (db == nullptr) return absl::ResourceExhaustedError(absl::StrCat(path, ": out of memory"));
    return CannotOpen(path, sqlite3_system_errno(db), sqlite3_errmsg(db));
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, static_cast<int>(absl::ToInt64Milliseconds(busy_timeout)));
  // Pages are taken as they are read: a small queue costs little, a large one is not read twice.
  sqlite3_exec(db, kCacheSize, nullptr, nullptr, nullptr);
  // A command that ends must not pay for copying the WAL, unless it is long (ShortenLog).
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection;
}

Connection::Connection(std::string path, sqlite3* db) : path_(std::move(path)), db_(db) {}

Connection::~Connection() {
  for (auto& [sql, stmt] : statements_) sqlite3_finalize(stmt);
  if (db_ != nullptr && sqlite3_total_changes(db_) > 0) ShortenLog();
  sqlite3_close_v2(db_);
}

// Processes that each write once and end never begin the WAL anew: what one has copied into the file, the next does not
// know of. Without this every command would read a log that only grows.
void Connection::ShortenLog() {
  sqlite3_file* log = nullptr;
  sqlite3_int64 size = 0;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log == nullptr || log->pMethods == nullptr) return;
  if (log->pMethods->xFileSize(log, &size) != SQLITE_OK || size < kLongLog) return;
  // When somebody else is at work, the next one that ends does it.
  sqlite3_busy_timeout(db_, 0);
  sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

Statement Connection::Prepare(const char* sql) {
  auto [it, is_new] = statements_.try_emplace(sql, nullptr);
  if (is_new) {
    int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &it->second, nullptr);
    if (code != SQLITE_OK) {
      absl::Status status = Error(code);
      statements_.erase(it);
      return Statement(*this, nullptr, std::move(status));
    }
  }
  return Statement(*this, it->second, absl::OkStatus());
}

absl::Status Connection::Execute(const char* sql) {
  int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::StatusOr<int64_t> Connection::QueryNumber(const char* sql) {
  Statement statement = Prepare(sql);
  ASSIGN_OR_RETURN(bool row, statement.Step());
  return row ? statement.Number() : 0;
}

absl::Status Connection::CopyTo(Connection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.db_, "main", db_, "main");
  if (backup == nullptr) return to.Error(sqlite3_extended_errcode(to.db_));
  int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) return absl::OkStatus();
  return sqlite3_errcode(db_) == SQLITE_OK ? to.Error(code) : Error(code);
}

bool Connection::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }
int64_t Connection::Changes() const { return sqlite3_total_changes64(db_); }
bool Connection::IsReadOnly() const { return sqlite3_db_readonly(db_, "main") == 1; }

absl::Status Connection::Error(int code) const {
  std::string message = absl::StrCat(path_, ": ", sqlite3_errmsg(db_));
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return status::WithHint(absl::UnavailableError(absl::StrCat(path_, ": another process holds the database")),
                              "another expq, or a program that opened the file, is writing; try again");
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(absl::StrCat(path_, ": no space left on the disk"));
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(message);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::PermissionDeniedError(absl::StrCat(path_, ": the database is read-only"));
    case SQLITE_CANTOPEN:
      return CannotOpen(path_, sqlite3_system_errno(db_), sqlite3_errmsg(db_));
    case SQLITE_NOTADB:
      return NotADatabase(path_);
    case SQLITE_CORRUPT:
      return status::WithHint(
          absl::DataLossError(absl::StrCat(path_, ": the database is damaged")),
          "results are safe: they are git commits; expq scheduler rebuild makes the queue anew from git's refs");
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(message);
    case SQLITE_IOERR: {
      int error = sqlite3_system_errno(db_);
      if (error == ENOSPC || error == EDQUOT) {
        return absl::ResourceExhaustedError(absl::StrCat(path_, ": no space left on the disk"));
      }
      return absl::InternalError(message);
    }
    default:  // tidy: SQLite's codes are an open set
      return absl::InternalError(message);
  }
}

}  // namespace expq::store
