#include "common/codec/fields.h"
#include "common/status/status.h"
#include "common/wire/grpc_status.h"
#include "common/wire/limits.h"
#include "scheduler/rpc/services.h"

namespace expq::rpc {
namespace {

using wire::ToGrpc;

// The pieces of an upload after its header. A cancelled call ends as Cancelled, not as the end of the data: half of it
// must never be taken for the whole.
template <typename PutPiece>
experiment::ByteSource Pieces(grpc::ServerContext* context, grpc::ServerReader<PutPiece>* reader) {
  return [context, reader]() -> absl::StatusOr<std::string> {
    PutPiece piece;
    if (!reader->Read(&piece)) {
      if (context->IsCancelled()) return absl::CancelledError("the sender went away");
      return std::string();
    }
    if (piece.data().empty()) return absl::InvalidArgumentError("a piece without data");
    return std::move(*piece.mutable_data());
  };
}

experiment::ByteSink SendTo(grpc::ServerWriter<v1::Piece>* writer) {
  return [writer](absl::string_view bytes) -> absl::Status {
    while (!bytes.empty()) {
      v1::Piece piece;
      piece.set_data(bytes.data(), std::min(bytes.size(), wire::kPieceBytes));
      bytes.remove_prefix(piece.data().size());
      if (!writer->Write(piece)) return absl::CancelledError("the receiver went away");
    }
    return absl::OkStatus();
  };
}

absl::StatusOr<std::vector<digest::Digest>> Digests(const codec::Strings& texts) {
  std::vector<digest::Digest> digests;
  digests.reserve(texts.size());
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(digest::Digest digest, digest::Digest::Parse(text));
    digests.push_back(std::move(digest));
  }
  return digests;
}

}  // namespace

grpc::Status ContentService::MissingCommits(grpc::ServerContext*, const v1::MissingCommitsRequest* request,
                                            v1::MissingCommitsReply* reply) {
  auto missing =
      served_.snapshots.Missing({request->project()}, codec::GetIds<experiment::CommitId>(request->commits()));
  if (!missing.ok()) return ToGrpc(missing.status());
  codec::Put(*missing, reply->mutable_commits());
  return grpc::Status::OK;
}

grpc::Status ContentService::PutPack(grpc::ServerContext* context, grpc::ServerReader<v1::PutPackPiece>* reader,
                                     v1::PutPackReply*) {
  v1::PutPackPiece first;
  if (!reader->Read(&first) || !first.has_header()) return ToGrpc(absl::InvalidArgumentError("no header"));
  return ToGrpc(served_.snapshots.PutPack(
      {first.header().project()}, codec::GetIds<experiment::CommitId>(first.header().tips()), Pieces(context, reader)));
}

grpc::Status ContentService::GetPack(grpc::ServerContext*, const v1::GetPackRequest* request,
                                     grpc::ServerWriter<v1::Piece>* writer) {
  return ToGrpc(served_.snapshots.GetPack({request->project()}, codec::GetIds<experiment::CommitId>(request->wants()),
                                          codec::GetIds<experiment::CommitId>(request->haves()), SendTo(writer)));
}

grpc::Status ContentService::MissingBlobs(grpc::ServerContext*, const v1::MissingBlobsRequest* request,
                                          v1::MissingBlobsReply* reply) {
  auto digests = Digests(request->digests());
  if (!digests.ok()) return ToGrpc(digests.status());
  auto missing = served_.blobs.Missing({request->project()}, *digests);
  if (!missing.ok()) return ToGrpc(missing.status());
  for (const digest::Digest& digest : *missing) reply->add_digests(digest.text());
  return grpc::Status::OK;
}

grpc::Status ContentService::PutBlob(grpc::ServerContext* context, grpc::ServerReader<v1::PutBlobPiece>* reader,
                                     v1::PutBlobReply*) {
  v1::PutBlobPiece first;
  if (!reader->Read(&first) || !first.has_header()) return ToGrpc(absl::InvalidArgumentError("no header"));
  auto digest = digest::Digest::Parse(first.header().digest());
  if (!digest.ok()) return ToGrpc(digest.status());
  return ToGrpc(served_.blobs.Put({first.header().project()}, *digest, Pieces(context, reader)));
}

grpc::Status ContentService::GetBlob(grpc::ServerContext*, const v1::GetBlobRequest* request,
                                     grpc::ServerWriter<v1::Piece>* writer) {
  auto digest = digest::Digest::Parse(request->digest());
  if (!digest.ok()) return ToGrpc(digest.status());
  return ToGrpc(served_.blobs.Get({request->project()}, *digest, SendTo(writer)));
}

}  // namespace expq::rpc
