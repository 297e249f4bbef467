#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>

#include "common/fs/descriptor.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

// Small enough to stay in the second-level cache between the kernel's copy and the hash that follows.
constexpr int64_t kPieceBytes = 256 << 10;

Kind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return Kind::kFile;
  if (S_ISDIR(mode)) return Kind::kDirectory;
  return S_ISLNK(mode) ? Kind::kSymlink : Kind::kOther;
}

int64_t Nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

absl::StatusOr<FileInfo> InfoAt(const std::string& path, int flags) {
  struct stat found;
  if (fstatat(AT_FDCWD, path.c_str(), &found, flags) != 0) return Failed("look at", path);
  return InfoOf(found);
}

// Opens a file to read; a folder is refused here, where the message can name it, and so is what may never end or never
// begin: a pipe without a writer would hold its opener for ever, were it not for O_NONBLOCK.
absl::StatusOr<Descriptor> OpenToRead(const std::string& path, FileInfo* info) {
  ASSIGN_OR_RETURN(Descriptor file, Open(path, O_RDONLY | O_NONBLOCK, 0, "read"));
  struct stat found;
  if (fstat(file.get(), &found) != 0) return Failed("read", path);
  *info = InfoOf(found);
  if (info->kind == Kind::kDirectory) {
    errno = EISDIR;
    return Failed("read", path);
  }
  if (info->kind == Kind::kOther) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read ", path, ": a pipe, socket or device, not a file"));
  }
  return file;
}

absl::StatusOr<DirEntry> EntryOf(const dirent& entry, const std::string& dir) {
  DirEntry result{.name = entry.d_name};
  if (entry.d_type == DT_UNKNOWN) {
    ASSIGN_OR_RETURN(FileInfo info, InfoAt(Join(dir, result.name), AT_SYMLINK_NOFOLLOW));
    result.kind = info.kind;
  } else {
    result.kind = KindOf(DTTOIF(entry.d_type));
  }
  return result;
}

}  // namespace

FileInfo InfoOf(const struct stat& found) {
  return FileInfo{.kind = KindOf(found.st_mode),
                  .mode = found.st_mode & 07777u,
                  .size = found.st_size,
                  .mtime_ns = Nanoseconds(found.st_mtim),
                  .ctime_ns = Nanoseconds(found.st_ctim),
                  .device = found.st_dev,
                  .inode = found.st_ino,
                  .links = found.st_nlink,
                  .uid = found.st_uid,
                  .gid = found.st_gid};
}

absl::StatusOr<Descriptor> Open(const std::string& path, int flags, uint32_t mode, absl::string_view verb) {
  int fd = Uninterrupted([&] { return open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return Failed(verb, path);
  return Descriptor(fd);
}

absl::StatusOr<FileInfo> PosixFilesystem::Lstat(const std::string& path) const {
  return InfoAt(path, AT_SYMLINK_NOFOLLOW);
}

absl::StatusOr<FileInfo> PosixFilesystem::Stat(const std::string& path) const { return InfoAt(path, 0); }

absl::StatusOr<std::string> PosixFilesystem::Read(const std::string& path) const {
  FileInfo info;
  ASSIGN_OR_RETURN(Descriptor file, OpenToRead(path, &info));
  // The size is only a first guess: files in /proc say 0, and others may grow.
  std::string bytes(static_cast<size_t>(info.size) + 1, '\0');
  size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2 + 4096);
    ssize_t got = Uninterrupted([&] { return read(file.get(), &bytes[filled], bytes.size() - filled); });
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

absl::StatusOr<std::string> PosixFilesystem::ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const {
  if (offset < 0 || max_bytes < 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": negative offset or length"));
  }
  FileInfo info;
  ASSIGN_OR_RETURN(Descriptor file, OpenToRead(path, &info));
  std::string bytes(static_cast<size_t>(std::clamp<int64_t>(info.size - offset, 0, max_bytes)), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    off_t at = offset + static_cast<off_t>(filled);
    ssize_t got = Uninterrupted([&] { return pread(file.get(), &bytes[filled], bytes.size() - filled, at); });
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

absl::Status PosixFilesystem::ReadStream(const std::string& path, const PieceSink& take) const {
  FileInfo info;
  ASSIGN_OR_RETURN(Descriptor file, OpenToRead(path, &info));
  size_t capacity = static_cast<size_t>(std::clamp<int64_t>(info.size + 1, 4096, kPieceBytes));
  std::unique_ptr<char[]> buffer(new char[capacity]);  // not zeroed: it is overwritten at once
  while (true) {
    ssize_t got = Uninterrupted([&] { return read(file.get(), buffer.get(), capacity); });
    if (got < 0) return Failed("read", path);
    if (got == 0) return absl::OkStatus();
    RETURN_IF_ERROR(take(absl::string_view(buffer.get(), static_cast<size_t>(got))));
  }
}

absl::StatusOr<std::vector<DirEntry>> PosixFilesystem::List(const std::string& dir) const {
  std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(dir.c_str()), closedir);
  if (stream == nullptr) return Failed("list", dir);
  std::vector<DirEntry> entries;
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      absl::StatusOr<DirEntry> made = EntryOf(*entry, dir);
      if (made.ok()) {
        entries.push_back(*std::move(made));
      } else if (!absl::IsNotFound(made.status())) {  // removed between the listing and the look: not there
        return made.status();
      }
    }
    errno = 0;
  }
  if (errno != 0) return Failed("list", dir);
  std::sort(entries.begin(), entries.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return entries;
}

absl::StatusOr<std::string> PosixFilesystem::ReadLink(const std::string& path) const {
  char target[PATH_MAX];
  ssize_t size = readlink(path.c_str(), target, sizeof(target));
  if (size < 0 && errno == EINVAL) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read link ", path, ": it is not a link"));
  }
  if (size < 0) return Failed("read link", path);
  return std::string(target, static_cast<size_t>(size));
}

int64_t PosixFilesystem::StampNs() const {
  // The coarse clock is the one that the kernel stamps files with.
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // tidy: the disk's time, not ours
  return Nanoseconds(now);
}

absl::StatusOr<int64_t> PosixFilesystem::FreeBytes(const std::string& path) const {
  struct statvfs disk;
  if (Uninterrupted([&] { return statvfs(path.c_str(), &disk); }) != 0) return Failed("look at the disk of", path);
  // Some file systems in user space do not know.
  if (disk.f_blocks == 0) return std::numeric_limits<int64_t>::max();
  // What is set aside for root is root's.
  const bool root = geteuid() == 0;
  // Where files are not counted, both numbers are 0.
  if (disk.f_files > 0 && (root ? disk.f_ffree : disk.f_favail) == 0) return 0;
  return static_cast<int64_t>(root ? disk.f_bfree : disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

}  // namespace expq::fs
