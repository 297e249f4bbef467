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

absl::StatusOr<fs::LinkKind> Linker::Make(const std::string& from, const std::string& to, Sharing sharing) {
  for (fs::LinkKind kind : kinds_) {
    if (!Suits(kind, sharing)) continue;
    absl::Status made = Try(kind, from, to);
    if (made.ok()) return kind;
    if (!absl::IsUnimplemented(made)) return made;
  }
  RETURN_IF_ERROR(fs_.Link(fs::LinkKind::kCopy, from, to));
  return fs::LinkKind::kCopy;
}

}  // namespace expq::blob
