// One channel and the calls in flight on it, so that they can be cancelled together.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "common/sync/sync.h"
#include "common/wire/grpc_status.h"
#include "common/wire/limits.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace expq::wire {

// Thread-safe.
class Connection {
 public:
  Connection(std::string address, std::shared_ptr<grpc::Channel> channel)
      : address_(std::move(address)), channel_(std::move(channel)) {}

  // A call's context, known to Shutdown while it lives. `deadline` infinite = none.
  class Call {
   public:
    Call(Connection& connection, absl::Duration deadline);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    grpc::ClientContext* context() { return &context_; }

   private:
    Connection& connection_;
    grpc::ClientContext context_;
  };

  absl::Status Wrap(const grpc::Status& status) const { return FromGrpc(status, address_); }
  const std::string& address() const { return address_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  void Shutdown();

 private:
  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  sync::Mutex mutex_;
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::wire
