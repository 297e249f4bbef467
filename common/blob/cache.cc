// Objects: where they are, whether they are whole, how they come and go. Storing and checking out are in store.cc and
// checkout.cc.
#include "common/blob/cache.h"

#include <limits>

#include "common/blob/hashing.h"
#include "common/blob/limits.h"
#include "common/blob/objects.h"
#include "common/blob/old_layout.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

absl::Status Absent(const digest::Digest& digest, const std::string& path) {
  return absl::NotFoundError(absl::StrCat("object ", digest.text(), " is not in the cache (", path, ")"));
}

std::string AsidePathOf(const std::string& object) { return absl::StrCat(object, ".corrupt"); }

}  // namespace

Cache::Cache(fs::Filesystem& fs, std::string root, HashIndex& index, CacheOptions options)
    : fs_(fs), root_(std::move(root)), index_(index), options_(std::move(options)) {}

std::string Cache::ObjectPath(const digest::Digest& digest) const { return ObjectPathIn(root_, digest); }

bool Cache::Has(const digest::Digest& digest) const {
  absl::StatusOr<fs::FileInfo> info = fs_.Stat(ObjectPath(digest));
  if (info.ok()) return info->kind == fs::Kind::kFile;
  return HasOldLayout() && fs_.Exists(OldObjectPathIn(root_, digest));
}

bool Cache::HasAll(const digest::Digest& digest) const {
  if (!digest.is_dir()) return Has(digest);
  absl::StatusOr<std::vector<ManifestEntry>> entries = ReadManifest(digest);
  if (!entries.ok()) return false;
  for (const ManifestEntry& entry : *entries) {
    if (!Has(entry.digest)) return false;
  }
  return true;
}

absl::StatusOr<std::vector<ManifestEntry>> Cache::ReadManifest(const digest::Digest& digest) const {
  std::string path = ObjectPath(digest);
  if (!digest.is_dir()) return absl::InvalidArgumentError(absl::StrCat(digest.text(), " is not a directory's digest"));
  absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
  if (absl::IsNotFound(info.status())) {
    RETURN_IF_ERROR(TakeOverOld(digest).status());
    info = fs_.Stat(path);
  }
  if (absl::IsNotFound(info.status())) return Absent(digest, path);
  if (!info.ok()) return info.status();
  if (info->size > kMaxManifestBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("manifest ", path, " has ", info->size, " bytes, more than ", kMaxManifestBytes));
  }
  ASSIGN_OR_RETURN(std::string bytes, fs_.Read(path));
  if (digest::Md5Of(bytes, /*is_dir=*/true) != digest) return MoveAside(digest);
  absl::StatusOr<std::vector<ManifestEntry>> entries = DecodeManifest(bytes);
  if (!entries.ok()) return status::Annotate(entries.status(), path);
  return entries;
}

absl::StatusOr<fs::FileInfo> Cache::Verify(const digest::Digest& digest) const {
  std::string path = ObjectPath(digest);
  absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
  if (absl::IsNotFound(info.status())) {
    RETURN_IF_ERROR(TakeOverOld(digest).status());
    info = fs_.Stat(path);
  }
  if (absl::IsNotFound(info.status())) return Absent(digest, path);
  if (!info.ok()) return info.status();
  if (auto known = index_.Find(*info); known != nullptr && known->hex() == digest.hex()) return info;
  HashedFile file{.info = *info};
  RETURN_IF_ERROR(HashFile(fs_, index_, path, file, &options_.stop));
  if (file.digest->hex() != digest.hex()) return MoveAside(digest);
  // An object that others may write: its ctime would move with every link, and it would be hashed again each time.
  // Somebody else's object stays as it is.
  if ((file.info.mode & 0222) != 0) fs_.Chmod(path, kObjectMode).IgnoreError();
  return file.info;
}

bool Cache::IsMovedAside(const digest::Digest& digest) const {
  const std::string path = ObjectPath(digest);
  return !fs_.Exists(path) && fs_.Exists(AsidePathOf(path));
}

absl::Status Cache::MoveAside(const digest::Digest& digest) const {
  std::string path = ObjectPath(digest), aside = AsidePathOf(path);
  std::string fate = fs_.Rename(path, aside).ok() ? absl::StrCat("moved to ", aside) : absl::StrCat("still at ", path);
  return status::WithHint(
      absl::DataLossError(
          absl::StrCat("object ", digest.text(), " is damaged: it does not hold the bytes of its name (", fate, ")")),
      "fetch it again, or repeat the stage that makes it");
}

absl::Status Cache::MakeFolder(const std::string& folder) const {
  return blob::MakeFolder(fs_, folder, options_.group_shared);
}

absl::Status Cache::WriteRecord(const std::string& path, absl::string_view bytes) const {
  return blob::WriteRecord(fs_, path, bytes, options_.group_shared);
}

uint32_t Cache::UnprotectedMode(bool is_exec) const { return PlainMode(is_exec, options_.group_shared); }

absl::Status Cache::MakeObjectFolder(const digest::Digest& digest, fs::Durability durability) const {
  std::string folder = fs::Dirname(ObjectPath(digest));
  if (durability == fs::Durability::kAtomic || fs_.Exists(folder)) return MakeFolder(folder);
  RETURN_IF_ERROR(MakeFolder(folder));
  return fs_.Sync(fs::Dirname(folder));
}

absl::Status Cache::Publish(const std::string& temporary, Made how, const digest::Digest& digest,
                            fs::Durability durability) const {
  const absl::Status changed = fs_.Chmod(temporary, kObjectMode);
  const absl::StatusOr<fs::FileInfo> made = changed.ok() ? fs_.Stat(temporary) : changed;
  if (made.ok()) return Publish(temporary, *made, how, digest, durability);
  fs_.Remove(temporary).IgnoreError();
  return made.status();
}

absl::Status Cache::Publish(const std::string& temporary, const fs::FileInfo& made, Made how,
                            const digest::Digest& digest, fs::Durability durability) const {
  const std::string path = ObjectPath(digest);
  absl::Status published = durability == fs::Durability::kDurable ? fs_.Sync(temporary) : absl::OkStatus();
  if (published.ok()) published = fs_.Rename(temporary, path);
  if (!published.ok()) {
    fs_.Remove(temporary).IgnoreError();
    return published;
  }
  // Nobody else has known the file while it could be written to.
  index_.Remember(made, digest, how == Made::kWritten ? std::numeric_limits<int64_t>::max() : fs_.StampNs());
  return durability == fs::Durability::kDurable ? fs_.Sync(fs::Dirname(path)) : absl::OkStatus();
}

absl::StatusOr<digest::Digest> Cache::StoreBytes(absl::string_view bytes, bool is_dir) {
  digest::Digest digest = digest::Md5Of(bytes, is_dir);
  std::string path = ObjectPath(digest);
  absl::StatusOr<fs::FileInfo> there = Verify(digest);
  if (there.ok()) return digest;
  if (!absl::IsNotFound(there.status()) && !absl::IsDataLoss(there.status())) return there.status();
  RETURN_IF_ERROR(MakeObjectFolder(digest, options_.durability));
  RETURN_IF_ERROR(fs_.Write(path, bytes, options_.durability, kObjectMode));
  RETURN_IF_ERROR(fs_.Chmod(path, kObjectMode));  // for all to read, whatever the umask of who came first
  return digest;
}

absl::StatusOr<std::vector<digest::Digest>> Cache::Missing(const experiment::ProjectName&,
                                                           const std::vector<digest::Digest>& digests) {
  std::vector<char> is_missing(digests.size());
  RETURN_IF_ERROR(ForEach(digests.size(), options_.hash_threads, options_.stop, [&](size_t i) {
    is_missing[i] = !Has(digests[i]);
    return absl::OkStatus();
  }));
  std::vector<digest::Digest> missing;
  for (size_t i = 0; i < digests.size(); ++i) {
    if (is_missing[i]) missing.push_back(digests[i]);
  }
  return missing;
}

absl::Status Cache::Put(const experiment::ProjectName&, const digest::Digest& digest,
                        const experiment::ByteSource& bytes) {
  if (Verify(digest).ok()) return absl::OkStatus();
  RETURN_IF_ERROR(MakeObjectFolder(digest, options_.received));
  std::string temporary = fs::TemporaryName(ObjectPath(digest));
  const absl::StatusOr<digest::Digest> got = Receive(fs_, temporary, bytes, digest.is_dir());
  if (got.ok() && *got == digest) return Publish(temporary, Made::kWritten, digest, options_.received);
  const absl::StatusOr<bool> is_old = got.ok() && !digest.is_dir() ? IsOld(temporary, digest) : got.status();
  if (is_old.ok() && *is_old) return PublishOld(temporary, digest);
  fs_.Remove(temporary).IgnoreError();
  RETURN_IF_ERROR(got.status());
  RETURN_IF_ERROR(is_old.status());
  return absl::DataLossError(absl::StrCat("object ", digest.text(), " came with bytes of digest ", got->text()));
}

absl::Status Cache::Get(const experiment::ProjectName&, const digest::Digest& digest,
                        const experiment::ByteSink& sink) {
  const absl::Status whole = Verify(digest).status();
  if (whole.ok()) return fs_.ReadStream(ObjectPath(digest), sink);
  if (!absl::IsNotFound(whole)) return whole;
  ASSIGN_OR_RETURN(const digest::Digest current, TakeOverOld(digest));
  if (current == digest) return whole;
  RETURN_IF_ERROR(Verify(current).status());
  return fs_.ReadStream(ObjectPath(current), sink);
}

}  // namespace expq::blob
