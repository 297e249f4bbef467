#include "cli/remote_house.h"

#include "common/status/status.h"
#include "common/wire/client.h"

namespace expq::cli {
namespace {

class RemoteHouse : public House {
 public:
  explicit RemoteHouse(std::unique_ptr<wire::Client> client) : client_(std::move(client)) {}
  ~RemoteHouse() override { client_->Shutdown(); }

  experiment::Queue& queue() override { return client_->queue(); }
  experiment::LogReader& logs() override { return client_->logs(); }
  experiment::Fleet& fleet() override { return client_->fleet(); }
  experiment::SnapshotStore& snapshots() override { return client_->snapshots(); }
  blob::BlobStore& blobs() override { return client_->blobs(); }
  LocalHouse* local() override { return nullptr; }

 private:
  const std::unique_ptr<wire::Client> client_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<House>> OpenRemoteHouse(const std::string& address) {
  ASSIGN_OR_RETURN(std::unique_ptr<wire::Client> client, wire::Client::Create(address));
  return std::unique_ptr<House>(std::make_unique<RemoteHouse>(std::move(client)));
}

}  // namespace expq::cli
