// A disk in memory, for tests that want to look at it, cut its power, or never wait.
//
// Its time is logical: one second passes with every change, so two changes never have the same stamp; Advance lets more
// pass. It remembers what was synced: PowerCut() keeps only that. Paths are taken lexically; a link to a folder is
// followed only as the last part.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::testing {

// Thread-safe.
class MemoryFilesystem : public fs::Filesystem {
 public:
  MemoryFilesystem();

  absl::StatusOr<fs::FileInfo> Lstat(const std::string& path) const override;
  absl::StatusOr<fs::FileInfo> Stat(const std::string& path) const override;
  absl::StatusOr<std::string> Read(const std::string& path) const override;
  absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const override;
  absl::Status ReadStream(const std::string& path, const fs::PieceSink& take) const override;
  absl::StatusOr<std::vector<fs::DirEntry>> List(const std::string& dir) const override;
  absl::StatusOr<std::string> ReadLink(const std::string& path) const override;
  int64_t StampNs() const override;
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

  // Logical time goes on by itself.
  void Advance(int64_t ns);
  // Changes a file's bytes in place, as a program would: the inode stays, mtime moves.
  void ChangeInPlace(const std::string& path, absl::string_view bytes);
  // What was not synced is lost: names go back to when their folder was synced, bytes to when their file was (none, if
  // it never was). Folders stay.
  void PowerCut();
  // Paths of all files and links, sorted.
  std::vector<std::string> Files() const;
  // This kind of link is Unimplemented from now on.
  void Forbid(fs::LinkKind kind);

 private:
  struct Node {
    fs::FileInfo info;
    std::string bytes;   // of a file; of a link, where it leads
    std::string synced;  // what would be left after a power cut
  };
  using NodePtr = std::shared_ptr<Node>;

  int64_t Tick() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  NodePtr NewNode(fs::Kind kind, uint32_t mode) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<NodePtr> Find(const std::string& path, bool follow) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<NodePtr> FindFile(const std::string& path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status NeedParent(const std::string& path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<std::string> Below(const std::string& dir) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SyncLocked(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LinkLocked(fs::LinkKind kind, const std::string& from, const std::string& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable sync::Mutex mutex_;
  std::map<std::string, NodePtr> nodes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, NodePtr> synced_names_ ABSL_GUARDED_BY(mutex_);
  std::set<fs::LinkKind> forbidden_ ABSL_GUARDED_BY(mutex_);
  int64_t now_ns_ ABSL_GUARDED_BY(mutex_) = 1'000'000'000'000'000'000;
  uint64_t next_inode_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace expq::testing
