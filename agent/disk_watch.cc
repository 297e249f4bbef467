#include "agent/disk_watch.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace expq::agent {
namespace {

// Less than this does not hold what every attempt writes before its first stage: a few files, and a pack.
constexpr int64_t kLeastBytes = int64_t{1} << 20;
// Long enough for a person, or another program, to make room.
constexpr absl::Duration kFirstPause = absl::Seconds(10);
constexpr absl::Duration kLongestPause = absl::Minutes(5);

// Of the folder, or of the nearest one above that is there; nothing when nobody knows.
bool HasRoom(const fs::FileReader& fs, std::string folder) {
  while (folder.size() > 1 && !fs.Exists(folder)) folder = fs::Dirname(folder);
  const auto free = fs.FreeBytes(folder);
  return !free.ok() || *free >= kLeastBytes;
}

std::string FolderIsFull(const std::string& folder) { return absl::StrCat("the disk of ", folder, " is full"); }

}  // namespace

void DiskWatch::Watch(const std::string& folder) {
  sync::MutexLock lock(mutex_);
  folders_.insert(folder);
}

void DiskWatch::MetFull(absl::string_view error) {
  sync::MutexLock lock(mutex_);
  error_ = WhatIsFull(error);
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  paused_until_ = clock_.Steady() + pause_;
}

void DiskWatch::MetRoom() {
  sync::MutexLock lock(mutex_);
  pause_ = absl::ZeroDuration();
}

// The folder that it names, where we know it: more than a file in it, which may be gone.
std::string DiskWatch::WhatIsFull(absl::string_view error) const {
  std::string full;
  for (const std::string& folder : folders_) {
    if (folder.size() > full.size() && absl::StrContains(error, folder + "/")) full = folder;
  }
  return full.empty() ? absl::StrCat("a disk is full: ", error) : FolderIsFull(full);
}

std::string DiskWatch::FullFolder() const {
  for (const std::string& folder : folders_) {
    if (!HasRoom(fs_, folder)) return folder;
  }
  return "";
}

std::string DiskWatch::Trouble() const {
  sync::MutexLock lock(mutex_);
  const std::string full = FullFolder();
  if (!full.empty()) return FolderIsFull(full);
  return clock_.Steady() < paused_until_ ? error_ : "";
}

}  // namespace expq::agent
