// One SQLite connection with its prepared statements. Not thread-safe: used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace expq::store {

class Connection;

// A prepared statement on loan: bind, step, read; reset when it goes. Columns and parameters are taken in order.
// The first error sticks: later binds do nothing and Step returns it.
class Statement {
 public:
  Statement(Connection& connection, sqlite3_stmt* stmt, absl::Status status);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int64_t number);
  Statement& Bind(absl::string_view text);       // the bytes must live until Reset
  Statement& BindBlob(absl::string_view bytes);  // likewise

  // True when there is a row.
  absl::StatusOr<bool> Step();
  // Runs a statement that returns no rows, and resets it for the next binding.
  absl::Status Run();
  void Reset();

  int64_t Number();
  std::string Text();            // of a text or blob column
  absl::string_view TextView();  // valid until the next Step

 private:
  Connection* connection_;
  sqlite3_stmt* stmt_;
  absl::Status status_;
  int parameter_ = 0;
  int column_ = 0;
};

class Connection {
 public:
  enum class Mode { kRead, kWrite, kMake };

  // kMake makes the file when it is absent.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path, absl::Duration busy_timeout,
                                                          Mode mode);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` must be a string literal: statements are cached by its address. The same statement cannot be on loan twice.
  Statement Prepare(const char* sql);
  // Statements without parameters or rows.
  absl::Status Execute(const char* sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> QueryNumber(const char* sql);

  // False when SQLite rolled the transaction back by itself (disk full, I/O error).
  bool InTransaction() const;
  int64_t Changes() const;  // rows changed since it was opened
  bool IsReadOnly() const;

  // Replaces all of `to` by what is committed here, in one read transaction.
  absl::Status CopyTo(Connection& to);

  // The status of the last failed call.
  absl::Status Error(int code) const;

 private:
  Connection(std::string path, sqlite3* db);
  void ShortenLog();

  std::string path_;
  sqlite3* db_;
  absl::flat_hash_map<const void*, sqlite3_stmt*> statements_;
};

}  // namespace expq::store
