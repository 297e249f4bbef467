// From the workspace into the cache.
#include "common/blob/cache.h"
#include "common/blob/hashing.h"
#include "common/blob/linker.h"
#include "common/blob/objects.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

Sharing SharingOf(const HashedFile& file) {
  if (file.is_link || (file.info.mode & 0111) != 0) return Sharing::kNothing;
  return file.info.size == 0 ? Sharing::kNoInode : Sharing::kAll;
}

absl::Status CheckUnchanged(const fs::FileReader& fs, const std::string& path, const HashedFile& file) {
  ASSIGN_OR_RETURN(fs::FileInfo now, fs.Stat(path));
  if (now.inode == file.info.inode && now.size == file.info.size && now.mtime_ns == file.info.mtime_ns) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("cannot store ", path, ": it is being written to"));
}

}  // namespace

absl::StatusOr<Content> Cache::Hash(const std::string& path) const {
  ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Stat(path));
  if (info.kind == fs::Kind::kDirectory) {
    ASSIGN_OR_RETURN(std::vector<HashedFile> files, HashTree(fs_, index_, options_, path));
    return TreeContent(files);
  }
  HashedFile file{.info = info};
  RETURN_IF_ERROR(HashFile(fs_, index_, path, file, &options_.stop));
  return FileContent(file);
}

absl::StatusOr<Content> Cache::Store(const std::string& path) { return StoreWith(path, Touch::kReplaceByLinks); }

absl::StatusOr<Content> Cache::StoreCopy(const std::string& path) { return StoreWith(path, Touch::kNothing); }

absl::StatusOr<Content> Cache::StoreWith(const std::string& path, Touch touch) {
  Linker linker(fs_, options_.link_kinds);
  ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Stat(path));
  if (info.kind != fs::Kind::kDirectory) {
    ASSIGN_OR_RETURN(fs::FileInfo itself, fs_.Lstat(path));
    HashedFile file{.info = info, .is_link = itself.kind == fs::Kind::kSymlink};
    RETURN_IF_ERROR(StoreFile(path, file, touch, linker));
    return FileContent(file);
  }
  std::vector<std::string> leftovers;
  ASSIGN_OR_RETURN(std::vector<HashedFile> files, ListTree(fs_, options_, path, &leftovers));
  for (const std::string& leftover : leftovers) fs_.Remove(leftover).IgnoreError();
  RETURN_IF_ERROR(ForEach(files.size(), options_.hash_threads, options_.stop, [&](size_t i) {
    return StoreFile(fs::Join(path, files[i].relative), files[i], touch, linker);
  }));
  Content content = TreeContent(files);
  // Last: who finds a manifest finds its files.
  RETURN_IF_ERROR(StoreBytes(EncodeManifest(content.files), /*is_dir=*/true).status());
  return content;
}

absl::Status Cache::StoreFile(const std::string& path, HashedFile& file, Touch touch, Linker& linker) {
  if (auto known = index_.Find(file.info)) {
    file.digest = *known;
  } else if (file.info.size >= kLarge && IsCopied(file, touch)) {
    return StoreStreamed(path, file, linker);
  } else {
    RETURN_IF_ERROR(HashFile(fs_, index_, path, file, &options_.stop));
  }
  return Keep(path, file, touch, linker);
}

absl::Status Cache::Keep(const std::string& path, const HashedFile& file, Touch touch, Linker& linker) {
  absl::StatusOr<fs::FileInfo> object = Verify(*file.digest);
  if (absl::IsNotFound(object.status()) || absl::IsDataLoss(object.status())) {
    absl::Status kept = KeepNew(path, file, touch, linker);
    if (!absl::IsAlreadyExists(kept)) return kept;
    object = Verify(*file.digest);  // somebody stored the same meanwhile
  }
  if (!object.ok()) return object.status();
  bool is_the_object = object->device == file.info.device && object->inode == file.info.inode;
  if (touch == Touch::kNothing || is_the_object) return absl::OkStatus();
  return ReplaceByLink(path, file, linker);
}

absl::Status Cache::KeepNew(const std::string& path, const HashedFile& file, Touch touch, Linker& linker) {
  for (fs::LinkKind kind : linker.kinds()) {
    // A file with other names already: they may belong to somebody who goes on writing to it.
    bool may_share = touch == Touch::kReplaceByLinks && Suits(kind, SharingOf(file)) && file.info.links == 1;
    if (!HasOwnInode(kind) && !may_share) continue;
    absl::Status kept;
    if (kind == fs::LinkKind::kHardlink) {
      kept = KeepAsLink(path, file);
    } else {
      kept = KeepAsCopy(path, file, kind == fs::LinkKind::kReflink ? kind : fs::LinkKind::kCopy, linker);
      if (kept.ok() && kind == fs::LinkKind::kSymlink) kept = ReplaceByLink(path, file, linker);
    }
    if (!absl::IsUnimplemented(kept)) return kept;
  }
  return KeepAsCopy(path, file, fs::LinkKind::kCopy, linker);
}

absl::Status Cache::KeepAsLink(const std::string& path, const HashedFile& file) {
  std::string object = ObjectPath(*file.digest);
  // Read-only before it is an object. A file of another user's cannot be made so: it is copied.
  absl::Status linked = fs_.Chmod(path, 0444);
  if (absl::IsPermissionDenied(linked)) return absl::UnimplementedError(linked.message());
  RETURN_IF_ERROR(linked);
  linked = fs_.Link(fs::LinkKind::kHardlink, path, object);
  if (absl::IsNotFound(linked)) {
    linked = MakeObjectFolder(*file.digest, options_.durability);
    if (linked.ok()) linked = fs_.Link(fs::LinkKind::kHardlink, path, object);
  }
  if (linked.ok()) {
    linked = CheckUnchanged(fs_, path, file);
    if (!linked.ok()) fs_.Remove(object).IgnoreError();
  }
  if (!linked.ok()) {
    fs_.Chmod(path, file.info.mode).IgnoreError();
    return linked;
  }
  if (options_.durability == fs::Durability::kAtomic) return absl::OkStatus();
  RETURN_IF_ERROR(fs_.Sync(object));
  return fs_.Sync(fs::Dirname(object));
}

absl::Status Cache::KeepAsCopy(const std::string& path, const HashedFile& file, fs::LinkKind kind, Linker& linker) {
  std::string temporary = fs::TemporaryName(ObjectPath(*file.digest));
  absl::StatusOr<fs::FileInfo> made = linker.Duplicate(kind, path, temporary, kObjectMode);
  if (absl::IsNotFound(made.status())) {
    RETURN_IF_ERROR(MakeObjectFolder(*file.digest, options_.durability));
    made = linker.Duplicate(kind, path, temporary, kObjectMode);
  }
  RETURN_IF_ERROR(made.status());
  absl::Status unchanged = CheckUnchanged(fs_, path, file);
  if (!unchanged.ok()) {
    fs_.Remove(temporary).IgnoreError();
    return unchanged;
  }
  return Publish(temporary, *made, Made::kCopied, *file.digest, options_.durability);
}

absl::Status Cache::ReplaceByLink(const std::string& path, const HashedFile& file, Linker& linker) {
  std::string temporary = fs::TemporaryName(path);
  for (fs::LinkKind kind : linker.kinds()) {
    if (kind == fs::LinkKind::kCopy) return absl::OkStatus();
    if (!Suits(kind, SharingOf(file)) || SharingOf(file) == Sharing::kNothing) continue;
    absl::Status replaced = linker.Try(kind, ObjectPath(*file.digest), temporary);
    if (absl::IsUnimplemented(replaced)) continue;
    RETURN_IF_ERROR(replaced);
    if (kind == fs::LinkKind::kReflink) replaced = fs_.Chmod(temporary, file.info.mode);
    if (replaced.ok()) replaced = CheckUnchanged(fs_, path, file);
    if (replaced.ok()) replaced = fs_.Rename(temporary, path);
    if (!replaced.ok()) fs_.Remove(temporary).IgnoreError();
    return replaced;
  }
  return absl::OkStatus();
}

}  // namespace expq::blob
