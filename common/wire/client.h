// The far end of the interfaces over gRPC: the same interfaces, so that a caller does not know where the scheduler is.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/experiment/interfaces.h"

namespace expq::wire {

// What a person's program needs of a scheduler, and what an agent needs; all are thread-safe, share one connection, and
// live as long as this object. Calls fail with Unavailable while the scheduler cannot be reached, and work again after.
class Client {
 public:
  // `address`: "host:port" or "unix:PATH". Loopback and unix sockets only in this version (no TLS yet):
  // FailedPrecondition otherwise. Does not connect yet.
  static absl::StatusOr<std::unique_ptr<Client>> Create(const std::string& address);
  ~Client();

  experiment::Queue& queue();
  experiment::LogReader& logs();
  experiment::Fleet& fleet();
  experiment::Dispatcher& dispatcher();
  experiment::SnapshotStore& snapshots();
  blob::BlobStore& blobs();
  const std::string& address() const;

  // Makes blocked calls return Cancelled, and all later ones: before exit.
  void Shutdown();

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// OK for loopback addresses ("127.…", "localhost", "[::1]") with a port, and unix sockets; else InvalidArgument.
absl::Status CheckLoopback(const std::string& address);

}  // namespace expq::wire
