#include "tests/support/faulty_filesystem.h"

#include "common/status/status.h"

namespace expq::testing {

void FaultyFilesystem::Inject(Fault fault) {
  sync::MutexLock lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FaultyFilesystem::Heal() {
  sync::MutexLock lock(mutex_);
  faults_.clear();
}

int FaultyFilesystem::Struck() const {
  sync::MutexLock lock(mutex_);
  return struck_;
}

absl::Status FaultyFilesystem::Strike(FsCall call, const std::string& path, int64_t* short_write) const {
  sync::MutexLock lock(mutex_);
  for (Fault& fault : faults_) {
    if (fault.times == 0 || (fault.when != nullptr && !fault.when(call, path))) continue;
    if (fault.after > 0) {
      --fault.after;
      continue;
    }
    if (fault.times > 0) --fault.times;
    ++struck_;
    if (short_write != nullptr) *short_write = fault.short_write;
    return status::Annotate(fault.error, path);
  }
  return absl::OkStatus();
}

absl::StatusOr<fs::FileInfo> FaultyFilesystem::Lstat(const std::string& path) const {
  RETURN_IF_ERROR(Strike(FsCall::kLstat, path));
  return below_.Lstat(path);
}

absl::StatusOr<fs::FileInfo> FaultyFilesystem::Stat(const std::string& path) const {
  RETURN_IF_ERROR(Strike(FsCall::kStat, path));
  return below_.Stat(path);
}

absl::StatusOr<std::string> FaultyFilesystem::Read(const std::string& path) const {
  RETURN_IF_ERROR(Strike(FsCall::kRead, path));
  return below_.Read(path);
}

absl::StatusOr<std::string> FaultyFilesystem::ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const {
  RETURN_IF_ERROR(Strike(FsCall::kRead, path));
  return below_.ReadAt(path, offset, max_bytes);
}

absl::Status FaultyFilesystem::ReadStream(const std::string& path, const fs::PieceSink& take) const {
  RETURN_IF_ERROR(Strike(FsCall::kRead, path));
  return below_.ReadStream(path, take);
}

absl::StatusOr<std::vector<fs::DirEntry>> FaultyFilesystem::List(const std::string& dir) const {
  RETURN_IF_ERROR(Strike(FsCall::kList, dir));
  return below_.List(dir);
}

absl::StatusOr<std::string> FaultyFilesystem::ReadLink(const std::string& path) const {
  RETURN_IF_ERROR(Strike(FsCall::kReadLink, path));
  return below_.ReadLink(path);
}

absl::Status FaultyFilesystem::Write(const std::string& path, absl::string_view bytes, fs::Durability durability,
                                     uint32_t mode) {
  RETURN_IF_ERROR(Strike(FsCall::kWrite, path));
  return below_.Write(path, bytes, durability, mode);
}

absl::Status FaultyFilesystem::Append(const std::string& path, absl::string_view bytes) {
  int64_t short_write = 0;
  absl::Status struck = Strike(FsCall::kAppend, path, &short_write);
  if (struck.ok()) return below_.Append(path, bytes);
  if (short_write > 0) below_.Append(path, bytes.substr(0, static_cast<size_t>(short_write))).IgnoreError();
  return struck;
}

absl::Status FaultyFilesystem::MakeDirs(const std::string& dir) {
  RETURN_IF_ERROR(Strike(FsCall::kMakeDirs, dir));
  return below_.MakeDirs(dir);
}

absl::Status FaultyFilesystem::Remove(const std::string& path) {
  RETURN_IF_ERROR(Strike(FsCall::kRemove, path));
  return below_.Remove(path);
}

absl::Status FaultyFilesystem::RemoveTree(const std::string& path) {
  RETURN_IF_ERROR(Strike(FsCall::kRemoveTree, path));
  return below_.RemoveTree(path);
}

absl::Status FaultyFilesystem::Rename(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(Strike(FsCall::kRename, to));
  return below_.Rename(from, to);
}

absl::Status FaultyFilesystem::Link(fs::LinkKind kind, const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(Strike(FsCall::kLink, to));
  return below_.Link(kind, from, to);
}

absl::Status FaultyFilesystem::Chmod(const std::string& path, uint32_t mode) {
  RETURN_IF_ERROR(Strike(FsCall::kChmod, path));
  return below_.Chmod(path, mode);
}

absl::Status FaultyFilesystem::Sync(const std::string& path) {
  RETURN_IF_ERROR(Strike(FsCall::kSync, path));
  return below_.Sync(path);
}

}  // namespace expq::testing
