#include "scheduler/store/sqlite_store.h"

#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/sync/sync.h"
#include "scheduler/store/sqlite_connection.h"
#include "scheduler/store/sqlite_schema.h"
#include "scheduler/store/sqlite_view.h"

namespace expq::store {
namespace {

constexpr char kMemory[] = ":memory:";

// How often switching a new file to WAL is tried again: SQLite does not wait for other processes there.
constexpr int kWalTries = 200;
constexpr absl::Duration kWalPause = absl::Milliseconds(20);

// Operations that wait, and who commits them. The first caller leads: it takes all that wait into one transaction,
// runs them, commits once and wakes everybody; then the next that waits leads.
struct Waiting {
  explicit Waiting(absl::FunctionRef<absl::Status(Transaction&)> operation) : operation(operation) {}
  absl::FunctionRef<absl::Status(Transaction&)> operation;
  absl::Status status;
  bool done = false;
};

class SqliteStore : public Store {
 public:
  SqliteStore(std::string path, SqliteOptions options, std::unique_ptr<Connection> writer)
      : path_(std::move(path)), options_(options), in_memory_(path_ == kMemory), writer_(std::move(writer)) {}

  absl::Status Read(absl::FunctionRef<absl::Status(Reader&)> operation) override;
  absl::Status Transact(absl::FunctionRef<absl::Status(Transaction&)> operation) override;
  absl::StatusOr<int64_t> DataVersion() override;

 private:
  absl::StatusOr<std::unique_ptr<Connection>> TakeReader();
  void CommitAll(const std::vector<Waiting*>& batch);
  absl::Status RunAll(const std::vector<Waiting*>& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_);
  absl::Status RunOne(SqliteView& view, Waiting& waiting, bool alone) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_);

  const std::string path_;
  const SqliteOptions options_;
  const bool in_memory_;

  sync::Mutex queue_mutex_;
  sync::CondVar queue_changed_;
  std::deque<Waiting*> queue_ ABSL_GUARDED_BY(queue_mutex_);
  bool led_ ABSL_GUARDED_BY(queue_mutex_) = false;

  sync::Mutex writer_mutex_;  // held by the leader; of a database in memory also by readers
  std::unique_ptr<Connection> writer_ ABSL_GUARDED_BY(writer_mutex_);

  sync::Mutex readers_mutex_;
  std::vector<std::unique_ptr<Connection>> readers_ ABSL_GUARDED_BY(readers_mutex_);

  sync::Mutex version_mutex_;
  std::unique_ptr<Connection> version_reader_ ABSL_GUARDED_BY(version_mutex_);
};

absl::Status ReadOn(Connection& connection, absl::FunctionRef<absl::Status(Reader&)> operation) {
  RETURN_IF_ERROR(connection.Execute("BEGIN"));
  SqliteView view(connection);
  absl::Status status = operation(view);
  absl::Status ended = connection.Execute("ROLLBACK");  // nothing was written
  return status.ok() ? ended : status;
}

absl::StatusOr<std::unique_ptr<Connection>> SqliteStore::TakeReader() {
  {
    sync::MutexLock lock(readers_mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  return Connection::Open(path_, options_.busy_timeout, Connection::Mode::kRead);
}

absl::Status SqliteStore::Read(absl::FunctionRef<absl::Status(Reader&)> operation) {
  if (in_memory_) {
    sync::MutexLock lock(writer_mutex_);
    return ReadOn(*writer_, operation);
  }
  ASSIGN_OR_RETURN(auto reader, TakeReader());
  absl::Status status = ReadOn(*reader, operation);
  if (!reader->InTransaction()) {
    sync::MutexLock lock(readers_mutex_);
    readers_.push_back(std::move(reader));
  }
  return status;
}

absl::Status SqliteStore::Transact(absl::FunctionRef<absl::Status(Transaction&)> operation) {
  Waiting mine(operation);
  std::vector<Waiting*> batch;
  {
    sync::MutexLock lock(queue_mutex_);
    queue_.push_back(&mine);
    while (!mine.done && led_) queue_changed_.Wait(queue_mutex_);
    if (mine.done) return mine.status;
    led_ = true;
    batch.assign(queue_.begin(), queue_.end());
    queue_.clear();
  }
  CommitAll(batch);
  {
    sync::MutexLock lock(queue_mutex_);
    for (Waiting* waiting : batch) waiting->done = true;
    led_ = false;
  }
  queue_changed_.NotifyAll();
  return mine.status;
}

void SqliteStore::CommitAll(const std::vector<Waiting*>& batch) {
  sync::MutexLock lock(writer_mutex_);
  absl::Status status = writer_->Execute("BEGIN IMMEDIATE");
  if (status.ok()) {
    status = RunAll(batch);
    if (status.ok()) status = writer_->Execute("COMMIT");
    if (!status.ok() && writer_->InTransaction()) writer_->Execute("ROLLBACK").IgnoreError();
  }
  if (status.ok()) return;
  for (Waiting* waiting : batch) {
    // A refusal stands; what was fine came to nothing.
    if (waiting->status.ok()) waiting->status = status;
  }
}

absl::Status SqliteStore::RunAll(const std::vector<Waiting*>& batch) {
  SqliteView view(*writer_);
  for (Waiting* waiting : batch) RETURN_IF_ERROR(RunOne(view, *waiting, batch.size() == 1));
  return absl::OkStatus();
}

// An error here is the whole transaction's; the operation's own is in `waiting`.
absl::Status SqliteStore::RunOne(SqliteView& view, Waiting& waiting, bool alone) {
  if (!alone) RETURN_IF_ERROR(writer_->Execute("SAVEPOINT operation"));
  waiting.status = waiting.operation(view);
  if (!writer_->InTransaction()) {
    // SQLite gave up the transaction by itself (disk full): what ran before is lost too.
    return waiting.status.ok() ? absl::InternalError(absl::StrCat(path_, ": the transaction was lost"))
                               : waiting.status;
  }
  if (alone) return waiting.status;
  if (!waiting.status.ok()) RETURN_IF_ERROR(writer_->Execute("ROLLBACK TO operation"));
  return writer_->Execute("RELEASE operation");
}

absl::StatusOr<int64_t> SqliteStore::DataVersion() {
  if (in_memory_) {
    sync::MutexLock lock(writer_mutex_);
    return writer_->Changes();
  }
  // Comparable only on one connection, and that must not be the one that writes.
  sync::MutexLock lock(version_mutex_);
  if (version_reader_ == nullptr) {
    ASSIGN_OR_RETURN(version_reader_, Connection::Open(path_, options_.busy_timeout, Connection::Mode::kRead));
  }
  return version_reader_->QueryNumber("PRAGMA data_version");
}

absl::Status SwitchToWal(Connection& connection) {
  sync::StopToken never;
  absl::Status status;
  for (int i = 0; i < kWalTries; ++i) {
    status = connection.Execute("PRAGMA journal_mode = WAL");
    if (!absl::IsUnavailable(status)) return status;
    never.WaitFor(kWalPause);
  }
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options) {
  auto mode = options.must_exist ? Connection::Mode::kWrite : Connection::Mode::kMake;
  ASSIGN_OR_RETURN(auto writer, Connection::Open(path, options.busy_timeout, mode));
  if (writer->IsReadOnly()) {
    return status::WithHint(absl::PermissionDeniedError(absl::StrCat(path, ": the database is read-only")),
                            "check the permissions of the file and its folder");
  }
  if (path != kMemory) RETURN_IF_ERROR(SwitchToWal(*writer));
  RETURN_IF_ERROR(writer->Execute("PRAGMA synchronous = FULL"));
  RETURN_IF_ERROR(writer->Execute(absl::StrCat("PRAGMA wal_autocheckpoint = ", options.checkpoint_pages).c_str()));
  RETURN_IF_ERROR(PrepareSchema(*writer, path));
  return std::make_unique<SqliteStore>(path, options, std::move(writer));
}

}  // namespace expq::store
