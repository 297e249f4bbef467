// Files behind a seam: everything that touches a disk outside this room goes through Filesystem, so that a test can
// hold it in memory, count what was synced, and break it (tests/support: MemoryFilesystem, FaultyFilesystem).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace expq::fs {

enum class Kind { kFile, kDirectory, kSymlink, kOther };

// What lstat/stat says. Times in nanoseconds since the epoch.
struct FileInfo {
  Kind kind = Kind::kFile;
  uint32_t mode = 0;  // permission bits only
  int64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t links = 1;
  uint32_t uid = 0;  // the owner's
  uint32_t gid = 0;
};

struct DirEntry {
  std::string name;
  Kind kind = Kind::kFile;
};

enum class Durability {
  kAtomic,   // temporary file + rename: a reader sees the old or the new bytes, a crash may lose both
  kDurable,  // the same with fsync of file and folder: after OK it survives a power cut
};

enum class LinkKind { kReflink, kHardlink, kSymlink, kCopy };

using PieceSink = std::function<absl::Status(absl::string_view piece)>;

// Reading. Errors name the path. Thread-safe.
class FileReader {
 public:
  virtual ~FileReader() = default;
  virtual absl::StatusOr<FileInfo> Lstat(const std::string& path) const = 0;  // NotFound when absent
  virtual absl::StatusOr<FileInfo> Stat(const std::string& path) const = 0;   // follows links
  virtual absl::StatusOr<std::string> Read(const std::string& path) const = 0;
  // At most `max_bytes` from `offset`; shorter at the end.
  virtual absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const = 0;
  // The whole file in order, in pieces of at most 1 MiB, never all of it in memory. Ends early with `take`'s error.
  virtual absl::Status ReadStream(const std::string& path, const PieceSink& take) const = 0;
  // Sorted by name, without "." and "..".
  virtual absl::StatusOr<std::vector<DirEntry>> List(const std::string& dir) const = 0;
  virtual absl::StatusOr<std::string> ReadLink(const std::string& path) const = 0;
  // No change made from now on is stamped with an earlier mtime (on a local disk): a file whose mtime is older than
  // this cannot change without its mtime changing too.
  virtual int64_t StampNs() const = 0;
  // Bytes that this process can still write on the disk of `path`; 0 when it can make no more files there. What
  // has no disk, or does not know it, has room for everything.
  virtual absl::StatusOr<int64_t> FreeBytes(const std::string& /*path*/) const {
    return std::numeric_limits<int64_t>::max();
  }

  // Follows links: a broken one does not exist.
  bool Exists(const std::string& path) const { return Stat(path).ok(); }
};

// Writing too. Thread-safe.
class Filesystem : public FileReader {
 public:
  // Replaces the file (or link) whole; `mode` before umask. Parent folders must exist. After an error the old bytes are
  // still there.
  virtual absl::Status Write(const std::string& path, absl::string_view bytes, Durability durability,
                             uint32_t mode = 0666) = 0;
  // For a file that nobody reads meanwhile and that a crash may spoil: writes into the file that is there, when it is a
  // regular one with no other name; else as Write with kAtomic. Making and deleting files is what costs on ext4, which
  // searches past all recently deleted ones.
  virtual absl::Status Overwrite(const std::string& path, absl::string_view bytes, uint32_t mode = 0666) {
    return Write(path, bytes, Durability::kAtomic, mode);
  }
  // Appends and returns; no sync.
  virtual absl::Status Append(const std::string& path, absl::string_view bytes) = 0;
  // With all parents; fine when it exists as a folder.
  virtual absl::Status MakeDirs(const std::string& dir) = 0;
  // A file, link or empty folder; OK when absent.
  virtual absl::Status Remove(const std::string& path) = 0;
  // Everything below and the folder itself, never following links; makes read-only folders writable; OK when absent.
  virtual absl::Status RemoveTree(const std::string& path) = 0;
  // Replaces the target.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // Makes `to` from `from` that way; AlreadyExists when `to` is there; Unimplemented when this pair of file systems
  // cannot (so try the next kind). kSymlink: `from` is stored as given. kCopy, kReflink: `from` is followed when it is
  // a link; permission bits and mtime come along; after an error `to` is not there.
  virtual absl::Status Link(LinkKind kind, const std::string& from, const std::string& to) = 0;
  // As Link with kCopy, but with these permission bits, whatever the umask; says what was made.
  virtual absl::StatusOr<FileInfo> Copy(const std::string& from, const std::string& to, uint32_t mode) {
    absl::Status made = Link(LinkKind::kCopy, from, to);
    if (!made.ok()) return made;
    made = Chmod(to, mode);
    absl::StatusOr<FileInfo> info = made.ok() ? Lstat(to) : made;
    if (!info.ok()) Remove(to).IgnoreError();
    return info;
  }
  virtual absl::Status Chmod(const std::string& path, uint32_t mode) = 0;
  // What was written to this file, or the names in this folder, survive a power cut after OK.
  virtual absl::Status Sync(const std::string& path) = 0;
};

// The real disk. Stateless; one instance serves all.
class PosixFilesystem : public Filesystem {
 public:
  absl::StatusOr<FileInfo> Lstat(const std::string& path) const override;
  absl::StatusOr<FileInfo> Stat(const std::string& path) const override;
  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const override;
  absl::Status ReadStream(const std::string& path, const PieceSink& take) const override;
  absl::StatusOr<std::vector<DirEntry>> List(const std::string& dir) const override;
  absl::StatusOr<std::string> ReadLink(const std::string& path) const override;
  int64_t StampNs() const override;
  absl::StatusOr<int64_t> FreeBytes(const std::string& path) const override;
  absl::Status Write(const std::string& path, absl::string_view bytes, Durability durability,
                     uint32_t mode = 0666) override;
  absl::Status Overwrite(const std::string& path, absl::string_view bytes, uint32_t mode = 0666) override;
  absl::Status Append(const std::string& path, absl::string_view bytes) override;
  absl::Status MakeDirs(const std::string& dir) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status RemoveTree(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Link(LinkKind kind, const std::string& from, const std::string& to) override;
  absl::StatusOr<FileInfo> Copy(const std::string& from, const std::string& to, uint32_t mode) override;
  absl::Status Chmod(const std::string& path, uint32_t mode) override;
  absl::Status Sync(const std::string& path) override;
};

// Visits every file and link below `root` (not following links), paths relative to it, in sorted order of the whole
// relative path's components. `enter` (may be null) says whether to go into a folder.
absl::Status Walk(const FileReader& fs, const std::string& root,
                  const std::function<absl::Status(const std::string& relative, Kind kind)>& visit,
                  const std::function<bool(const std::string& relative)>& enter = nullptr);

// An exclusive lock on a file (flock), released when destroyed or when the process ends, however it ends.
class FileLock {
 public:
  // What becomes of the file when the lock is released. One that goes is for locks of which there are ever new ones;
  // a holder that is killed leaves it. Both kinds may be taken of one path.
  enum class File { kStays, kGoes };
  // Unavailable at once when somebody else (also another FileLock of this process) holds it. Makes the file.
  static absl::StatusOr<std::unique_ptr<FileLock>> TryLock(const std::string& path, File file = File::kStays);
  // For NFS, where flock may do nothing: `path` becomes a hard link to a claim file beside it that holds its own name
  // and is stamped a year ahead, as programs that use Python's flufl.lock have it. It outlives a process that dies.
  static absl::StatusOr<std::unique_ptr<FileLock>> TryLink(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  FileLock(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  FileLock(std::string path, std::string claim) : fd_(-1), path_(std::move(path)), claim_(std::move(claim)) {}
  const int fd_;            // -1 of a link
  const std::string path_;  // to be removed, "" = it stays
  const std::string claim_;
};

// The bits that this process leaves out of the modes of the files it makes, as they were at the first question.
uint32_t Umask();

// "a/b" + "c" → "a/b/c"; an absolute second part wins; an empty part vanishes.
std::string Join(absl::string_view a, absl::string_view b);
// Lexical: "a/./b/../c" → "a/c"; keeps leading "..". "" → ".".
std::string Normalize(absl::string_view path);
std::string Dirname(absl::string_view path);  // "a/b" → "a", "a" → "."
std::string Basename(absl::string_view path);
// Lexical path of `path` as seen from `base`; both absolute or both relative to the same place.
std::string Relative(absl::string_view path, absl::string_view base);
// A hidden name in the folder of `path` that nobody else uses, also in other processes and on other machines:
// "a/b" → "a/.<22 letters>.tmp". What is written there is complete before it is renamed to `path`.
std::string TemporaryName(absl::string_view path);
// Whether a file's name is of that shape: what a process that was killed has left, nobody's data.
bool IsTemporaryName(absl::string_view name);
// True when `path` is `dir` or below it; lexical, both normalized.
bool IsWithin(absl::string_view path, absl::string_view dir);

}  // namespace expq::fs
