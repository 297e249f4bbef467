// Logs of attempts: files that only grow, written by offset.
#include <algorithm>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/limits.h"
#include "scheduler/impl.h"

namespace expq::scheduler {
namespace {

using core::Entry;
using experiment::ExperimentId;
using experiment::LogAppend;
using experiment::LogSegment;

absl::Status CheckAppend(const LogAppend& append) {
  if (append.attempt < 1 || append.index < 0 || append.index > core::kMaxLogIndex || append.offset < 0) {
    return absl::InvalidArgumentError("log chunk with a number out of bounds");
  }
  if (append.stage.empty() || append.stage.size() > core::kMaxStageBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("log chunk of a stage with a name of ", append.stage.size(), " bytes"));
  }
  if (static_cast<int64_t>(append.bytes.size()) > core::kMaxLogBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("log chunk of ", append.bytes.size(), " bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Entry> Find(store::Store& store, const ExperimentId& id) {
  std::vector<Entry> found;
  RETURN_IF_ERROR(store.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(found, rows.Load({id}));
    return absl::OkStatus();
  }));
  if (found.empty()) return absl::NotFoundError(absl::StrCat("no experiment ", id.value));
  return found.front();
}

absl::StatusOr<int64_t> SizeOf(const fs::FileReader& fs, const std::string& file) {
  auto info = fs.Stat(file);
  if (absl::IsNotFound(info.status())) return 0;
  RETURN_IF_ERROR(info.status());
  return info->size;
}

absl::Status AppendAt(fs::Filesystem& fs, const std::string& file, const LogAppend& append) {
  ASSIGN_OR_RETURN(int64_t size, SizeOf(fs, file));
  if (append.offset > size) {
    return absl::FailedPreconditionError(absl::StrCat("log chunk of stage '", append.stage, "' at ", append.offset,
                                                      ", but only ", size, " bytes are here"));
  }
  absl::string_view fresh = append.bytes;
  fresh.remove_prefix(std::min<size_t>(fresh.size(), static_cast<size_t>(size - append.offset)));
  if (fresh.empty() && size > 0) return absl::OkStatus();
  RETURN_IF_ERROR(fs.MakeDirs(fs::Dirname(file)));
  return fs.Append(file, fresh);
}

}  // namespace

absl::Status Scheduler::AppendLog(const LogAppend& append) {
  RETURN_IF_ERROR(CheckAppend(append));
  ASSIGN_OR_RETURN(Entry entry, Find(impl_->store, append.experiment));
  if (append.attempt > entry.attempt) {
    return absl::AbortedError(absl::StrCat("attempt ", append.attempt, " of '", entry.name, "' was never granted"));
  }
  {
    sync::MutexLock lock(impl_->log_mutex);
    std::string file = impl_->logs.File(append.experiment, append.attempt, append.index, append.stage);
    RETURN_IF_ERROR(AppendAt(impl_->fs, file, append));
  }
  if (append.attempt == entry.attempt) return absl::OkStatus();
  return absl::AbortedError(
      absl::StrCat("attempt ", append.attempt, " of '", entry.name, "' was superseded; its log is kept"));
}

absl::StatusOr<std::vector<LogSegment>> Scheduler::Segments(const experiment::ProjectName& project,
                                                            const ExperimentId& id) {
  ASSIGN_OR_RETURN(Entry entry, Find(impl_->store, id));
  if (entry.project != project) return absl::NotFoundError(absl::StrCat("no experiment ", id.value));
  std::vector<LogSegment> segments;
  for (int attempt = 1; attempt <= entry.attempt; ++attempt) {
    std::string dir = impl_->logs.AttemptDir(id, attempt);
    auto files = impl_->fs.List(dir);
    if (absl::IsNotFound(files.status())) continue;  // nothing was said, or not yet
    RETURN_IF_ERROR(files.status());
    for (const fs::DirEntry& file : *files) {
      auto parsed = experiment::LogLayout::ParseFile(file.name);
      if (!parsed) continue;
      ASSIGN_OR_RETURN(int64_t size, SizeOf(impl_->fs, fs::Join(dir, file.name)));
      segments.push_back({.attempt = attempt, .index = parsed->first, .stage = parsed->second, .size = size});
    }
  }
  std::ranges::sort(segments, [](const LogSegment& a, const LogSegment& b) {
    return std::tie(a.attempt, a.index, a.stage) < std::tie(b.attempt, b.index, b.stage);
  });
  return segments;
}

absl::StatusOr<std::string> Scheduler::ReadLog(const experiment::ProjectName& project, const ExperimentId& id,
                                               const LogSegment& segment, int64_t offset, int64_t max_bytes) {
  ASSIGN_OR_RETURN(Entry entry, Find(impl_->store, id));
  if (entry.project != project) return absl::NotFoundError(absl::StrCat("no experiment ", id.value));
  if (offset < 0 || max_bytes < 0) return absl::InvalidArgumentError("negative offset or size of a log");
  std::string file = impl_->logs.File(id, segment.attempt, segment.index, segment.stage);
  auto bytes = impl_->fs.ReadAt(file, offset, std::min(max_bytes, core::kMaxLogBytes));
  if (absl::IsNotFound(bytes.status())) return "";  // before its first byte
  return bytes;
}

void Scheduler::Impl::RemoveLogs(const std::vector<Entry>& entries) {
  // What cannot be removed costs space, not truth.
  for (const Entry& entry : entries) {
    fs.RemoveTree(logs.ExperimentDir(entry.id)).IgnoreError();
    if (options.forgotten) options.forgotten(entry.id);
  }
}

}  // namespace expq::scheduler
