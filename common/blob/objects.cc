#include "common/blob/objects.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/blob/old_layout.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

constexpr absl::string_view kObjectsFolder = "/files/md5";
// What is made in it belongs to the group too.
constexpr uint32_t kSharedFolderMode = 02775;
constexpr absl::string_view kAside = ".corrupt";
constexpr size_t kTemporaryNameBytes = 27;  // a dot, 22 letters, ".tmp"

absl::Status ListPrefix(const fs::FileReader& fs, const std::string& folder, std::vector<StoredObject>& objects) {
  ASSIGN_OR_RETURN(const std::vector<fs::DirEntry> entries, fs.List(folder));
  const std::string prefix = fs::Basename(folder);
  for (const fs::DirEntry& entry : entries) {
    const absl::StatusOr<digest::Digest> digest = digest::Digest::Parse(prefix + entry.name);
    if (!digest.ok() || entry.kind != fs::Kind::kFile) continue;
    const absl::StatusOr<fs::FileInfo> info = fs.Lstat(fs::Join(folder, entry.name));
    if (absl::IsNotFound(info.status())) continue;  // somebody else removed it just now
    RETURN_IF_ERROR(info.status());
    objects.push_back({.digest = *digest, .size = info->size});
  }
  return absl::OkStatus();
}

// fs::TemporaryName, and DVC's own.
bool IsTemporary(absl::string_view name) {
  return absl::StartsWith(name, ".") && absl::EndsWith(name, ".tmp") && name.size() == kTemporaryNameBytes;
}

}  // namespace

std::string ObjectPathIn(absl::string_view root, const digest::Digest& digest, Layout layout) {
  if (layout == Layout::kOld) return OldObjectPathIn(root, digest);
  const absl::string_view text = digest.text();
  return absl::StrCat(root, kObjectsFolder, "/", text.substr(0, 2), "/", text.substr(2));
}

absl::Status MakeFolder(fs::Filesystem& fs, const std::string& folder, bool group_shared) {
  if (!group_shared) return fs.MakeDirs(folder);
  if (fs.Exists(folder)) return absl::OkStatus();
  const std::string parent = fs::Dirname(folder);
  if (parent != folder) RETURN_IF_ERROR(MakeFolder(fs, parent, group_shared));
  RETURN_IF_ERROR(fs.MakeDirs(folder));
  // Another member of the group may have made it in between: then it is right already, and not ours to change.
  fs.Chmod(folder, kSharedFolderMode).IgnoreError();
  return absl::OkStatus();
}

absl::StatusOr<digest::Digest> Receive(fs::Filesystem& fs, const std::string& path, const experiment::ByteSource& bytes,
                                       bool is_dir) {
  digest::Md5 md5;
  for (bool is_first = true;; is_first = false) {
    ASSIGN_OR_RETURN(const std::string piece, bytes());
    if (piece.empty() && !is_first) return md5.Finish(is_dir);
    RETURN_IF_ERROR(fs.Append(path, piece));  // an empty object is a file too
    if (piece.empty()) return md5.Finish(is_dir);
    md5.Update(piece);
  }
}

absl::Status WriteRecord(fs::Filesystem& fs, const std::string& path, absl::string_view bytes, bool group_shared) {
  RETURN_IF_ERROR(fs.Write(path, bytes, fs::Durability::kAtomic));
  return group_shared ? fs.Chmod(path, PlainMode(/*is_exec=*/false, group_shared)) : absl::OkStatus();
}

uint32_t PlainMode(bool is_exec, bool group_shared) {
  if (group_shared) return is_exec ? 0775 : 0664;
  return (is_exec ? 0777 : 0666) & ~fs::Umask();
}

absl::StatusOr<std::vector<StoredObject>> ListObjects(const fs::FileReader& fs, const std::string& root,
                                                      Layout layout) {
  std::vector<StoredObject> objects;
  const std::string folder = layout == Layout::kOld ? root : absl::StrCat(root, kObjectsFolder);
  const absl::StatusOr<std::vector<fs::DirEntry>> prefixes = fs.List(folder);
  if (absl::IsNotFound(prefixes.status())) return objects;
  RETURN_IF_ERROR(prefixes.status());
  for (const fs::DirEntry& prefix : *prefixes) {
    if (prefix.kind != fs::Kind::kDirectory || prefix.name.size() != 2) continue;
    RETURN_IF_ERROR(ListPrefix(fs, fs::Join(folder, prefix.name), objects));
  }
  return objects;
}

absl::StatusOr<std::vector<std::string>> ListLeftovers(const fs::FileReader& fs, const std::string& root,
                                                       int64_t before_ns) {
  std::vector<std::string> found;
  const std::string folder = absl::StrCat(root, kObjectsFolder);
  if (!fs.Exists(folder)) return found;
  RETURN_IF_ERROR(fs::Walk(fs, folder, [&](const std::string& relative, fs::Kind kind) {
    const std::string name = fs::Basename(relative), path = fs::Join(folder, relative);
    if (kind != fs::Kind::kFile || (!IsTemporary(name) && !absl::EndsWith(name, kAside))) return absl::OkStatus();
    const absl::StatusOr<fs::FileInfo> info = fs.Lstat(path);
    if (info.ok() && info->mtime_ns < before_ns) found.push_back(path);
    return absl::OkStatus();
  }));
  return found;
}

absl::Status RemoveObjects(fs::Filesystem& fs, const std::string& root, const std::vector<StoredObject>& objects,
                           Layout layout) {
  for (const bool manifests : {true, false}) {
    for (const StoredObject& object : objects) {
      if (object.digest.is_dir() == manifests) RETURN_IF_ERROR(fs.Remove(ObjectPathIn(root, object.digest, layout)));
    }
  }
  return absl::OkStatus();
}

}  // namespace expq::blob
