#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <memory>
#include <optional>

#include "common/fs/descriptor.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

constexpr size_t kCopyBytes = 1 << 20;
constexpr size_t kSmallBytes = 32 << 10;  // on the stack

// This pair of file systems (or this inode: too many links, not ours) cannot do it; another kind of link can.
bool IsUnsupported(int error) {
  switch (error) {
    case EXDEV:
    case EOPNOTSUPP:
    case ENOSYS:
    case ENOTTY:
    case EINVAL:
    case EMLINK:
    case EPERM:
      return true;
    default:  // tidy: errno is an open set
      return false;
  }
}

absl::Status LinkFailed(absl::string_view kind, const std::string& from, const std::string& to) {
  absl::Status failed = Failed(kind, absl::StrCat(from, " to ", to));
  return IsUnsupported(errno) ? absl::UnimplementedError(failed.message()) : failed;
}

absl::Status CopyThroughMemory(int from, int to, const std::string& from_path, const std::string& to_path) {
  std::unique_ptr<char[]> buffer(new char[kCopyBytes]);
  while (true) {
    ssize_t got = Uninterrupted([&] { return read(from, buffer.get(), kCopyBytes); });
    if (got < 0) return Failed("read", from_path);
    if (got == 0) return absl::OkStatus();
    RETURN_IF_ERROR(WriteAll(to, absl::string_view(buffer.get(), static_cast<size_t>(got)), to_path));
  }
}

absl::Status CopyInKernel(int from, int to, const std::string& from_path, const std::string& to_path) {
  while (true) {
    ssize_t copied = Uninterrupted([&] { return copy_file_range(from, nullptr, to, nullptr, size_t{1} << 30, 0); });
    if (copied > 0) continue;
    // Nothing more, or files that the kernel cannot copy by itself: both ends stand where it stopped.
    if (copied == 0 || IsUnsupported(errno)) return CopyThroughMemory(from, to, from_path, to_path);
    return Failed("copy", absl::StrCat(from_path, " to ", to_path));
  }
}

// One read and one write are the quickest way for a small file.
absl::Status CopySmall(int from, int to, const std::string& from_path, const std::string& to_path) {
  char buffer[kSmallBytes];
  const ssize_t got = Uninterrupted([&] { return read(from, buffer, sizeof(buffer)); });
  if (got < 0) return Failed("read", from_path);
  RETURN_IF_ERROR(WriteAll(to, absl::string_view(buffer, static_cast<size_t>(got)), to_path));
  const bool has_grown = static_cast<size_t>(got) == sizeof(buffer);
  return has_grown ? CopyInKernel(from, to, from_path, to_path) : absl::OkStatus();
}

absl::Status CloneBytes(int from, int to, const std::string& from_path, const std::string& to_path) {
  return ioctl(to, FICLONE, from) == 0 ? absl::OkStatus() : LinkFailed("reflink", from_path, to_path);
}

// What a duplicate is made from and has to be.
struct Duplicate {
  LinkKind kind;
  const std::string& from;
  const std::string& to;
  std::optional<uint32_t> mode;  // else the original's
};

absl::Status Fill(const Duplicate& wanted, int from, const struct stat& original, int to) {
  const bool is_small = original.st_size < static_cast<off_t>(kSmallBytes);
  const auto bring = wanted.kind == LinkKind::kReflink ? CloneBytes : is_small ? CopySmall : CopyInKernel;
  RETURN_IF_ERROR(bring(from, to, wanted.from, wanted.to));
  const timespec times[2] = {original.st_mtim, original.st_mtim};
  const uint32_t mode = wanted.mode.value_or(original.st_mode & 0777);
  struct stat made;
  // The umask took some.
  const bool has_mode = fstat(to, &made) == 0 && ((made.st_mode & 0777) == mode || fchmod(to, mode) == 0);
  return has_mode && futimens(to, times) == 0 ? absl::OkStatus() : Failed("write", wanted.to);
}

// A file that has no name until it is whole: of one whose writer is killed nothing is left. -1 where there are none.
int OpenNameless(const std::string& folder, uint32_t mode) {
  return Uninterrupted([&] { return open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode); });
}

absl::Status GiveName(int fd, const std::string& path) {
  const std::string nameless = absl::StrCat("/proc/self/fd/", fd);
  return linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0 ? absl::OkStatus()
                                                                                            : Failed("write", path);
}

// What the file is at its end, under its name.
absl::StatusOr<FileInfo> Finish(Descriptor& file, const std::string& path) {
  struct stat made;
  if (fstat(file.get(), &made) == 0 && file.Close() == 0) return InfoOf(made);
  const absl::Status failed = Failed("write", path);
  unlink(path.c_str());
  return failed;
}

absl::StatusOr<FileInfo> Make(const Duplicate& wanted) {
  ASSIGN_OR_RETURN(const Descriptor source, Open(wanted.from, O_RDONLY, 0, "copy"));
  struct stat original;
  if (fstat(source.get(), &original) != 0) return Failed("read", wanted.from);
  const uint32_t mode = wanted.mode.value_or(original.st_mode & 0777);
  // What has a temporary name needs no care: it is renamed when it is whole, and swept away when it is not.
  const bool is_temporary = IsTemporaryName(Basename(wanted.to));
  if (Descriptor nameless(is_temporary ? -1 : OpenNameless(Dirname(wanted.to), mode)); nameless.get() >= 0) {
    const absl::Status filled = Fill(wanted, source.get(), original, nameless.get());
    if (struct stat there; !filled.ok() && lstat(wanted.to.c_str(), &there) == 0) {
      return status::FromErrno(EEXIST, absl::StrCat("cannot write ", wanted.to));
    }
    RETURN_IF_ERROR(filled);
    const absl::Status named = GiveName(nameless.get(), wanted.to);
    if (named.ok()) return Finish(nameless, wanted.to);
    if (!absl::IsNotFound(named)) return named;  // else there is no /proc here
    if (lseek(source.get(), 0, SEEK_SET) != 0) return Failed("read", wanted.from);
  }
  ASSIGN_OR_RETURN(Descriptor target, Open(wanted.to, O_WRONLY | O_CREAT | O_EXCL, mode, "write"));
  const absl::Status filled = Fill(wanted, source.get(), original, target.get());
  if (filled.ok()) return Finish(target, wanted.to);
  unlink(wanted.to.c_str());
  return filled;
}

}  // namespace

absl::StatusOr<FileInfo> PosixFilesystem::Copy(const std::string& from, const std::string& to, uint32_t mode) {
  return Make({.kind = LinkKind::kCopy, .from = from, .to = to, .mode = mode});
}

absl::Status PosixFilesystem::Link(LinkKind kind, const std::string& from, const std::string& to) {
  switch (kind) {
    case LinkKind::kReflink:
    case LinkKind::kCopy:
      return Make({.kind = kind, .from = from, .to = to, .mode = std::nullopt}).status();
    case LinkKind::kHardlink:
      return link(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : LinkFailed("link", from, to);
    case LinkKind::kSymlink:
      return symlink(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : LinkFailed("symlink", from, to);
  }
  return absl::InternalError("unknown kind of link");
}

}  // namespace expq::fs
