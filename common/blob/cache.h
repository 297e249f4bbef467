// The DVC 3 cache on local disk, and the hash index beside it.
//
//   <root>/files/md5/ab/cdef…          an object, mode 0444, named by the MD5 of its bytes
//   <root>/files/md5/ab/cdef….dir      a directory manifest: JSON [{"md5": …, "relpath": …}, …], sorted by relpath
//   <root>/runs/ab/<key>/<value>       run cache (written by room pipeline)
//
// Source of the formats: DVC 3.64, research/dvc-ground-truth.md §2.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// One file of a directory manifest.
struct ManifestEntry {
  std::string relpath;
  digest::Digest digest;
};

// DVC's bytes of a manifest (Python json.dumps, ASCII, sorted by code points of relpath).
std::string EncodeManifest(std::vector<ManifestEntry> entries);
// Refuses absolute paths, "..", ".git" in any spelling, duplicates: DataLoss naming the entry.
absl::StatusOr<std::vector<ManifestEntry>> DecodeManifest(absl::string_view bytes);

// What a path holds: a file's or a directory's digest. `size` is the sum of file sizes.
struct Content {
  digest::Digest digest;
  int64_t size = 0;
  int64_t nfiles = 0;                // of a directory
  bool is_exec = false;              // of a file: any x bit
  std::vector<ManifestEntry> files;  // of a directory
};

// Remembers the digest of a file by device, inode, size, mtime and ctime; one per cache, shared by all workspaces.
// Safe against a file changed within the clock's tick: an entry younger than that is not trusted. Thread-safe.
class HashIndex {
 public:
  // In memory when `path` is empty; else loaded from there now and saved by Save (atomically, merging with others).
  HashIndex(fs::Filesystem& fs, std::string path);
  ~HashIndex();
  // Null when unknown or changed.
  std::unique_ptr<digest::Digest> Find(const fs::FileInfo& info) const;
  void Remember(const fs::FileInfo& info, const digest::Digest& digest);
  absl::Status Save();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct CacheOptions {
  std::vector<fs::LinkKind> link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kHardlink, fs::LinkKind::kCopy};
  int hash_threads = 0;  // 0 = all cores
  // Names below a directory that are left out, by path relative to the hashed root (.dvcignore); null = none.
};

// Thread-safe, also between processes: objects are written complete, renamed, then made read-only.
class Cache : public BlobStore {
 public:
  Cache(fs::Filesystem& fs, std::string root, HashIndex& index, CacheOptions options = {});

  const std::string& root() const { return root_; }
  std::string ObjectPath(const digest::Digest& digest) const;
  bool Has(const digest::Digest& digest) const;
  // For a directory: the manifest and every file in it.
  bool HasAll(const digest::Digest& digest) const;
  absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const digest::Digest& digest) const;

  // Hashes a file or directory (using and filling the index) without storing it. NotFound when absent; a broken link
  // below a directory is FailedPrecondition naming it; links to directories below it are left out, as DVC does.
  absl::StatusOr<Content> Hash(const std::string& path) const;
  // Hashes and stores; then replaces the workspace's files by links of the configured kind (unless it is kCopy and
  // nothing needs replacing). ResourceExhausted when the disk is full, with nothing half-written visible.
  absl::StatusOr<Content> Store(const std::string& path);
  // The same without touching the workspace's files (metrics with cache: false that the run cache wants).
  absl::StatusOr<Content> StoreCopy(const std::string& path);
  absl::StatusOr<digest::Digest> StoreBytes(absl::string_view bytes, bool is_dir);

  // Makes `path` hold exactly that content: what is already right (same inode or known digest) stays, what is wrong or
  // extra is replaced or removed. NotFound names the missing object; DataLoss when an object's bytes are wrong (it is
  // then moved aside, so that it can be fetched again).
  absl::Status Checkout(const digest::Digest& digest, const std::string& path, bool is_exec = false);

  // BlobStore over this cache; the project is ignored.
  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

 private:
  fs::Filesystem& fs_;
  std::string root_;
  HashIndex& index_;
  CacheOptions options_;
};

// Copies what `to` lacks of `digests` (manifests and the files they name) from `from`; returns how many bytes went.
absl::StatusOr<int64_t> Transfer(const experiment::ProjectName& project, const std::vector<digest::Digest>& digests,
                                 BlobStore& from, BlobStore& to);

}  // namespace expq::blob
