#include "common/wire/connection.h"

#include "absl/time/clock.h"

namespace expq::wire {

Connection::Call::Call(Connection& connection, absl::Duration deadline) : connection_(connection) {
  if (deadline != absl::InfiniteDuration()) {
    // gRPC wants a point of the wall clock, and turns it into a steady one at once.
    context_.set_deadline(absl::ToChronoTime(absl::Now() + deadline));  // tidy: gRPC's API takes wall time
  }
  sync::MutexLock lock(connection_.mutex_);
  connection_.calls_.insert(&context_);
  if (connection_.down_) context_.TryCancel();
}

Connection::Call::~Call() {
  sync::MutexLock lock(connection_.mutex_);
  connection_.calls_.erase(&context_);
}

void Connection::Shutdown() {
  sync::MutexLock lock(mutex_);
  down_ = true;
  for (grpc::ClientContext* call : calls_) call->TryCancel();
}

}  // namespace expq::wire
