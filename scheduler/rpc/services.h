// The interfaces behind gRPC: each handler decodes, makes one call and encodes the answer. No decision is made here.
#pragma once

#include "common/blob/blob_store.h"
#include "common/experiment/interfaces.h"
#include "expq/v1/content.grpc.pb.h"
#include "expq/v1/dispatcher.grpc.pb.h"
#include "expq/v1/queue.grpc.pb.h"

namespace expq::rpc {

// What is served; all outlive the services, and are thread-safe.
struct Served {
  experiment::Queue& queue;
  experiment::LogReader& logs;
  experiment::Fleet& fleet;
  experiment::Dispatcher& dispatcher;
  experiment::SnapshotStore& snapshots;
  blob::BlobStore& blobs;
};

class QueueService final : public v1::QueueService::Service {
 public:
  explicit QueueService(Served& served) : served_(served) {}
  grpc::Status Submit(grpc::ServerContext*, const v1::SubmitRequest*, v1::Submission*) override;
  grpc::Status List(grpc::ServerContext*, const v1::ListRequest*, v1::Experiments*) override;
  grpc::Status Watch(grpc::ServerContext*, const v1::WatchRequest*, v1::WatchReply*) override;
  grpc::Status Cancel(grpc::ServerContext*, const v1::Selection*, v1::Experiments*) override;
  grpc::Status Retry(grpc::ServerContext*, const v1::Selection*, v1::Experiments*) override;
  grpc::Status Remove(grpc::ServerContext*, const v1::Selection*, v1::Experiments*) override;
  grpc::Status Update(grpc::ServerContext*, const v1::UpdateRequest*, v1::Experiment*) override;
  grpc::Status Segments(grpc::ServerContext*, const v1::SegmentsRequest*, v1::SegmentsReply*) override;
  grpc::Status ReadLog(grpc::ServerContext*, const v1::ReadLogRequest*, v1::ReadLogReply*) override;
  grpc::Status Agents(grpc::ServerContext*, const v1::AgentsRequest*, v1::AgentsReply*) override;
  grpc::Status Drain(grpc::ServerContext*, const v1::DrainRequest*, v1::DrainReply*) override;

 private:
  Served& served_;
};

class DispatcherService final : public v1::DispatcherService::Service {
 public:
  explicit DispatcherService(Served& served) : served_(served) {}
  grpc::Status Sync(grpc::ServerContext*, const v1::SyncReport*, v1::SyncOrders*) override;
  grpc::Status AppendLog(grpc::ServerContext*, const v1::LogAppend*, v1::AppendLogReply*) override;
  grpc::Status ReportProgress(grpc::ServerContext*, const v1::ProgressReport*, v1::ProgressReply*) override;

 private:
  Served& served_;
};

class ContentService final : public v1::ContentService::Service {
 public:
  explicit ContentService(Served& served) : served_(served) {}
  grpc::Status MissingCommits(grpc::ServerContext*, const v1::MissingCommitsRequest*,
                              v1::MissingCommitsReply*) override;
  grpc::Status PutPack(grpc::ServerContext*, grpc::ServerReader<v1::PutPackPiece>*, v1::PutPackReply*) override;
  grpc::Status GetPack(grpc::ServerContext*, const v1::GetPackRequest*, grpc::ServerWriter<v1::Piece>*) override;
  grpc::Status MissingBlobs(grpc::ServerContext*, const v1::MissingBlobsRequest*, v1::MissingBlobsReply*) override;
  grpc::Status PutBlob(grpc::ServerContext*, grpc::ServerReader<v1::PutBlobPiece>*, v1::PutBlobReply*) override;
  grpc::Status GetBlob(grpc::ServerContext*, const v1::GetBlobRequest*, grpc::ServerWriter<v1::Piece>*) override;

 private:
  Served& served_;
};

}  // namespace expq::rpc
