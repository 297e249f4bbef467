// The DVC 3 cache on local disk, and the hash index beside it.
//
//   <root>/files/md5/ab/cdef…          an object, mode 0444, named by the MD5 of its bytes
//   <root>/files/md5/ab/cdef….dir      a directory manifest: JSON [{"md5": …, "relpath": …}, …], sorted by relpath
//   <root>/runs/ab/<key>/<value>       run cache (written by room pipeline)
//
// Source of the formats: DVC 3.64, research/dvc-ground-truth.md §2.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/blob/checkout_plan.h"
#include "common/blob/manifest_entry.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::blob {

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

// Remembers the digests of files, so that a file is read once and afterwards only looked at. One per cache, shared by
// all workspaces and, through its file, by all commands. Thread-safe.
//
// A file is known again by device and inode, and trusted while size and mtime are what they were. The ctime must be the
// same too, except for a file that nobody may write (mode 0444: an object, or a workspace file that is a hard link to
// one): linking and unlinking move the ctime of the inode that both share, so 10,000 fresh links would otherwise be
// 10,000 files to hash again. What is lost by that: a change of a read-only file that also puts its mtime back.
//
// A file can be changed twice within one tick of the clock that stamps it (1–10 ms). So what was read within kTick of
// its mtime is not remembered: it is hashed again next time.
//
// The file, little-endian, replaced whole; one that is damaged or of another version counts as empty:
//   "expq-hash-index 2\n", then for each entry: device, inode, size, mtime_ns, ctime_ns (8 bytes each), the MD5 (16);
//   at the end the CRC-32 of all before it (8).
class HashIndex {
 public:
  static constexpr int64_t kTickNs = 20'000'000;  // twice the slowest kernel's tick (100 Hz)

  // In memory when `path` is empty; else loaded from there at the first question, and saved by Save.
  HashIndex(fs::Filesystem& fs, std::string path);
  ~HashIndex();
  // The MD5 of the file's bytes (never ".dir"); null when unknown or changed.
  std::unique_ptr<digest::Digest> Find(const fs::FileInfo& info) const;
  // `info` is from before the bytes were read, which began at `read_from_ns` of fs::FileReader::StampNs (default: now).
  void Remember(const fs::FileInfo& info, const digest::Digest& digest);
  void Remember(const fs::FileInfo& info, const digest::Digest& digest, int64_t read_from_ns);
  // Writes what this one and the file know, when there is something new. A lost race with another process loses only
  // time.
  absl::Status Save();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct CacheOptions {
  // Tried in this order; a copy when none works. Executable and empty files are never hard or symbolic links: the mode
  // belongs to the inode that all share, and one inode takes 65,000 links at most on ext4.
  std::vector<fs::LinkKind> link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kHardlink, fs::LinkKind::kCopy};
  int hash_threads = 0;  // 0 = all cores
  // Of Store, StoreCopy and StoreBytes. Locally what a power cut takes can be computed again, and a damaged object is
  // found when it is next used.
  fs::Durability durability = fs::Durability::kAtomic;
  // Of Put. kAtomic where the sender keeps what it sends; else its caller tells another machine that the bytes are
  // safe.
  fs::Durability received = fs::Durability::kDurable;
  // Says of a path (as hashed, joined with what is below it) that it is left out (.dvcignore); null = none. `.git`,
  // `.hg` and `.dvc` are always left out, as DVC does.
  std::function<bool(const std::string& path, bool is_dir)> ignored;
  // `cache.shared = group`: the folders of the cache belong to the group, for all its members to write.
  bool group_shared = false;
  // Work on many files ends with Cancelled once it is stopped; no file is half-done then.
  sync::StopToken stop;
};

struct HashedFile;
class Linker;

// Thread-safe, also between processes: an object is complete and read-only before it has its name, and whoever comes
// second finds the same bytes there.
class Cache : public BlobStore {
 public:
  // `root` is absolute; its folders are made when needed. `fs` and `index` outlive the cache.
  Cache(fs::Filesystem& fs, std::string root, HashIndex& index, CacheOptions options = {});

  const std::string& root() const { return root_; }
  std::string ObjectPath(const digest::Digest& digest) const;
  // A folder of the cache, with its parents, as CacheOptions::group_shared has them.
  absl::Status MakeFolder(const std::string& folder) const;
  // A small file below the cache's root that is no object, in a folder that is there; for the group as the options say.
  absl::Status WriteRecord(const std::string& path, absl::string_view bytes) const;
  // Of a workspace's file that was unprotected.
  uint32_t UnprotectedMode(bool is_exec) const;
  // Also in the way of DVC 2.
  bool Has(const digest::Digest& digest) const;
  // For a directory: the manifest and every file in it.
  bool HasAll(const digest::Digest& digest) const;
  // Whether a damaged object of that name was moved aside and nothing has come in its place yet.
  bool IsMovedAside(const digest::Digest& digest) const;
  // NotFound when absent; DataLoss when damaged (then moved aside).
  absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const digest::Digest& digest) const;

  // Hashes a file or directory (using and filling the index) without storing it. NotFound when absent; a broken link
  // below a directory is FailedPrecondition naming it; links to directories below it are left out, as DVC does.
  absl::StatusOr<Content> Hash(const std::string& path) const;
  // Hashes and stores; then replaces the workspace's files by links of the configured kind (a copy replaces nothing;
  // links, executable and empty files stay as they are). ResourceExhausted when the disk is full: nothing half-written
  // is visible and the workspace's files are whole. FailedPrecondition when a file changes meanwhile.
  absl::StatusOr<Content> Store(const std::string& path);
  // The same without touching the workspace's files (metrics with cache: false that the run cache wants).
  absl::StatusOr<Content> StoreCopy(const std::string& path);
  absl::StatusOr<digest::Digest> StoreBytes(absl::string_view bytes, bool is_dir);

  // Makes `path` hold exactly that content: what is already right (same inode or known digest) stays, what is wrong or
  // extra is replaced or removed. NotFound names the missing object; DataLoss when an object's bytes are wrong: it is
  // then moved aside to `<object>.corrupt`, so that it can be fetched again. Both come before anything is changed.
  absl::Status Checkout(const digest::Digest& digest, const std::string& path, bool is_exec = false);
  // The same in two steps, so that a caller can look at what will change first. Plan reads only; NotFound when the
  // manifest is absent. Apply's errors for objects come before anything is changed.
  absl::StatusOr<CheckoutPlan> PlanCheckout(const CheckoutWish& wish) const;
  absl::Status Apply(const CheckoutPlan& plan);
  // Makes links to objects below `path` (a file or directory) writable files of their own, so that a stage may change
  // a persisted output in place. OK when absent.
  absl::Status Unprotect(const std::string& path);

  // Takes over what `from`, another cache on this machine, has of `digests` (manifests with the files they name) and
  // this one lacks: by link where that can be, checked, and nothing of `from` is changed. What it lacks too stays
  // missing.
  absl::Status Adopt(const std::vector<digest::Digest>& digests, const Cache& from);

  // Takes over what DVC 2 stored under that digest (old_layout.h), by link where that can be; nothing of it is changed.
  // Returns the digest that its bytes have today: the same, but for text with the line ends of Windows. Returned as it
  // is when it is here already, or nowhere. DataLoss when damaged.
  absl::StatusOr<digest::Digest> TakeOverOld(const digest::Digest& digest) const;
  // After somebody has put objects there: that there are none is remembered.
  void LookForOldAgain() { old_layout_ = kUnknown; }

  // BlobStore over this cache; the project is ignored. Text with the line ends of Windows goes and comes under the
  // digest that DVC 2 gave it, and is kept in its way.
  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

 private:
  friend class CheckoutPlanner;

  // The object as it is on disk, after its bytes were checked (once: the index remembers).
  absl::StatusOr<fs::FileInfo> Verify(const digest::Digest& digest) const;
  absl::Status MoveAside(const digest::Digest& digest) const;
  absl::Status MakeObjectFolder(const digest::Digest& digest, fs::Durability durability) const;
  // Gives a complete temporary file its object's name, or removes it.
  // What this process has written itself is known at once, else as HashIndex has it.
  enum class Made { kWritten, kCopied };
  absl::Status Publish(const std::string& temporary, Made how, const digest::Digest& digest,
                       fs::Durability durability) const;
  // The same for one that has an object's mode already, `made`.
  absl::Status Publish(const std::string& temporary, const fs::FileInfo& made, Made how, const digest::Digest& digest,
                       fs::Durability durability) const;

  enum class Touch { kNothing, kReplaceByLinks };
  absl::StatusOr<Content> StoreWith(const std::string& path, Touch touch);
  absl::Status StoreFile(const std::string& path, HashedFile& file, Touch touch, Linker& linker);
  // Whether it gets into the cache as a copy or reflink.
  bool IsCopied(const HashedFile& file, Touch touch) const;
  absl::Status StoreStreamed(const std::string& path, HashedFile& file, Linker& linker);
  absl::StatusOr<bool> StoreOnce(const std::string& path, HashedFile& file, const std::string& temporary,
                                 Linker& linker);
  absl::StatusOr<digest::Digest> HashOnly(const std::string& path) const;
  absl::StatusOr<digest::Digest> CopyAndHash(const std::string& path, const std::string& temporary) const;
  absl::Status Keep(const std::string& path, const HashedFile& file, Touch touch, Linker& linker);
  absl::Status KeepNew(const std::string& path, const HashedFile& file, Touch touch, Linker& linker);
  absl::Status KeepAsLink(const std::string& path, const HashedFile& file);
  absl::Status KeepAsCopy(const std::string& path, const HashedFile& file, fs::LinkKind kind, Linker& linker);
  absl::Status ReplaceByLink(const std::string& path, const HashedFile& file, Linker& linker);

  absl::Status AdoptObject(const digest::Digest& digest, const Cache& from, Linker& linker);
  // A copy of `object` for us, by link where that can be.
  absl::StatusOr<std::string> MakeLasting(const std::string& object, const digest::Digest& digest,
                                          Linker& linker) const;
  bool HasOldLayout() const;
  // Whether DVC 2 would have given the file's bytes that digest; and its object's name to a complete temporary file.
  absl::StatusOr<bool> IsOld(const std::string& path, const digest::Digest& digest) const;
  absl::Status PublishOld(const std::string& temporary, const digest::Digest& digest) const;
  bool HasFilesOf(const digest::Digest& manifest, const Cache& from) const;

  absl::Status Place(const digest::Digest& digest, const std::string& path, bool is_exec, bool replace, Linker& linker);
  void RememberPlaced(const std::string& path, const fs::FileInfo& made, const digest::Digest& digest, bool renamed);
  absl::Status UnprotectFile(const std::string& path);

  fs::Filesystem& fs_;
  std::string root_;
  HashIndex& index_;
  CacheOptions options_;

  // Whether there are folders of DVC 2: so that a cache without them asks once.
  static constexpr int kUnknown = -1;
  mutable std::atomic<int> old_layout_{kUnknown};
};

// The manifest of that digest, checked. NotFound when absent, DataLoss when damaged.
absl::StatusOr<std::vector<ManifestEntry>> ReadManifest(const experiment::ProjectName& project,
                                                        const digest::Digest& digest, BlobStore& from);

// Copies what `to` lacks of `digests` (manifests and the files they name) from `from`; returns how many bytes went.
// A manifest goes after its files: who has it has had them all. Stops at the first error; what went before stays.
// Four objects at a time hide the round trips of small ones; the network is shared with others.
inline constexpr int kTransfersAtOnce = 4;
absl::StatusOr<int64_t> Transfer(const experiment::ProjectName& project, const std::vector<digest::Digest>& digests,
                                 BlobStore& from, BlobStore& to);

}  // namespace expq::blob
