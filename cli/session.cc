#include "cli/session.h"

#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<Session> Session::Begin(fs::Filesystem& fs, const LocalLayout& layout, random::Random& random) {
  RETURN_IF_ERROR(fs.MakeDirs(layout.Sessions()));
  experiment::SessionId id{random::HexId(random, 16)};
  const std::string path = layout.SessionLock(id);
  ASSIGN_OR_RETURN(std::unique_ptr<fs::FileLock> lock, fs::FileLock::TryLock(path));
  return Session(fs, path, std::move(id), std::move(lock));
}

Session::Session(Session&& other) noexcept
    : fs_(other.fs_), path_(std::move(other.path_)), id_(std::move(other.id_)), lock_(std::move(other.lock_)) {}

Session::~Session() {
  if (lock_ == nullptr) return;
  // Removed while still held: nobody can take it for another's in between. A file that stays is a dead session's.
  fs_->Remove(path_).IgnoreError();
}

bool SessionAlive(const fs::FileReader& fs, const LocalLayout& layout, const experiment::SessionId& id) {
  const std::string path = layout.SessionLock(id);
  if (!fs.Lstat(path).ok()) return false;
  // That of a dead one is of no more use.
  const auto lock = fs::FileLock::TryLock(path, fs::FileLock::File::kGoes);
  // Anything but "held by somebody" or "free" (a read-only repository) says nothing: then it is left in peace.
  return !lock.ok();
}

}  // namespace expq::cli
