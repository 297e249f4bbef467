#include "cli/path_pattern.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/ignore.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class Expansion {
 public:
  Expansion(const fs::FileReader& fs, const std::string& cwd, std::vector<std::string> parts)
      : fs_(fs), cwd_(cwd), parts_(std::move(parts)) {}

  absl::Status Expand(const std::string& base, size_t part) {
    if (part == parts_.size()) {
      if (!base.empty() && fs_.Lstat(fs::Join(cwd_, base)).ok()) found_.push_back(base);
      return absl::OkStatus();
    }
    const std::string& pattern = parts_[part];
    if (pattern == "**") return ExpandFolders(base, part);
    if (pattern.find_first_of("*?[") == std::string::npos) return Expand(fs::Join(base, pattern), part + 1);
    return ForEachName(base, [&](const fs::DirEntry& entry) {
      const bool hidden = entry.name[0] == '.' && pattern[0] != '.';
      if (hidden || !pipeline::GlobMatches(pattern, entry.name)) return absl::OkStatus();
      return Expand(fs::Join(base, entry.name), part + 1);
    });
  }

  std::vector<std::string> Take() && {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  // This folder and all below it; at the end of a pattern their files too.
  absl::Status ExpandFolders(const std::string& base, size_t part) {
    RETURN_IF_ERROR(Expand(base, part + 1));
    const bool is_last = part + 1 == parts_.size();
    return ForEachName(base, [&](const fs::DirEntry& entry) -> absl::Status {
      if (entry.name[0] == '.') return absl::OkStatus();
      const std::string below = fs::Join(base, entry.name);
      if (entry.kind == fs::Kind::kDirectory) return ExpandFolders(below, part);
      if (is_last) found_.push_back(below);
      return absl::OkStatus();
    });
  }

  template <typename Visit>
  absl::Status ForEachName(const std::string& base, const Visit& visit) {
    const auto entries = fs_.List(fs::Join(cwd_, base));
    if (absl::IsNotFound(entries.status()) || absl::IsFailedPrecondition(entries.status())) return absl::OkStatus();
    RETURN_IF_ERROR(entries.status());
    for (const fs::DirEntry& entry : *entries) RETURN_IF_ERROR(visit(entry));
    return absl::OkStatus();
  }

  const fs::FileReader& fs_;
  const std::string& cwd_;
  const std::vector<std::string> parts_;
  std::vector<std::string> found_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> ExpandPattern(const fs::FileReader& fs, const std::string& cwd,
                                                       const std::string& pattern) {
  const bool absolute = !pattern.empty() && pattern[0] == '/';
  Expansion expansion(fs, cwd, absl::StrSplit(pattern, '/', absl::SkipEmpty()));
  RETURN_IF_ERROR(expansion.Expand(absolute ? "/" : "", 0));
  return std::move(expansion).Take();
}

absl::StatusOr<std::vector<std::string>> ExpandPatterns(const fs::FileReader& fs, const std::string& cwd,
                                                        const std::vector<std::string>& patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    ASSIGN_OR_RETURN(const std::vector<std::string> found, ExpandPattern(fs, cwd, pattern));
    if (found.empty()) return absl::NotFoundError(absl::StrCat("'", pattern, "' matches no file"));
    paths.insert(paths.end(), found.begin(), found.end());
  }
  return paths;
}

}  // namespace expq::cli
