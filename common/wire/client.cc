#include "common/wire/client.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/wire/connection.h"
#include "common/wire/content_client.h"
#include "common/wire/dispatcher_client.h"
#include "common/wire/grpc_log.h"
#include "common/wire/queue_client.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace expq::wire {

struct Client::Impl {
  Impl(const std::string& address, std::shared_ptr<grpc::Channel> channel)
      : connection(address, std::move(channel)),
        queue(connection),
        dispatcher(connection),
        snapshots(connection),
        blobs(connection) {}
  Connection connection;
  QueueClient queue;
  DispatcherClient dispatcher;
  SnapshotClient snapshots;
  BlobClient blobs;
};

namespace {

// gRPC itself would take the port modulo 65536, and anything else for the name of a service.
absl::Status CheckPort(const std::string& address) {
  int port = -1;
  if (absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port) && port >= 0 && port <= 65535) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("'", address, "': a port is a number from 0 to 65535"));
}

}  // namespace

absl::Status CheckLoopback(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return absl::OkStatus();
  for (const char* prefix : {"localhost:", "[::1]:"}) {
    if (absl::StartsWith(address, prefix)) return CheckPort(address);
  }
  // Not a name that begins so: 127.example.org is anywhere.
  const std::string host = address.substr(0, address.rfind(':'));
  const bool is_number = host.find_first_not_of("0123456789.") == std::string::npos;
  if (is_number && absl::StartsWith(host, "127.")) return CheckPort(address);
  return status::WithHint(
      absl::InvalidArgumentError(absl::StrCat("'", address, "' is not a loopback address, and there is no TLS yet")),
      "use 127.0.0.1:PORT or unix:PATH, and an ssh tunnel between machines");
}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(const std::string& address) {
  if (!absl::StartsWith(address, "unix:") && !absl::StrContains(address, ':')) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "' is not a scheduler address: want host:port or unix:PATH"));
  }
  RETURN_IF_ERROR(CheckLoopback(address));
  QuietGrpc();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(absl::ToInt64Milliseconds(kKeepAlive)));
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A scheduler that was restarted is found again within a second, not after gRPC's two minutes.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  return std::unique_ptr<Client>(new Client(std::make_unique<Impl>(address, std::move(channel))));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

experiment::Queue& Client::queue() { return impl_->queue; }
experiment::LogReader& Client::logs() { return impl_->queue; }
experiment::Fleet& Client::fleet() { return impl_->queue; }
experiment::Dispatcher& Client::dispatcher() { return impl_->dispatcher; }
experiment::SnapshotStore& Client::snapshots() { return impl_->snapshots; }
blob::BlobStore& Client::blobs() { return impl_->blobs; }
const std::string& Client::address() const { return impl_->connection.address(); }
void Client::Shutdown() { impl_->connection.Shutdown(); }

}  // namespace expq::wire
