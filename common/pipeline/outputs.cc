#include "common/pipeline/outputs.h"

#include "absl/strings/str_cat.h"
#include "common/blob/objects.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr uint32_t kOwnerMayWrite = 0200;
constexpr uint32_t kAnyExecutable = 0111;

absl::Status CopyFile(fs::Filesystem& fs, const std::string& from, const std::string& to, uint32_t mode) {
  const std::string temporary = to + ".expq-copy";
  RETURN_IF_ERROR(fs.Remove(temporary));
  RETURN_IF_ERROR(fs.Link(fs::LinkKind::kCopy, from, temporary));
  RETURN_IF_ERROR(fs.Chmod(temporary, mode));
  return fs.Rename(temporary, to);
}

bool PointsIntoCache(const fs::FileReader& fs, const blob::Cache& cache, const std::string& path) {
  const auto target = fs.ReadLink(path);
  if (!target.ok()) return false;
  return fs::IsWithin(fs::Normalize(fs::Join(fs::Dirname(path), *target)), fs::Normalize(cache.root()));
}

absl::Status FreeFile(fs::Filesystem& fs, const blob::Cache& cache, const std::string& path) {
  ASSIGN_OR_RETURN(const fs::FileInfo info, fs.Lstat(path));
  if (info.kind == fs::Kind::kSymlink && !PointsIntoCache(fs, cache, path)) return absl::OkStatus();
  const bool is_own = info.kind == fs::Kind::kFile && info.links == 1 && (info.mode & kOwnerMayWrite) != 0;
  if (is_own) return absl::OkStatus();
  ASSIGN_OR_RETURN(const fs::FileInfo target, fs.Stat(path));
  return CopyFile(fs, path, path, cache.UnprotectedMode((target.mode & kAnyExecutable) != 0));
}

absl::Status FreeTree(fs::Filesystem& fs, const blob::Cache& cache, const std::string& path) {
  const auto info = fs.Lstat(path);
  if (absl::IsNotFound(info.status())) return absl::OkStatus();
  RETURN_IF_ERROR(info.status());
  if (info->kind != fs::Kind::kDirectory) return FreeFile(fs, cache, path);
  return fs::Walk(fs, path,
                  [&](const std::string& relative, fs::Kind) { return FreeFile(fs, cache, fs::Join(path, relative)); });
}

}  // namespace

absl::Status ClearOutputs(fs::Filesystem& fs, const blob::Cache& cache, const std::string& root, const Stage& stage) {
  for (const Output& out : stage.outs) {
    const std::string path = fs::Normalize(fs::Join(root, out.root_path));
    if (fs::IsWithin(fs::Normalize(root), path)) {
      return absl::InvalidArgumentError(absl::StrCat("output '", out.path, "' holds the repository itself"));
    }
    RETURN_IF_ERROR(out.persist ? FreeTree(fs, cache, path) : fs.RemoveTree(path));
    RETURN_IF_ERROR(fs.MakeDirs(fs::Dirname(path)));
  }
  return absl::OkStatus();
}

absl::Status CopyFromCache(fs::Filesystem& fs, const blob::Cache& cache, const digest::Digest& digest,
                           const std::string& path, bool is_exec) {
  RETURN_IF_ERROR(fs.MakeDirs(fs::Dirname(path)));
  RETURN_IF_ERROR(fs.RemoveTree(path));
  if (!digest.is_dir()) {
    ASSIGN_OR_RETURN(const digest::Digest current, cache.TakeOverOld(digest));
    return CopyFile(fs, cache.ObjectPath(current), path, blob::PlainMode(is_exec, /*group_shared=*/false));
  }
  ASSIGN_OR_RETURN(const std::vector<blob::ManifestEntry> entries, cache.ReadManifest(digest));
  RETURN_IF_ERROR(fs.MakeDirs(path));
  for (const blob::ManifestEntry& entry : entries) {
    const std::string file = fs::Join(path, entry.relpath);
    RETURN_IF_ERROR(fs.MakeDirs(fs::Dirname(file)));
    ASSIGN_OR_RETURN(const digest::Digest current, cache.TakeOverOld(entry.digest));
    RETURN_IF_ERROR(
        CopyFile(fs, cache.ObjectPath(current), file, blob::PlainMode(/*is_exec=*/false, /*group_shared=*/false)));
  }
  return absl::OkStatus();
}

bool IsLinkedTo(const fs::FileReader& fs, const blob::Cache& cache, const std::string& path,
                const digest::Digest& digest) {
  const auto file = fs.Stat(path);
  const auto object = fs.Stat(cache.ObjectPath(digest));
  return file.ok() && object.ok() && file->inode == object->inode && file->device == object->device;
}

}  // namespace expq::pipeline
