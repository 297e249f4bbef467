// Whether the disks of this machine have room for another attempt. What is full gets no better by trying: an agent
// that went on would turn its whole queue into failures.
#pragma once

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe.
class DiskWatch {
 public:
  DiskWatch(const fs::FileReader& fs, const clock::Clock& clock) : fs_(fs), clock_(clock) {}

  // A folder that attempts write into; it need not be there yet.
  void Watch(const std::string& folder);
  // An attempt met a full disk, `error` says where. Perhaps it left room behind, and the next one needs less: it may
  // try after a while, which is longer each time this happens in a row.
  void MetFull(absl::string_view error);
  void MetRoom();

  // Empty when another attempt may begin; else why not, in one line that names the folder.
  std::string Trouble() const;

 private:
  std::string WhatIsFull(absl::string_view error) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string FullFolder() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const fs::FileReader& fs_;
  const clock::Clock& clock_;
  mutable sync::Mutex mutex_;
  std::set<std::string> folders_ ABSL_GUARDED_BY(mutex_);
  std::string error_ ABSL_GUARDED_BY(mutex_);
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  absl::Duration paused_until_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();  // steady
};

}  // namespace expq::agent
