#include "common/blob/linker.h"

#include "common/status/status.h"

namespace expq::blob {

absl::Status Linker::Try(fs::LinkKind kind, const std::string& from, const std::string& to) {
  if (kind != fs::LinkKind::kReflink) return fs_.Link(kind, from, to);
  if (no_reflinks_) return absl::UnimplementedError("no reflinks here");
  absl::Status made = fs_.Link(kind, from, to);
  if (absl::IsUnimplemented(made)) no_reflinks_ = true;
  return made;
}

absl::StatusOr<fs::FileInfo> Linker::Duplicate(fs::LinkKind kind, const std::string& from, const std::string& to,
                                               uint32_t mode) {
  if (kind == fs::LinkKind::kCopy) return fs_.Copy(from, to, mode);
  RETURN_IF_ERROR(Try(kind, from, to));
  const absl::Status changed = fs_.Chmod(to, mode);
  absl::StatusOr<fs::FileInfo> made = changed.ok() ? fs_.Lstat(to) : changed;
  if (!made.ok()) fs_.Remove(to).IgnoreError();
  return made;
}

absl::StatusOr<std::optional<fs::FileInfo>> Linker::Make(const std::string& from, const std::string& to,
                                                         Sharing sharing, uint32_t mode) {
  for (fs::LinkKind kind : kinds_) {
    if (!Suits(kind, sharing)) continue;
    if (!HasOwnInode(kind)) {
      const absl::Status made = Try(kind, from, to);
      if (made.ok()) return std::nullopt;
      if (!absl::IsUnimplemented(made)) return made;
      continue;
    }
    const absl::StatusOr<fs::FileInfo> made = Duplicate(kind, from, to, mode);
    if (!absl::IsUnimplemented(made.status())) return made;
  }
  return Duplicate(fs::LinkKind::kCopy, from, to, mode);
}

}  // namespace expq::blob
