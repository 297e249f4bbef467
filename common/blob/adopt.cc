// Objects of another cache on this machine, or of DVC 2, taken over without copying where the file systems can.
#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "common/blob/cache.h"
#include "common/blob/hashing.h"
#include "common/blob/linker.h"
#include "common/blob/objects.h"
#include "common/blob/old_layout.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

// Never symbolic links: the other cache may go.
const std::vector<fs::LinkKind> kLasting = {fs::LinkKind::kReflink, fs::LinkKind::kHardlink, fs::LinkKind::kCopy};

}  // namespace

absl::Status Cache::Adopt(const std::vector<digest::Digest>& digests, const Cache& from) {
  std::vector<digest::Digest> files, manifests;
  absl::flat_hash_set<digest::Digest> seen;
  for (const digest::Digest& digest : digests) {
    if (Has(digest)) continue;
    if (!digest.is_dir()) {
      files.push_back(digest);
      continue;
    }
    auto bytes = fs_.Read(from.ObjectPath(digest));
    auto entries = bytes.ok() ? DecodeManifest(*bytes) : bytes.status();
    if (!entries.ok()) continue;
    manifests.push_back(digest);
    for (const ManifestEntry& entry : *entries) {
      if (seen.insert(entry.digest).second && !Has(entry.digest)) files.push_back(entry.digest);
    }
  }
  Linker linker(fs_, kLasting);
  auto adopt = [&](const std::vector<digest::Digest>& objects) {
    return ForEach(objects.size(), options_.hash_threads,
                   [&](size_t i) { return AdoptObject(objects[i], from, linker); });
  };
  RETURN_IF_ERROR(adopt(files));
  // Last: who finds a manifest finds its files.
  std::erase_if(manifests, [&](const digest::Digest& manifest) { return !HasFilesOf(manifest, from); });
  return adopt(manifests);
}

bool Cache::HasFilesOf(const digest::Digest& manifest, const Cache& from) const {
  auto bytes = fs_.Read(from.ObjectPath(manifest));
  auto entries = bytes.ok() ? DecodeManifest(*bytes) : bytes.status();
  if (!entries.ok()) return false;
  return std::all_of(entries->begin(), entries->end(), [&](const ManifestEntry& entry) { return Has(entry.digest); });
}

absl::StatusOr<std::string> Cache::MakeLasting(const std::string& object, const digest::Digest& digest,
                                               Linker& linker) const {
  RETURN_IF_ERROR(MakeObjectFolder(digest, options_.durability));
  std::string temporary = fs::TemporaryName(ObjectPath(digest));
  absl::Status made = absl::UnimplementedError("no kind of link");
  for (fs::LinkKind kind : kLasting) {
    if (absl::IsUnimplemented(made)) made = linker.Try(kind, object, temporary);
  }
  RETURN_IF_ERROR(made);
  return temporary;
}

absl::Status Cache::AdoptObject(const digest::Digest& digest, const Cache& from, Linker& linker) {
  const std::string object = from.ObjectPath(digest);
  if (!fs_.Exists(object)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string temporary, MakeLasting(object, digest, linker));
  HashedFile file;
  absl::StatusOr<fs::FileInfo> info = fs_.Stat(temporary);
  absl::Status hashed = info.status();
  if (info.ok()) {
    file.info = *info;
    hashed = HashFile(fs_, index_, temporary, file);
  }
  // A damaged one stays missing here, and as it is there.
  if (!hashed.ok() || file.digest->hex() != digest.hex()) {
    fs_.Remove(temporary).IgnoreError();
    return hashed;
  }
  return Publish(temporary, Made::kCopied, digest, options_.durability);
}

bool Cache::HasOldLayout() const {
  if (old_layout_ == kUnknown) {
    const auto entries = fs_.List(root_);
    old_layout_ = entries.ok() && std::any_of(entries->begin(), entries->end(), [](const fs::DirEntry& entry) {
                    return entry.kind == fs::Kind::kDirectory && entry.name.size() == 2;
                  });
  }
  return old_layout_ != 0;
}

absl::StatusOr<bool> Cache::IsOld(const std::string& path, const digest::Digest& digest) const {
  ASSIGN_OR_RETURN(const digest::Digest old, OldDigestOf(fs_, path));
  return old == digest;
}

absl::Status Cache::PublishOld(const std::string& temporary, const digest::Digest& digest) const {
  const std::string path = OldObjectPathIn(root_, digest);
  const bool durable = options_.received == fs::Durability::kDurable;
  absl::Status done = MakeFolder(fs::Dirname(path));
  if (done.ok() && durable) done = fs_.Sync(root_);
  if (done.ok()) done = fs_.Chmod(temporary, kObjectMode);
  if (done.ok() && durable) done = fs_.Sync(temporary);
  if (done.ok()) done = fs_.Rename(temporary, path);
  if (!done.ok()) fs_.Remove(temporary).IgnoreError();
  RETURN_IF_ERROR(done);
  old_layout_ = 1;
  return durable ? fs_.Sync(fs::Dirname(path)) : absl::OkStatus();
}

absl::StatusOr<digest::Digest> Cache::TakeOverOld(const digest::Digest& digest) const {
  if (!HasOldLayout() || fs_.Exists(ObjectPath(digest))) return digest;
  const std::string object = OldObjectPathIn(root_, digest);
  const absl::StatusOr<fs::FileInfo> info = fs_.Stat(object);
  if (absl::IsNotFound(info.status())) return digest;
  RETURN_IF_ERROR(info.status());
  HashedFile file{.info = *info};
  RETURN_IF_ERROR(HashFile(fs_, index_, object, file, &options_.stop));
  digest::Digest current = digest;
  if (file.digest->hex() != digest.hex()) {
    ASSIGN_OR_RETURN(const bool is_old, IsOld(object, digest));
    if (!is_old) {
      return absl::DataLossError(
          absl::StrCat("object ", digest.text(), " is damaged: ", object, " does not hold the bytes of its name"));
    }
    current = *file.digest;
    if (fs_.Exists(ObjectPath(current))) return current;
  }
  Linker linker(fs_, kLasting);
  ASSIGN_OR_RETURN(const std::string temporary, MakeLasting(object, current, linker));
  RETURN_IF_ERROR(Publish(temporary, Made::kCopied, current, options_.durability));
  return current;
}

}  // namespace expq::blob
