#include "common/pipeline/lock_book.h"

#include <utility>

#include "common/status/status.h"

namespace expq::pipeline {

std::string LockPath(const Stage& stage) {
  const std::string dir = fs::Dirname(stage.file);
  return dir == "." ? "dvc.lock" : fs::Join(dir, "dvc.lock");
}

absl::StatusOr<std::unique_ptr<LockBook>> LockBook::Open(const fs::FileReader& fs, const std::string& root,
                                                         const Pipeline& pipeline, const std::vector<int>& stages) {
  std::unique_ptr<LockBook> book(new LockBook(root));
  for (const int stage : stages) {
    const std::string path = LockPath(pipeline.stages[stage]);
    if (const auto found = book->volumes_.find(path); found != book->volumes_.end()) {
      sync::MutexLock alone(found->second->mutex);
      found->second->lock.Expect(pipeline.stages[stage].name);
      continue;
    }
    absl::StatusOr<std::string> bytes = fs.Read(fs::Join(root, path));
    if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
    if (!bytes.ok()) bytes = "";
    ASSIGN_OR_RETURN(Lock lock, Lock::Parse(*bytes, path));
    lock.Expect(pipeline.stages[stage].name);
    book->volumes_.emplace(path, std::make_unique<Volume>(std::move(lock), *std::move(bytes)));
  }
  return book;
}

std::optional<LockEntry> LockBook::Find(const Stage& stage) const {
  Volume& volume = VolumeOf(stage);
  sync::MutexLock lock(volume.mutex);
  const LockEntry* entry = volume.lock.Find(stage.name);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

absl::Status LockBook::Record(fs::Filesystem& fs, const Stage& stage, LockEntry entry) {
  Volume& volume = VolumeOf(stage);
  sync::MutexLock lock(volume.mutex);
  volume.lock.Set(stage.name, std::move(entry));
  std::string bytes = volume.lock.Encode();
  if (bytes == volume.bytes) return absl::OkStatus();
  RETURN_IF_ERROR(fs.Write(fs::Join(root_, LockPath(stage)), bytes, fs::Durability::kAtomic));
  volume.bytes = std::move(bytes);
  return absl::OkStatus();
}

}  // namespace expq::pipeline
