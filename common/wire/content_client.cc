#include "common/wire/content_client.h"

#include "common/codec/fields.h"
#include "common/status/status.h"

namespace expq::wire {
namespace {

// Sends what `source` gives until it is empty. When the far side hangs up early, Finish has the reason.
template <typename PutPiece>
absl::Status SendAll(grpc::ClientWriter<PutPiece>& writer, const experiment::ByteSource& source) {
  while (true) {
    ASSIGN_OR_RETURN(std::string bytes, source());
    if (bytes.empty()) break;
    PutPiece piece;
    piece.set_data(std::move(bytes));
    if (!writer.Write(piece)) return absl::OkStatus();
  }
  writer.WritesDone();
  return absl::OkStatus();
}

// A failed source cancels the call, so that the far side does not take half of it for the whole.
template <typename PutPiece>
absl::Status Upload(Connection& connection, Connection::Call& call, grpc::ClientWriter<PutPiece>& writer,
                    const experiment::ByteSource& source) {
  absl::Status sent = SendAll(writer, source);
  if (!sent.ok()) call.context()->TryCancel();
  grpc::Status finished = writer.Finish();
  RETURN_IF_ERROR(sent);
  return connection.Wrap(finished);
}

absl::Status Download(Connection& connection, Connection::Call& call, grpc::ClientReader<v1::Piece>& reader,
                      const experiment::ByteSink& sink) {
  v1::Piece piece;
  absl::Status taken;
  while (taken.ok() && reader.Read(&piece)) taken = sink(piece.data());
  if (!taken.ok()) call.context()->TryCancel();
  grpc::Status finished = reader.Finish();
  RETURN_IF_ERROR(taken);
  return connection.Wrap(finished);
}

}  // namespace

absl::StatusOr<std::vector<experiment::CommitId>> SnapshotClient::Missing(
    const experiment::ProjectName& project, const std::vector<experiment::CommitId>& commits) {
  v1::MissingCommitsRequest message;
  message.set_project(project.value);
  codec::Put(commits, message.mutable_commits());
  v1::MissingCommitsReply reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->MissingCommits(call.context(), message, &reply)));
  return codec::GetIds<experiment::CommitId>(reply.commits());
}

absl::Status SnapshotClient::PutPack(const experiment::ProjectName& project,
                                     const std::vector<experiment::CommitId>& tips,
                                     const experiment::ByteSource& pack) {
  Connection::Call call(connection_, absl::InfiniteDuration());
  v1::PutPackReply reply;
  auto writer = stub_->PutPack(call.context(), &reply);
  v1::PutPackPiece header;
  header.mutable_header()->set_project(project.value);
  codec::Put(tips, header.mutable_header()->mutable_tips());
  writer->Write(header);
  return Upload(connection_, call, *writer, pack);
}

absl::Status SnapshotClient::GetPack(const experiment::ProjectName& project,
                                     const std::vector<experiment::CommitId>& wants,
                                     const std::vector<experiment::CommitId>& haves, const experiment::ByteSink& sink) {
  v1::GetPackRequest message;
  message.set_project(project.value);
  codec::Put(wants, message.mutable_wants());
  codec::Put(haves, message.mutable_haves());
  Connection::Call call(connection_, absl::InfiniteDuration());
  auto reader = stub_->GetPack(call.context(), message);
  return Download(connection_, call, *reader, sink);
}

absl::StatusOr<std::vector<digest::Digest>> BlobClient::Missing(const experiment::ProjectName& project,
                                                                const std::vector<digest::Digest>& digests) {
  v1::MissingBlobsRequest message;
  message.set_project(project.value);
  for (const digest::Digest& digest : digests) message.add_digests(digest.text());
  v1::MissingBlobsReply reply;
  Connection::Call call(connection_, kCallDeadline);
  RETURN_IF_ERROR(connection_.Wrap(stub_->MissingBlobs(call.context(), message, &reply)));
  std::vector<digest::Digest> missing;
  for (const std::string& text : reply.digests()) {
    ASSIGN_OR_RETURN(digest::Digest digest, digest::Digest::Parse(text));
    missing.push_back(std::move(digest));
  }
  return missing;
}

absl::Status BlobClient::Put(const experiment::ProjectName& project, const digest::Digest& digest,
                             const experiment::ByteSource& bytes) {
  Connection::Call call(connection_, absl::InfiniteDuration());
  v1::PutBlobReply reply;
  auto writer = stub_->PutBlob(call.context(), &reply);
  v1::PutBlobPiece header;
  header.mutable_header()->set_project(project.value);
  header.mutable_header()->set_digest(digest.text());
  writer->Write(header);
  return Upload(connection_, call, *writer, bytes);
}

absl::Status BlobClient::Get(const experiment::ProjectName& project, const digest::Digest& digest,
                             const experiment::ByteSink& sink) {
  v1::GetBlobRequest message;
  message.set_project(project.value);
  message.set_digest(digest.text());
  Connection::Call call(connection_, absl::InfiniteDuration());
  auto reader = stub_->GetBlob(call.context(), message);
  return Download(connection_, call, *reader, sink);
}

}  // namespace expq::wire
