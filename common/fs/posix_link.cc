#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <memory>

#include "common/fs/descriptor.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

constexpr size_t kCopyBytes = 1 << 20;

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

absl::Status CopyBytes(int from, int to, const std::string& from_path, const std::string& to_path) {
  while (true) {
    ssize_t copied = Uninterrupted([&] { return copy_file_range(from, nullptr, to, nullptr, size_t{1} << 30, 0); });
    if (copied > 0) continue;
    // Nothing more, or files that the kernel cannot copy by itself: both ends stand where it stopped.
    if (copied == 0 || IsUnsupported(errno)) return CopyThroughMemory(from, to, from_path, to_path);
    return Failed("copy", absl::StrCat(from_path, " to ", to_path));
  }
}

absl::Status CloneBytes(int from, int to, const std::string& from_path, const std::string& to_path) {
  return ioctl(to, FICLONE, from) == 0 ? absl::OkStatus() : LinkFailed("reflink", from_path, to_path);
}

absl::Status Fill(LinkKind kind, const Descriptor& from, Descriptor& to, const std::string& from_path,
                  const std::string& to_path) {
  RETURN_IF_ERROR(kind == LinkKind::kReflink ? CloneBytes(from.get(), to.get(), from_path, to_path)
                                             : CopyBytes(from.get(), to.get(), from_path, to_path));
  struct stat found;
  if (fstat(from.get(), &found) != 0) return Failed("read", from_path);
  const timespec times[2] = {found.st_mtim, found.st_mtim};
  if (futimens(to.get(), times) != 0 || fchmod(to.get(), found.st_mode & 0777) != 0 || to.Close() != 0) {
    return Failed("write", to_path);
  }
  return absl::OkStatus();
}

absl::Status Duplicate(LinkKind kind, const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(Descriptor source, Open(from, O_RDONLY, 0, "copy"));
  ASSIGN_OR_RETURN(Descriptor target, Open(to, O_WRONLY | O_CREAT | O_EXCL, 0600, "write"));
  absl::Status filled = Fill(kind, source, target, from, to);
  if (!filled.ok()) unlink(to.c_str());
  return filled;
}

}  // namespace

absl::Status PosixFilesystem::Link(LinkKind kind, const std::string& from, const std::string& to) {
  switch (kind) {
    case LinkKind::kReflink:
    case LinkKind::kCopy:
      return Duplicate(kind, from, to);
    case LinkKind::kHardlink:
      return link(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : LinkFailed("link", from, to);
    case LinkKind::kSymlink:
      return symlink(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : LinkFailed("symlink", from, to);
  }
  return absl::InternalError("unknown kind of link");
}

}  // namespace expq::fs
