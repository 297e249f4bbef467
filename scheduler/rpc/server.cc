#include "scheduler/rpc/server.h"

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/status/status.h"
#include "common/wire/client.h"
#include "common/wire/grpc_log.h"
#include "common/wire/limits.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace expq::rpc {

struct Server::Impl {
  explicit Impl(Served s) : served(s), queue(served), dispatcher(served), content(served) {}
  Served served;
  QueueService queue;
  DispatcherService dispatcher;
  ContentService content;
  std::unique_ptr<grpc::Server> server;
  std::string address;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const std::string& address, Served served) {
  RETURN_IF_ERROR(wire::CheckLoopback(address));
  auto impl = std::make_unique<Impl>(served);
  wire::QuietGrpc();
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(wire::kMaxMessageBytes);
  // Two schedulers on one port would share the calls between them: the second must fail instead.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.RegisterService(&impl->queue);
  builder.RegisterService(&impl->dispatcher);
  builder.RegisterService(&impl->content);
  impl->server = builder.BuildAndStart();
  bool is_unix = absl::StartsWith(address, "unix:");
  if (impl->server == nullptr || (!is_unix && port == 0)) {
    return status::WithHint(absl::UnavailableError(absl::StrCat("cannot listen on ", address)),
                            "is another scheduler running there? port 0 takes any free one");
  }
  impl->address = is_unix ? address : absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

const std::string& Server::address() const { return impl_->address; }

void Server::Shutdown(absl::Duration grace) {
  if (!impl_->server) return;
  impl_->server->Shutdown(absl::ToChronoTime(absl::Now() + grace));  // tidy: gRPC's API takes wall time
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace expq::rpc
