// A large file goes into the cache while it is hashed: it is read once.
#include <thread>

#include "common/blob/cache.h"
#include "common/blob/hashing.h"
#include "common/blob/linker.h"
#include "common/blob/piece_queue.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

constexpr int kAttempts = 3;

}  // namespace

bool Cache::IsCopied(const HashedFile& file, Touch touch) const {
  for (fs::LinkKind kind : options_.link_kinds) {
    if (HasOwnInode(kind)) return true;
    const bool may_share = touch == Touch::kReplaceByLinks && !file.is_link && (file.info.mode & 0111) == 0;
    if (may_share && file.info.links == 1) return false;
  }
  return true;
}

absl::Status Cache::StoreStreamed(const std::string& path, HashedFile& file, Linker& linker) {
  const std::string folder = fs::Join(root_, "files/md5");
  RETURN_IF_ERROR(MakeFolder(folder));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string temporary = fs::TemporaryName(fs::Join(folder, "object"));
    absl::StatusOr<bool> stored = StoreOnce(path, file, temporary, linker);
    if (!stored.ok() || !*stored) fs_.Remove(temporary).IgnoreError();
    RETURN_IF_ERROR(stored.status());
    if (*stored) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("cannot store ", path, ": it is being written to"));
}

// False when the file changed meanwhile.
absl::StatusOr<bool> Cache::StoreOnce(const std::string& path, HashedFile& file, const std::string& temporary,
                                      Linker& linker) {
  LetTheTickPass(fs_, file.info);
  const int64_t read_from_ns = fs_.StampNs();
  const absl::Status cloned = linker.Try(fs::LinkKind::kReflink, path, temporary);
  if (!cloned.ok() && !absl::IsUnimplemented(cloned)) return cloned;
  ASSIGN_OR_RETURN(const digest::Digest digest, cloned.ok() ? HashOnly(path) : CopyAndHash(path, temporary));
  ASSIGN_OR_RETURN(const fs::FileInfo after, fs_.Stat(path));
  const bool same = SameBytesAsBefore(file.info, after);
  file.info = after;
  if (!same) return false;
  index_.Remember(after, digest, read_from_ns);
  file.digest = digest;
  const absl::Status there = Verify(digest).status();
  if (there.ok()) return fs_.Remove(temporary).ok();
  if (!absl::IsNotFound(there) && !absl::IsDataLoss(there)) return there;
  RETURN_IF_ERROR(MakeObjectFolder(digest, options_.durability));
  RETURN_IF_ERROR(Publish(temporary, Made::kWritten, digest, options_.durability));
  return true;
}

absl::StatusOr<digest::Digest> Cache::HashOnly(const std::string& path) const {
  digest::Md5 md5;
  RETURN_IF_ERROR(fs_.ReadStream(path, [&](absl::string_view piece) {
    if (options_.stop.Stopped()) return absl::CancelledError("stopped");
    md5.Update(piece);
    return absl::OkStatus();
  }));
  return md5.Finish();
}

// Hashing takes longest, so the one thread does nothing else; the other reads and writes.
absl::StatusOr<digest::Digest> Cache::CopyAndHash(const std::string& path, const std::string& temporary) const {
  PieceQueue queue;
  std::thread copier([&] {
    queue.Close(fs_.ReadStream(path, [&](absl::string_view piece) -> absl::Status {
      if (options_.stop.Stopped()) return absl::CancelledError("stopped");
      RETURN_IF_ERROR(queue.Push(piece));
      return fs_.Append(temporary, piece);
    }));
  });
  digest::Md5 md5;
  absl::StatusOr<std::string> piece = queue.Pop();
  while (piece.ok() && !piece->empty()) {
    md5.Update(*piece);
    queue.GiveBack(*std::move(piece));
    piece = queue.Pop();
  }
  copier.join();
  RETURN_IF_ERROR(piece.status());
  return md5.Finish();
}

}  // namespace expq::blob
