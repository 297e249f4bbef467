#include "common/pipeline/overlay.h"

#include <algorithm>

#include "common/status/status.h"

namespace expq::pipeline {

absl::StatusOr<fs::FileInfo> OverlayReader::Lstat(const std::string& path) const {
  if (IsIt(path)) return fs::FileInfo{.mode = 0644, .size = static_cast<int64_t>(text_.size())};
  return below_.Lstat(path);
}

absl::StatusOr<fs::FileInfo> OverlayReader::Stat(const std::string& path) const {
  return IsIt(path) ? Lstat(path) : below_.Stat(path);
}

absl::StatusOr<std::string> OverlayReader::Read(const std::string& path) const {
  return IsIt(path) ? text_ : below_.Read(path);
}

absl::StatusOr<std::string> OverlayReader::ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const {
  if (!IsIt(path)) return below_.ReadAt(path, offset, max_bytes);
  const size_t begin = std::min(static_cast<size_t>(offset), text_.size());
  return text_.substr(begin, static_cast<size_t>(max_bytes));
}

absl::Status OverlayReader::ReadStream(const std::string& path, const fs::PieceSink& take) const {
  return IsIt(path) ? take(text_) : below_.ReadStream(path, take);
}

absl::StatusOr<std::vector<fs::DirEntry>> OverlayReader::List(const std::string& dir) const {
  ASSIGN_OR_RETURN(std::vector<fs::DirEntry> entries, below_.List(dir));
  if (fs::Normalize(dir) != fs::Dirname(path_)) return entries;
  const std::string name = fs::Basename(path_);
  const auto at = std::lower_bound(entries.begin(), entries.end(), name,
                                   [](const fs::DirEntry& entry, const std::string& n) { return entry.name < n; });
  if (at == entries.end() || at->name != name) entries.insert(at, fs::DirEntry{.name = name});
  return entries;
}

}  // namespace expq::pipeline
