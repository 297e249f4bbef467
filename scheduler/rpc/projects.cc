#include "scheduler/rpc/projects.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"

namespace expq::rpc {

absl::Status CheckProjectName(absl::string_view name) {
  bool ok = !name.empty() && name.size() <= 100 && name[0] != '.' && name[0] != '-';
  for (char c : name) ok = ok && (absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-');
  if (ok) return absl::OkStatus();
  return status::WithHint(absl::InvalidArgumentError(absl::StrCat("'", name.substr(0, 100), "' is not a project name")),
                          "use letters, digits, '.', '_' and '-': --project NAME");
}

absl::StatusOr<std::vector<recovery::Project>> ListProjects(const fs::FileReader& fs, const DataLayout& layout) {
  ASSIGN_OR_RETURN(const auto entries, fs.List(layout.Projects()));
  std::vector<recovery::Project> projects;
  for (const fs::DirEntry& entry : entries) {
    const std::string name(absl::StripSuffix(entry.name, ".git"));
    if (!absl::EndsWith(entry.name, ".git") || !CheckProjectName(name).ok()) continue;
    projects.push_back({.name = {name}, .repository = layout.Repository(name)});
  }
  return projects;
}

ProjectBlobs::~ProjectBlobs() {
  sync::MutexLock lock(mutex_);
  for (auto& [name, open] : open_) (void)open->index.Save();  // only a memory of hashes: what is lost is hashed again
}

absl::StatusOr<blob::Cache*> ProjectBlobs::CacheOf(const experiment::ProjectName& project) {
  RETURN_IF_ERROR(CheckProjectName(project.value));
  sync::MutexLock lock(mutex_);
  std::unique_ptr<Open>& open = open_[project.value];
  if (!open) {
    std::string root = layout_.Cache(project.value);
    RETURN_IF_ERROR(fs_.MakeDirs(root));
    RETURN_IF_ERROR(fs_.MakeDirs(layout_.Projects()));
    open = std::make_unique<Open>(fs_, root, layout_.HashIndex(project.value));
  }
  return &open->cache;
}

absl::StatusOr<std::vector<digest::Digest>> ProjectBlobs::Missing(const experiment::ProjectName& project,
                                                                  const std::vector<digest::Digest>& digests) {
  ASSIGN_OR_RETURN(blob::Cache * cache, CacheOf(project));
  return cache->Missing(project, digests);
}

absl::Status ProjectBlobs::Put(const experiment::ProjectName& project, const digest::Digest& digest,
                               const experiment::ByteSource& bytes) {
  ASSIGN_OR_RETURN(blob::Cache * cache, CacheOf(project));
  return cache->Put(project, digest, bytes);
}

absl::Status ProjectBlobs::Get(const experiment::ProjectName& project, const digest::Digest& digest,
                               const experiment::ByteSink& sink) {
  ASSIGN_OR_RETURN(blob::Cache * cache, CacheOf(project));
  return cache->Get(project, digest, sink);
}

}  // namespace expq::rpc
