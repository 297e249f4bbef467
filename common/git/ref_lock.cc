#include "common/git/ref_lock.h"

#include <functional>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/status.h"
#include "common/sync/sync.h"

namespace expq::git {
namespace {

// What our lock links point at: tells them from locks of git.
constexpr char kMark[] = "expq";
// git and DVC hold a ref for a few milliseconds; after two seconds something is wrong and the caller should know.
constexpr absl::Duration kPatience = absl::Seconds(2);
constexpr absl::Duration kFirstPause = absl::Microseconds(500);
constexpr absl::Duration kLongestPause = absl::Milliseconds(50);

// Two waiters that met once should not meet again: between half and the whole of `pause`.
absl::Duration Jittered(absl::Duration pause) {
  thread_local std::minstd_rand random(
      static_cast<unsigned>(std::hash<std::thread::id>()(std::this_thread::get_id()) | 1));
  return pause * (0.5 + 0.5 * static_cast<double>(random()) / std::minstd_rand::max());
}

}  // namespace

absl::StatusOr<std::unique_ptr<RefLock>> RefLock::Acquire(const std::string& common_dir, const std::string& path) {
  fs::PosixFilesystem disk;
  RETURN_IF_ERROR(disk.MakeDirs(fs::Join(common_dir, "expq")));
  absl::Duration waited = absl::ZeroDuration();
  absl::Duration pause = kFirstPause;
  while (true) {
    auto lock = Try(common_dir, path);
    if (!absl::IsUnavailable(lock.status()) || waited >= kPatience) return lock;
    absl::Duration now = Jittered(pause);
    sync::StopToken().WaitFor(now);
    waited += now;
    pause = std::min(pause * 2, kLongestPause);
  }
}

absl::StatusOr<std::unique_ptr<RefLock>> RefLock::Try(const std::string& common_dir, const std::string& path) {
  fs::PosixFilesystem disk;
  ASSIGN_OR_RETURN(auto among_us, fs::FileLock::TryLock(fs::Join(common_dir, "expq/refs.lock")));
  RETURN_IF_ERROR(disk.MakeDirs(fs::Dirname(path)));
  std::string link = path + ".lock";
  absl::Status made = disk.Link(fs::LinkKind::kSymlink, kMark, link);
  if (absl::IsAlreadyExists(made) && disk.ReadLink(link).value_or("") == kMark) {
    // Its maker is gone, or it would hold the flock that we have.
    RETURN_IF_ERROR(disk.Remove(link));
    made = disk.Link(fs::LinkKind::kSymlink, kMark, link);
  }
  if (absl::IsAlreadyExists(made)) {
    return status::WithHint(absl::UnavailableError(absl::StrCat(path, " is locked by another git process")),
                            absl::StrCat("if none is running, remove ", link));
  }
  // git removes folders of refs when they become empty, and did so just now.
  if (absl::IsNotFound(made)) return absl::UnavailableError(made.message());
  RETURN_IF_ERROR(made);
  return std::unique_ptr<RefLock>(new RefLock(std::move(among_us), std::move(link)));
}

RefLock::~RefLock() { fs::PosixFilesystem().Remove(link_).IgnoreError(); }

}  // namespace expq::git
