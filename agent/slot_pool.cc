#include "agent/slot_pool.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

// More numbers than this are a leak, not a load.
constexpr int kMaxSlots = 4096;
// Idle workspaces of other repositories beyond this many are used again rather than left for later.
constexpr size_t kMaxIdle = 16;
// Files that a killed agent leaves to be written again, against a manifest written after every attempt.
constexpr int kMaxUnsaved = 32;

}  // namespace

absl::StatusOr<std::unique_ptr<Slot>> SlotPool::LockNumber(int number) {
  std::string path = layout_.SlotLock(number);
  auto lock = fs::FileLock::TryLock(path);
  if (absl::IsNotFound(lock.status())) {  // the first time
    RETURN_IF_ERROR(fs_.MakeDirs(layout_.SlotDir(number)));
    RETURN_IF_ERROR(fs_.MakeDirs(layout_.Work()));
    lock = fs::FileLock::TryLock(path);
  }
  if (!lock.ok()) return lock.status();
  return std::make_unique<Slot>(fs_, layout_, number, *std::move(lock));
}

std::unique_ptr<Slot> SlotPool::TakeIdle(const std::string& objects_dir) {
  auto it = std::find_if(idle_.begin(), idle_.end(), [&](const auto& slot) {
    return slot->objects_dir() == objects_dir || slot->objects_dir().empty();
  });
  if (it == idle_.end() && idle_.size() > kMaxIdle) it = idle_.begin();
  if (it == idle_.end()) return nullptr;
  std::unique_ptr<Slot> slot = std::move(*it);
  idle_.erase(it);
  return slot;
}

absl::StatusOr<std::unique_ptr<Slot>> SlotPool::LockFree(const std::string& objects_dir) {
  for (int number = 0; number < kMaxSlots; ++number) {
    auto slot = LockNumber(number);
    if (absl::IsUnavailable(slot.status())) continue;
    if (!slot.ok()) return slot.status();
    if ((*slot)->objects_dir().empty() || (*slot)->objects_dir() == objects_dir || idle_.size() > kMaxIdle) return slot;
    idle_.push_back(*std::move(slot));  // another repository's: left for it
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("all ", kMaxSlots, " workspaces of ", layout_.Work(), " are in use"));
}

absl::StatusOr<std::unique_ptr<Slot>> SlotPool::Acquire(const std::string& objects_dir) {
  sync::MutexLock lock(mutex_);
  std::unique_ptr<Slot> slot = TakeIdle(objects_dir);
  if (slot == nullptr) {
    ASSIGN_OR_RETURN(slot, LockFree(objects_dir));
  }
  RETURN_IF_ERROR(slot->Reset(resumable_));
  return slot;
}

absl::StatusOr<std::unique_ptr<Slot>> SlotPool::Resume(const AttemptKey& key) {
  auto entries = fs_.List(layout_.Slots());
  if (!entries.ok()) return entries.status();
  sync::MutexLock lock(mutex_);
  for (const fs::DirEntry& entry : *entries) {
    int number = 0;
    if (!absl::SimpleAtoi(entry.name, &number)) continue;
    auto slot = LockNumber(number);
    if (slot.ok() && (*slot)->IsPreparedFor(key)) return slot;
  }
  return absl::NotFoundError(absl::StrCat("no workspace is prepared for attempt ", key.Text()));
}

SlotPool::~SlotPool() {
  sync::MutexLock lock(mutex_);
  for (const auto& slot : idle_) Save(*slot);
}

void SlotPool::Save(Slot& slot) {
  absl::Status saved = slot.SaveManifest();
  // Then the next process writes the files once more.
  if (!saved.ok()) log::Warning(absl::StrCat("workspace ", slot.number(), ": ", saved.message()));
}

void SlotPool::Release(std::unique_ptr<Slot> slot) {
  if (slot->unsaved() > kMaxUnsaved) Save(*slot);
  sync::MutexLock lock(mutex_);
  idle_.push_back(std::move(slot));
}

}  // namespace expq::agent
