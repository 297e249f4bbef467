// experiment::SnapshotStore and blob::BlobStore over gRPC.
#pragma once

#include "common/blob/blob_store.h"
#include "common/experiment/interfaces.h"
#include "common/wire/connection.h"
#include "expq/v1/content.grpc.pb.h"

namespace expq::wire {

class SnapshotClient : public experiment::SnapshotStore {
 public:
  explicit SnapshotClient(Connection& connection)
      : connection_(connection), stub_(v1::ContentService::NewStub(connection.channel())) {}

  absl::StatusOr<std::vector<experiment::CommitId>> Missing(const experiment::ProjectName& project,
                                                            const std::vector<experiment::CommitId>& commits) override;
  absl::Status PutPack(const experiment::ProjectName& project, const std::vector<experiment::CommitId>& tips,
                       const experiment::ByteSource& pack) override;
  absl::Status GetPack(const experiment::ProjectName& project, const std::vector<experiment::CommitId>& wants,
                       const std::vector<experiment::CommitId>& haves, const experiment::ByteSink& sink) override;

 private:
  Connection& connection_;
  std::unique_ptr<v1::ContentService::Stub> stub_;
};

// The receiver of a Get verifies the bytes (blob::Cache::Put does).
class BlobClient : public blob::BlobStore {
 public:
  explicit BlobClient(Connection& connection)
      : connection_(connection), stub_(v1::ContentService::NewStub(connection.channel())) {}

  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

 private:
  Connection& connection_;
  std::unique_ptr<v1::ContentService::Stub> stub_;
};

}  // namespace expq::wire
