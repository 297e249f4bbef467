#include "agent/attempt_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

constexpr char kSetup[] = "setup";
// As the interface asks.
constexpr int64_t kPiece = 1 << 20;

}  // namespace

AttemptLog::AttemptLog(fs::Filesystem& fs, experiment::LogLayout layout, AttemptKey key,
                       experiment::Dispatcher* send_to, bool resumed)
    : fs_(fs), layout_(std::move(layout)), key_(std::move(key)), send_to_(send_to) {
  sync::MutexLock lock(mutex_);
  if (resumed) Find();
}

void AttemptLog::Find() {
  auto entries = fs_.List(layout_.AttemptDir(key_.experiment, key_.attempt));
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    auto parsed = experiment::LogLayout::ParseFile(entry.name);
    if (!parsed) continue;
    const auto& [index, stage] = *parsed;
    segments_[index] = {stage, layout_.File(key_.experiment, key_.attempt, index, stage)};
  }
}

AttemptLog::Segment& AttemptLog::Open(const std::string& stage) {
  if (!opened_) {
    absl::Status made = fs_.MakeDirs(layout_.AttemptDir(key_.experiment, key_.attempt));
    // Whoever writes into the folder next says what is wrong with it.
    if (!made.ok()) log::Warning(absl::StrCat("log of attempt ", key_.Text(), ": ", made.message()));
    opened_ = made.ok();
  }
  for (auto& [index, segment] : segments_) {
    if (segment.stage == stage && (index == 0) == (stage == kSetup)) return segment;
  }
  int index = stage == kSetup ? 0 : segments_.empty() ? 1 : std::max(segments_.rbegin()->first + 1, 1);
  Segment& segment = segments_[index];
  segment = {stage, layout_.File(key_.experiment, key_.attempt, index, stage)};
  return segment;
}

std::string AttemptLog::FileOf(const std::string& stage) {
  sync::MutexLock lock(mutex_);
  return Open(stage).file;
}

void AttemptLog::Say(absl::string_view line) {
  std::string file = FileOf(kSetup);
  absl::Status said = fs_.Append(file, absl::StrCat(line, "\n"));
  if (!said.ok()) log::Warning(absl::StrCat("log of attempt ", key_.Text(), ": ", said.message()));
}

// One piece; *sent stays 0 at the present end of the file.
absl::Status AttemptLog::SendPiece(int index, Segment& segment, int64_t* sent) {
  *sent = 0;
  auto bytes = fs_.ReadAt(segment.file, segment.sent, kPiece);
  if (absl::IsNotFound(bytes.status())) return absl::OkStatus();  // the stage has not begun to write
  if (!bytes.ok()) return bytes.status();
  if (bytes->empty()) return absl::OkStatus();
  experiment::LogAppend append{key_.experiment, key_.attempt, index, segment.stage, segment.sent, *std::move(bytes)};
  absl::Status appended = send_to_->AppendLog(append);
  // Of an attempt that is not the current one any more, the bytes are kept all the same.
  if (!appended.ok() && !absl::IsAborted(appended)) return appended;
  *sent = static_cast<int64_t>(append.bytes.size());
  segment.sent += *sent;
  return absl::OkStatus();
}

absl::Status AttemptLog::Send(int64_t max_bytes) {
  if (send_to_ == nullptr) return absl::OkStatus();
  sync::MutexLock sending(sending_);
  std::map<int, Segment> segments;
  {
    sync::MutexLock lock(mutex_);
    if (refused_) return absl::OkStatus();
    segments = segments_;
  }
  absl::Status result;
  for (auto& [index, segment] : segments) {
    int64_t sent = 1;
    while (result.ok() && max_bytes > 0 && sent > 0) {
      result = SendPiece(index, segment, &sent);
      max_bytes -= sent;
    }
  }
  sync::MutexLock lock(mutex_);
  for (auto& [index, segment] : segments) segments_[index].sent = segment.sent;
  if (result.ok() || absl::IsUnavailable(result)) return result;
  // The scheduler's disk: the bytes wait here until there is room.
  if (absl::IsResourceExhausted(result)) return absl::UnavailableError(result.message());
  log::Warning(absl::StrCat("log of attempt ", key_.Text(), " is not sent: ", result.message()));
  refused_ = true;
  return absl::OkStatus();
}

void AttemptLog::Forget() {
  if (send_to_ == nullptr) return;
  absl::Status removed = fs_.RemoveTree(layout_.AttemptDir(key_.experiment, key_.attempt));
  if (!removed.ok()) log::Warning(absl::StrCat("log of attempt ", key_.Text(), ": ", removed.message()));
  fs_.Remove(layout_.ExperimentDir(key_.experiment)).IgnoreError();  // unless other attempts are in it
}

}  // namespace expq::agent
