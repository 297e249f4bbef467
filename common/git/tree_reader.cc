#include "common/git/tree_reader.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// "/tree/a/b" → "a/b"; "/tree" → ""; anything else stays, and is not found.
std::string InTree(const std::string& path) {
  const std::string normal = fs::Normalize(path);
  if (normal == TreeReader::kRoot) return "";
  const std::string prefix = absl::StrCat(TreeReader::kRoot, "/");
  return absl::StartsWith(normal, prefix) ? normal.substr(prefix.size()) : normal;
}

absl::Status NotThere(const std::string& path) {
  return absl::NotFoundError(absl::StrCat(path, ": not in the commit"));
}

}  // namespace

absl::StatusOr<TreeReader> TreeReader::Open(const Repository& repository, const CommitId& commit) {
  TreeReader reader(repository);
  ASSIGN_OR_RETURN(std::vector<TreeFile> files, repository.ListTree(commit.value));
  reader.dirs_[""];
  for (TreeFile& file : files) {
    std::string path = file.path;
    fs::Kind kind = file.mode == FileMode::kSymlink ? fs::Kind::kSymlink : fs::Kind::kFile;
    while (!path.empty()) {
      const std::string dir = path.find('/') == std::string::npos ? "" : fs::Dirname(path);
      const bool known_dir =
          reader.dirs_.contains(dir) && kind == fs::Kind::kDirectory && reader.dirs_[dir].contains(fs::Basename(path));
      reader.dirs_[dir].emplace(fs::Basename(path), kind);
      if (known_dir) break;
      path = dir;
      kind = fs::Kind::kDirectory;
    }
    std::string key = file.path;
    reader.files_.emplace(std::move(key), std::move(file));
  }
  return reader;
}

absl::StatusOr<fs::FileInfo> TreeReader::Lstat(const std::string& path) const {
  const std::string inside = InTree(path);
  fs::FileInfo info;
  if (dirs_.contains(inside)) {
    info.kind = fs::Kind::kDirectory;
    info.mode = 0755;
    return info;
  }
  const auto file = files_.find(inside);
  if (file == files_.end()) return NotThere(path);
  info.kind = file->second.mode == FileMode::kSymlink ? fs::Kind::kSymlink : fs::Kind::kFile;
  info.mode = file->second.mode == FileMode::kExecutable ? 0755 : 0644;
  return info;
}

absl::StatusOr<std::string> TreeReader::Read(const std::string& path) const {
  const auto file = files_.find(InTree(path));
  if (file == files_.end()) return NotThere(path);
  return repository_->ReadBlob(file->second.blob);
}

absl::StatusOr<std::string> TreeReader::ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const {
  ASSIGN_OR_RETURN(const std::string bytes, Read(path));
  if (offset >= static_cast<int64_t>(bytes.size())) return std::string();
  return bytes.substr(static_cast<size_t>(offset), static_cast<size_t>(max_bytes));
}

absl::Status TreeReader::ReadStream(const std::string& path, const fs::PieceSink& sink) const {
  ASSIGN_OR_RETURN(const std::string bytes, Read(path));
  return sink(bytes);
}

absl::StatusOr<std::vector<fs::DirEntry>> TreeReader::List(const std::string& dir) const {
  const auto found = dirs_.find(InTree(dir));
  if (found == dirs_.end()) return NotThere(dir);
  std::vector<fs::DirEntry> entries;
  for (const auto& [name, kind] : found->second) entries.push_back({name, kind});
  return entries;
}

}  // namespace expq::git
