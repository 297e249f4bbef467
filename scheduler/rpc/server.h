// The listening end.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "scheduler/rpc/services.h"

namespace expq::rpc {

class Server {
 public:
  // Listens on `address` ("127.0.0.1:7070", port 0 = any, "unix:PATH") and serves from then on. FailedPrecondition for
  // anything but loopback (no TLS yet), Unavailable when the address is taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const std::string& address, Served served);
  ~Server();
  // With the real port.
  const std::string& address() const;
  // Takes no more calls and cancels those in flight after `grace`.
  void Shutdown(absl::Duration grace);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace expq::rpc
