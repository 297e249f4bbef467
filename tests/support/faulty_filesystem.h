// A disk that breaks when the test says so, over any other.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "common/fs/filesystem.h"
#include "common/status/status.h"
#include "common/sync/sync.h"

namespace expq::testing {

enum class FsCall {
  kLstat,
  kStat,
  kRead,
  kList,
  kReadLink,
  kWrite,
  kAppend,
  kMakeDirs,
  kRemove,
  kRemoveTree,
  kRename,
  kLink,
  kChmod,
  kSync
};

// When and how it breaks. Every field that is left out matches everything.
struct Fault {
  // Which calls; of Rename and Link the path is the new one.
  std::function<bool(FsCall call, const std::string& path)> when;
  int after = 0;   // so many matching calls still work
  int times = -1;  // then so many fail; -1 = all
  absl::Status error = status::DiskFull("no space left on device");
  // Of an Append that fails: so many bytes get there before it does. (A Write appears whole or not at all.)
  int64_t short_write = 0;
};

// Thread-safe.
class FaultyFilesystem : public fs::Filesystem {
 public:
  explicit FaultyFilesystem(fs::Filesystem& below) : below_(below) {}

  void Inject(Fault fault);
  // The disk is whole again.
  void Heal();
  // How often a fault struck so far.
  int Struck() const;

  absl::StatusOr<fs::FileInfo> Lstat(const std::string& path) const override;
  absl::StatusOr<fs::FileInfo> Stat(const std::string& path) const override;
  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const override;
  absl::Status ReadStream(const std::string& path, const fs::PieceSink& take) const override;
  absl::StatusOr<std::vector<fs::DirEntry>> List(const std::string& dir) const override;
  absl::StatusOr<std::string> ReadLink(const std::string& path) const override;
  int64_t StampNs() const override { return below_.StampNs(); }
  absl::StatusOr<int64_t> FreeBytes(const std::string& path) const override { return below_.FreeBytes(path); }
  absl::Status Write(const std::string& path, absl::string_view bytes, fs::Durability durability,
                     uint32_t mode = 0666) override;
  absl::Status Append(const std::string& path, absl::string_view bytes) override;
  absl::Status MakeDirs(const std::string& dir) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status RemoveTree(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Link(fs::LinkKind kind, const std::string& from, const std::string& to) override;
  absl::Status Chmod(const std::string& path, uint32_t mode) override;
  absl::Status Sync(const std::string& path) override;

 private:
  // What this call shall fail with, if it shall. Counts it.
  absl::Status Strike(FsCall call, const std::string& path, int64_t* short_write = nullptr) const;

  fs::Filesystem& below_;

  mutable sync::Mutex mutex_;
  mutable std::list<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  mutable int struck_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace expq::testing
