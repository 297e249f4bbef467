#include <dirent.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstring>

#include "common/fs/descriptor.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

// Removes the temporary file again unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path) : path_(TemporaryName(path)) {}
  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

// Empties and removes the folder `name` in the folder `parent`. `shown` is its path, for messages.
absl::Status RemoveFolder(int parent, const char* name, const std::string& shown);

absl::Status RemoveEntry(int parent, const dirent& entry, const std::string& shown_parent) {
  if (strcmp(entry.d_name, ".") == 0 || strcmp(entry.d_name, "..") == 0) return absl::OkStatus();
  if (entry.d_type != DT_DIR && unlinkat(parent, entry.d_name, 0) == 0) return absl::OkStatus();
  if (entry.d_type == DT_DIR || errno == EISDIR) {
    return RemoveFolder(parent, entry.d_name, Join(shown_parent, entry.d_name));
  }
  return errno == ENOENT ? absl::OkStatus() : Failed("remove", Join(shown_parent, entry.d_name));
}

absl::Status RemoveFolder(int parent, const char* name, const std::string& shown) {
  auto open_it = [&] { return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); };
  Descriptor folder(Uninterrupted(open_it));
  if (folder.get() < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0) {
    folder = Descriptor(Uninterrupted(open_it));
  }
  if (folder.get() < 0) return errno == ENOENT ? absl::OkStatus() : Failed("remove", shown);
  struct stat found;
  if (fstat(folder.get(), &found) == 0 && (found.st_mode & 0300) != 0300) fchmod(folder.get(), 0700);
  std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(folder.get()), closedir);
  if (stream == nullptr) return Failed("remove", shown);
  int fd = folder.Release();  // the stream owns it now
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    RETURN_IF_ERROR(RemoveEntry(fd, *entry, shown));
    errno = 0;
  }
  if (errno != 0) return Failed("remove", shown);
  if (unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) return Failed("remove", shown);
  return absl::OkStatus();
}

absl::Status MakeOne(const std::string& dir) {
  if (mkdir(dir.c_str(), 0777) == 0) return absl::OkStatus();
  if (errno != EEXIST) return Failed("make folder", dir);
  struct stat found;
  if (stat(dir.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return absl::OkStatus();
  errno = ENOTDIR;
  return Failed("make folder", dir);
}

}  // namespace

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t wrote = Uninterrupted([&] { return write(fd, bytes.data(), bytes.size()); });
    if (wrote < 0) return Failed("write", path);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& dir) {
  ASSIGN_OR_RETURN(Descriptor folder, Open(dir, O_RDONLY | O_DIRECTORY, 0, "sync"));
  return fsync(folder.get()) == 0 ? absl::OkStatus() : Failed("sync", dir);
}

absl::Status PosixFilesystem::Write(const std::string& path, absl::string_view bytes, Durability durability,
                                    uint32_t mode) {
  TemporaryFile temporary(path);
  ASSIGN_OR_RETURN(Descriptor file, Open(temporary.path(), O_WRONLY | O_CREAT | O_EXCL, mode, "write"));
  RETURN_IF_ERROR(WriteAll(file.get(), bytes, path));
  if (durability == Durability::kDurable && fsync(file.get()) != 0) return Failed("sync", path);
  if (file.Close() != 0) return Failed("write", path);
  RETURN_IF_ERROR(Rename(temporary.path(), path));
  temporary.Keep();
  return durability == Durability::kDurable ? SyncFolder(Dirname(path)) : absl::OkStatus();
}

absl::Status PosixFilesystem::Overwrite(const std::string& path, absl::string_view bytes, uint32_t mode) {
  Descriptor file(Uninterrupted([&] { return open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC); }));
  struct stat found;
  if (file.get() < 0 || fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1 ||
      ((found.st_mode ^ mode) & 0100) != 0) {
    return Write(path, bytes, Durability::kAtomic, mode);
  }
  RETURN_IF_ERROR(WriteAll(file.get(), bytes, path));
  // Not O_TRUNC: ext4 flushes a file that was emptied as soon as it is closed.
  if (static_cast<size_t>(found.st_size) > bytes.size() &&
      Uninterrupted([&] { return ftruncate(file.get(), static_cast<off_t>(bytes.size())); }) != 0) {
    return Failed("write", path);
  }
  return file.Close() == 0 ? absl::OkStatus() : Failed("write", path);
}

absl::Status PosixFilesystem::Append(const std::string& path, absl::string_view bytes) {
  ASSIGN_OR_RETURN(Descriptor file, Open(path, O_WRONLY | O_CREAT | O_APPEND, 0666, "append to"));
  RETURN_IF_ERROR(WriteAll(file.get(), bytes, path));
  return file.Close() == 0 ? absl::OkStatus() : Failed("append to", path);
}

absl::Status PosixFilesystem::MakeDirs(const std::string& dir) {
  absl::Status made = MakeOne(dir);
  if (!absl::IsNotFound(made)) return made;
  std::string parent = Dirname(dir);
  if (parent == dir) return made;
  RETURN_IF_ERROR(MakeDirs(parent));
  return MakeOne(dir);
}

absl::Status PosixFilesystem::Remove(const std::string& path) {
  if (remove(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return Failed("remove", path);
}

absl::Status PosixFilesystem::RemoveTree(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  if (errno != EISDIR && errno != EPERM) return Failed("remove", path);
  return RemoveFolder(AT_FDCWD, path.c_str(), path);
}

absl::Status PosixFilesystem::Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return Failed("rename", absl::StrCat(from, " to ", to));
}

absl::Status PosixFilesystem::Chmod(const std::string& path, uint32_t mode) {
  return chmod(path.c_str(), mode) == 0 ? absl::OkStatus() : Failed("change the mode of", path);
}

absl::Status PosixFilesystem::Sync(const std::string& path) {
  ASSIGN_OR_RETURN(Descriptor file, Open(path, O_RDONLY, 0, "sync"));
  return fsync(file.get()) == 0 ? absl::OkStatus() : Failed("sync", path);
}

}  // namespace expq::fs
