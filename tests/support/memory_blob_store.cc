#include "tests/support/memory_blob_store.h"

#include "common/status/status.h"

namespace expq::testing {

using sync::MutexLock;

absl::StatusOr<std::vector<digest::Digest>> MemoryBlobStore::Missing(const experiment::ProjectName&,
                                                                     const std::vector<digest::Digest>& digests) {
  MutexLock lock(mutex_);
  std::vector<digest::Digest> missing;
  for (const digest::Digest& digest : digests) {
    if (blobs_.count(digest) == 0) missing.push_back(digest);
  }
  return missing;
}

absl::Status MemoryBlobStore::Put(const experiment::ProjectName&, const digest::Digest& digest,
                                  const experiment::ByteSource& bytes) {
  std::string all;
  while (true) {
    ASSIGN_OR_RETURN(std::string piece, bytes());
    if (piece.empty()) break;
    all += piece;
  }
  if (digest::Md5Of(all, digest.is_dir()) != digest) {
    return absl::DataLossError(absl::StrCat("other bytes than ", digest.text()));
  }
  MutexLock lock(mutex_);
  ++puts_;
  blobs_[digest] = std::move(all);
  return absl::OkStatus();
}

absl::Status MemoryBlobStore::Get(const experiment::ProjectName&, const digest::Digest& digest,
                                  const experiment::ByteSink& sink) {
  std::string bytes;
  {
    MutexLock lock(mutex_);
    ++gets_;
    auto found = blobs_.find(digest);
    if (found == blobs_.end()) return absl::NotFoundError(absl::StrCat("no blob ", digest.text()));
    bytes = found->second;
  }
  constexpr size_t kPiece = 64 << 10;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    RETURN_IF_ERROR(sink(absl::string_view(bytes).substr(at, kPiece)));
  }
  return absl::OkStatus();
}

digest::Digest MemoryBlobStore::Add(absl::string_view bytes, bool is_dir) {
  digest::Digest digest = digest::Md5Of(bytes, is_dir);
  MutexLock lock(mutex_);
  blobs_[digest] = std::string(bytes);
  return digest;
}

void MemoryBlobStore::Lose(const digest::Digest& digest) {
  MutexLock lock(mutex_);
  blobs_.erase(digest);
}

void MemoryBlobStore::Spoil(const digest::Digest& digest) {
  MutexLock lock(mutex_);
  blobs_[digest] += "spoilt";
}

bool MemoryBlobStore::Has(const digest::Digest& digest) const {
  MutexLock lock(mutex_);
  return blobs_.count(digest) > 0;
}

int MemoryBlobStore::puts() const {
  MutexLock lock(mutex_);
  return puts_;
}

int MemoryBlobStore::gets() const {
  MutexLock lock(mutex_);
  return gets_;
}

}  // namespace expq::testing
