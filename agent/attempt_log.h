// The log of one attempt: a segment a stage, numbered in the order of their start, and segment 0, "setup", for what we
// have to say. Stages write into the files; when they are not the scheduler's own, they are read again and sent, by
// offset.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/agent_layout.h"
#include "common/experiment/interfaces.h"
#include "common/experiment/log_layout.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe.
class AttemptLog {
 public:
  // `send_to` null: the files are where they belong. `resumed`: segments of an earlier process keep their numbers.
  AttemptLog(fs::Filesystem& fs, experiment::LogLayout layout, AttemptKey key, experiment::Dispatcher* send_to,
             bool resumed);

  // The file that this stage's output goes to; the folder exists afterwards.
  std::string FileOf(const std::string& stage);
  // A line of our own, into segment 0. A full disk loses it.
  void Say(absl::string_view line);
  // Sends what is new, at most about `max_bytes` of it. OK when nothing is left or the scheduler does not want more of
  // this attempt; Unavailable when it cannot be reached, or has no room.
  absl::Status Send(int64_t max_bytes);
  // Removes the files, unless they are the scheduler's.
  void Forget();

 private:
  struct Segment {
    std::string stage;
    std::string file;
    int64_t sent = 0;
  };

  void Find() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Segment& Open(const std::string& stage) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SendPiece(int index, Segment& segment, int64_t* sent);

  fs::Filesystem& fs_;
  const experiment::LogLayout layout_;
  const AttemptKey key_;
  experiment::Dispatcher* const send_to_;
  sync::Mutex sending_;  // one at a time; taken before mutex_
  sync::Mutex mutex_;
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<int, Segment> segments_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::agent
