#include <cstring>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "common/blob/cache.h"
#include "common/blob/limits.h"
#include "common/status/status.h"
#include "common/sync/sync.h"

namespace expq::blob {
namespace {

constexpr absl::string_view kHeader = "expq-hash-index 2\n";
constexpr size_t kMd5Bytes = 16;
constexpr size_t kRecordBytes = 5 * 8 + kMd5Bytes;
constexpr size_t kSumBytes = 8;
// Stands for "forget this one" until it is saved, so that the file's old entry does not come back.
constexpr int64_t kForgotten = -1;

using Key = std::pair<uint64_t, uint64_t>;  // device, inode

struct Entry {
  int64_t size = kForgotten;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  unsigned char md5[kMd5Bytes] = {};
  bool used = false;  // by this process: the last to be dropped
};

using Entries = absl::flat_hash_map<Key, Entry>;

void PutNumber(uint64_t number, std::string& out) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

uint64_t TakeNumber(const char*& at) {
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number |= uint64_t{static_cast<unsigned char>(*at++)} << (8 * i);
  return number;
}

std::string RawMd5(const digest::Digest& digest) { return absl::HexStringToBytes(digest.hex()); }

std::string Encode(const Entries& entries, bool only_used) {
  std::string bytes(kHeader);
  bytes.reserve(kHeader.size() + entries.size() * kRecordBytes + kSumBytes);
  for (const auto& [key, entry] : entries) {
    if (entry.size == kForgotten || (only_used && !entry.used)) continue;
    PutNumber(key.first, bytes);
    PutNumber(key.second, bytes);
    PutNumber(static_cast<uint64_t>(entry.size), bytes);
    PutNumber(static_cast<uint64_t>(entry.mtime_ns), bytes);
    PutNumber(static_cast<uint64_t>(entry.ctime_ns), bytes);
    bytes.append(reinterpret_cast<const char*>(entry.md5), kMd5Bytes);
  }
  PutNumber(digest::Crc32(bytes), bytes);
  return bytes;
}

// Adds the file's entries that `entries` does not know. A damaged or foreign file adds none.
void Merge(absl::string_view bytes, Entries& entries) {
  if (bytes.size() < kHeader.size() + kSumBytes || !absl::StartsWith(bytes, kHeader)) return;
  const char* sum = bytes.data() + bytes.size() - kSumBytes;
  bytes.remove_suffix(kSumBytes);
  if (digest::Crc32(bytes) != TakeNumber(sum)) return;
  bytes.remove_prefix(kHeader.size());
  if (bytes.size() % kRecordBytes != 0) return;
  entries.reserve(entries.size() + bytes.size() / kRecordBytes);
  const char* at = bytes.data();
  for (size_t left = bytes.size() / kRecordBytes; left > 0; --left) {
    uint64_t device = TakeNumber(at), inode = TakeNumber(at);
    Entry entry;
    entry.size = static_cast<int64_t>(TakeNumber(at));
    entry.mtime_ns = static_cast<int64_t>(TakeNumber(at));
    entry.ctime_ns = static_cast<int64_t>(TakeNumber(at));
    memcpy(entry.md5, at, kMd5Bytes);
    at += kMd5Bytes;
    entries.try_emplace(Key{device, inode}, entry);
  }
}

bool StillTheSame(const Entry& entry, const fs::FileInfo& info) {
  bool nobody_may_write = (info.mode & 0222) == 0;
  return info.kind == fs::Kind::kFile && entry.size == info.size && entry.mtime_ns == info.mtime_ns &&
         (nobody_may_write || entry.ctime_ns == info.ctime_ns);
}

}  // namespace

struct HashIndex::Impl {
  fs::Filesystem& fs;
  const std::string path;

  sync::Mutex mutex;
  bool loaded ABSL_GUARDED_BY(mutex) = false;
  bool changed ABSL_GUARDED_BY(mutex) = false;
  Entries entries ABSL_GUARDED_BY(mutex);
  fs::FileInfo merged ABSL_GUARDED_BY(mutex);  // the file as it was when it was read; it is only ever replaced whole

  void LoadOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (loaded) return;
    loaded = true;
    MergeFile();
  }

  // What the file says that is not known yet. An unreadable one is as good as none: it only saves time.
  void MergeFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (path.empty()) return;
    const absl::StatusOr<fs::FileInfo> now = fs.Stat(path);
    if (!now.ok() || (merged.inode == now->inode && merged.ctime_ns == now->ctime_ns)) return;
    merged = *now;
    absl::StatusOr<std::string> bytes = fs.Read(path);
    if (bytes.ok()) Merge(*bytes, entries);
  }
};

HashIndex::HashIndex(fs::Filesystem& fs, std::string path) : impl_(new Impl{fs, std::move(path)}) {}
HashIndex::~HashIndex() = default;

std::unique_ptr<digest::Digest> HashIndex::Find(const fs::FileInfo& info) const {
  sync::MutexLock lock(impl_->mutex);
  impl_->LoadOnce();
  auto found = impl_->entries.find(Key{info.device, info.inode});
  if (found == impl_->entries.end() || !StillTheSame(found->second, info)) return nullptr;
  found->second.used = true;
  return std::make_unique<digest::Digest>(digest::Digest::FromRaw(found->second.md5, /*is_dir=*/false));
}

void HashIndex::Remember(const fs::FileInfo& info, const digest::Digest& digest) {
  Remember(info, digest, impl_->fs.StampNs());
}

void HashIndex::Remember(const fs::FileInfo& info, const digest::Digest& digest, int64_t read_from_ns) {
  Entry entry;
  if (info.mtime_ns + kTickNs < read_from_ns) {
    entry = {.size = info.size, .mtime_ns = info.mtime_ns, .ctime_ns = info.ctime_ns};
    memcpy(entry.md5, RawMd5(digest).data(), kMd5Bytes);
    entry.used = true;
  }
  sync::MutexLock lock(impl_->mutex);
  impl_->LoadOnce();
  impl_->entries[Key{info.device, info.inode}] = entry;
  impl_->changed = true;
}

absl::Status HashIndex::Save() {
  sync::MutexLock lock(impl_->mutex);
  if (impl_->path.empty() || !impl_->changed) return absl::OkStatus();
  impl_->MergeFile();
  bool only_used = impl_->entries.size() > static_cast<size_t>(kMaxIndexEntries);
  RETURN_IF_ERROR(impl_->fs.MakeDirs(fs::Dirname(impl_->path)));
  RETURN_IF_ERROR(impl_->fs.Write(impl_->path, Encode(impl_->entries, only_used), fs::Durability::kAtomic));
  impl_->changed = false;
  return absl::OkStatus();
}

}  // namespace expq::blob
