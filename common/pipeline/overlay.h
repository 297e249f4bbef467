// A disk on which one file says something else: to see what a change would mean before it is made.
#pragma once

#include <string>
#include <vector>

#include "common/fs/filesystem.h"

namespace expq::pipeline {

// `below` outlives it. Thread-safe as that is.
class OverlayReader : public fs::FileReader {
 public:
  // `path` absolute; its folder exists.
  OverlayReader(const fs::FileReader& below, std::string path, std::string text)
      : below_(below), path_(std::move(path)), text_(std::move(text)) {}

  absl::StatusOr<fs::FileInfo> Lstat(const std::string& path) const override;
  absl::StatusOr<fs::FileInfo> Stat(const std::string& path) const override;
  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const override;
  absl::Status ReadStream(const std::string& path, const fs::PieceSink& take) const override;
  absl::StatusOr<std::vector<fs::DirEntry>> List(const std::string& dir) const override;
  absl::StatusOr<std::string> ReadLink(const std::string& path) const override { return below_.ReadLink(path); }
  int64_t StampNs() const override { return below_.StampNs(); }

 private:
  bool IsIt(const std::string& path) const { return fs::Normalize(path) == path_; }

  const fs::FileReader& below_;
  const std::string path_;
  const std::string text_;
};

}  // namespace expq::pipeline
