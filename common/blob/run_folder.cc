#include "common/blob/run_folder.h"

#include "absl/strings/match.h"
#include "common/blob/objects.h"
#include "common/status/status.h"

namespace expq::blob {

absl::StatusOr<int64_t> CopyRuns(fs::Filesystem& fs, const std::string& from, const std::string& to,
                                 bool group_shared) {
  const std::string source = fs::Join(from, "runs"), target = fs::Join(to, "runs");
  if (!fs.Exists(source)) return 0;
  int64_t copied = 0;
  RETURN_IF_ERROR(fs::Walk(fs, source, [&](const std::string& relative, fs::Kind kind) -> absl::Status {
    const std::string path = fs::Join(target, relative);
    if (kind != fs::Kind::kFile || absl::EndsWith(relative, ".tmp") || fs.Lstat(path).ok()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string bytes, fs.Read(fs::Join(source, relative)));
    RETURN_IF_ERROR(MakeFolder(fs, fs::Dirname(path), group_shared));
    RETURN_IF_ERROR(WriteRecord(fs, path, bytes, group_shared));
    ++copied;
    return absl::OkStatus();
  }));
  return copied;
}

}  // namespace expq::blob
