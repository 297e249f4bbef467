#include "absl/strings/str_cat.h"
#include "common/fs/filesystem.h"
#include "common/status/status.h"

namespace expq::fs {
namespace {

struct Walker {
  const FileReader& fs;
  const std::string& root;
  const std::function<absl::Status(const std::string&, Kind)>& visit;
  const std::function<bool(const std::string&)>& enter;

  absl::Status Go(const std::string& relative) const {
    ASSIGN_OR_RETURN(std::vector<DirEntry> entries, fs.List(Join(root, relative)));
    for (const DirEntry& entry : entries) {
      std::string below = Join(relative, entry.name);
      if (entry.kind != Kind::kDirectory) {
        RETURN_IF_ERROR(visit(below, entry.kind));
      } else if (enter == nullptr || enter(below)) {
        RETURN_IF_ERROR(Go(below));
      }
    }
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status Walk(const FileReader& fs, const std::string& root,
                  const std::function<absl::Status(const std::string& relative, Kind kind)>& visit,
                  const std::function<bool(const std::string& relative)>& enter) {
  return Walker{fs, root, visit, enter}.Go("");
}

}  // namespace expq::fs
