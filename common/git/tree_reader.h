// The files of a commit, read as if they were on a disk: the pipeline room reads old commits through it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/git/repository.h"

namespace expq::git {

// Paths are "/tree/…". `repository` outlives it. Not thread-safe: it shares the repository's handle.
class TreeReader : public fs::FileReader {
 public:
  static constexpr char kRoot[] = "/tree";
  static absl::StatusOr<TreeReader> Open(const Repository& repository, const CommitId& commit);

  absl::StatusOr<fs::FileInfo> Lstat(const std::string& path) const override;
  absl::StatusOr<fs::FileInfo> Stat(const std::string& path) const override { return Lstat(path); }
  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const override;
  absl::Status ReadStream(const std::string& path, const fs::PieceSink& sink) const override;
  absl::StatusOr<std::vector<fs::DirEntry>> List(const std::string& dir) const override;
  absl::StatusOr<std::string> ReadLink(const std::string& path) const override { return Read(path); }
  int64_t StampNs() const override { return 0; }  // a commit never changes

 private:
  explicit TreeReader(const Repository& repository) : repository_(&repository) {}

  const Repository* repository_;
  std::map<std::string, TreeFile> files_;                        // by path in the tree
  std::map<std::string, std::map<std::string, fs::Kind>> dirs_;  // folder → its entries
};

}  // namespace expq::git
