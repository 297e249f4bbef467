#include "common/pipeline/lock_book.h"

#include <utility>

#include "common/pipeline/excerpt.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

bool SameFile(const fs::FileInfo& a, const fs::FileInfo& b) {
  return a.inode == b.inode && a.device == b.device && a.size == b.size && a.mtime_ns == b.mtime_ns &&
         a.ctime_ns == b.ctime_ns;
}

}  // namespace

std::string LockPath(const Stage& stage) {
  const std::string dir = fs::Dirname(stage.file);
  return dir == "." ? "dvc.lock" : fs::Join(dir, "dvc.lock");
}

absl::StatusOr<std::unique_ptr<LockBook>> LockBook::Open(const fs::FileReader& fs, const std::string& root,
                                                         const Pipeline& pipeline, const std::vector<int>& stages) {
  std::unique_ptr<LockBook> book(new LockBook(root));
  for (const int stage : stages) {
    const std::string path = LockPath(pipeline.stages[stage]);
    std::unique_ptr<Volume>& volume = book->volumes_[path];
    const bool is_new = volume == nullptr;
    if (is_new) volume = std::make_unique<Volume>();
    sync::MutexLock lock(volume->mutex);
    if (is_new) RETURN_IF_ERROR(book->Refresh(fs, path, *volume));
    volume->expected.push_back(pipeline.stages[stage].name);
    volume->lock.Expect(pipeline.stages[stage].name);
  }
  return book;
}

absl::Status LockBook::Refresh(const fs::FileReader& fs, const std::string& path, Volume& volume) const {
  const std::string full = fs::Join(root_, path);
  const auto info = fs.Stat(full);
  if (absl::IsNotFound(info.status())) {
    if (volume.info.has_value()) volume.lock = Lock();
    volume.info.reset();
    volume.bytes.clear();
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(info.status());
  if (volume.info.has_value() && SameFile(*volume.info, *info)) return absl::OkStatus();
  ASSIGN_OR_RETURN(volume.bytes, fs.Read(full));
  absl::StatusOr<Lock> parsed = Lock::Parse(volume.bytes, path);
  if (!parsed.ok()) return WithExcerpt(parsed.status(), path, volume.bytes);
  volume.lock = *std::move(parsed);
  for (const std::string& name : volume.expected) volume.lock.Expect(name);
  volume.info = *info;
  return absl::OkStatus();
}

std::optional<LockEntry> LockBook::Find(const Stage& stage) const {
  Volume& volume = VolumeOf(stage);
  sync::MutexLock lock(volume.mutex);
  const LockEntry* entry = volume.lock.Find(stage.name);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

absl::Status LockBook::Record(fs::Filesystem& fs, const Stage& stage, LockEntry entry) {
  Volume& volume = VolumeOf(stage);
  const std::string path = LockPath(stage);
  sync::MutexLock lock(volume.mutex);
  RETURN_IF_ERROR(Refresh(fs, path, volume));
  volume.lock.Set(stage.name, std::move(entry));
  std::string bytes = volume.lock.Encode();
  if (bytes == volume.bytes) return absl::OkStatus();
  RETURN_IF_ERROR(fs.Write(fs::Join(root_, path), bytes, fs::Durability::kAtomic));
  volume.bytes = std::move(bytes);
  ASSIGN_OR_RETURN(volume.info, fs.Stat(fs::Join(root_, path)));
  return absl::OkStatus();
}

}  // namespace expq::pipeline
