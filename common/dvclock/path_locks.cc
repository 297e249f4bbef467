#include "common/dvclock/path_locks.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/process/identity.h"
#include "common/status/status.h"
#include "common/value/value.h"

namespace expq::dvclock {
namespace {

// The file is locked for microseconds at a time: who still cannot have it after this waits for something broken.
constexpr absl::Duration kGuardPatience = absl::Seconds(10);

struct Holder {
  int64_t pid = 0;
  std::string command;
  bool operator==(const Holder&) const = default;
};

using Book = std::map<std::string, std::vector<Holder>>;

// What the file says.
struct Holders {
  Book write;
  Book read;
};

std::string FileOf(const LockPlace& place) { return fs::Join(place.dir, "rwlock"); }

bool Overlap(const std::string& a, const std::string& b) { return fs::IsWithin(a, b) || fs::IsWithin(b, a); }

absl::StatusOr<Holder> ReadHolder(const value::Value& value) {
  const value::Map* map = value.map();
  const value::Value* pid = map == nullptr ? nullptr : map->Find("pid");
  const value::Value* command = map == nullptr ? nullptr : map->Find("cmd");
  if (pid == nullptr || pid->int64() == nullptr || command == nullptr || !command->is_string()) {
    return absl::InvalidArgumentError("an entry that is not {pid, cmd}");
  }
  return Holder{.pid = *pid->int64(), .command = *command->string()};
}

absl::StatusOr<Book> ReadBook(const value::Map& root, absl::string_view mode) {
  Book book;
  const value::Value* paths = root.Find(mode);
  if (paths == nullptr) return book;
  if (!paths->is_map()) return absl::InvalidArgumentError(absl::StrCat("'", mode, "' is not a map"));
  for (const auto& [path, holders] : *paths->map()) {
    const value::List one = {holders};
    for (const value::Value& holder : holders.is_list() ? *holders.list() : one) {
      ASSIGN_OR_RETURN(Holder read, ReadHolder(holder));
      book[path].push_back(std::move(read));
    }
  }
  return book;
}

// An absent file is an empty one. Not by way of YAML, which takes no key of more than 1,024 bytes.
absl::StatusOr<Holders> ReadHolders(const fs::FileReader& fs, const LockPlace& place) {
  const std::string path = FileOf(place);
  const auto text = fs.Read(path);
  if (absl::IsNotFound(text.status())) return Holders{};
  RETURN_IF_ERROR(text.status());
  const auto damaged = [&path](const absl::Status& why) {
    return status::WithHint(absl::FailedPreconditionError(absl::StrCat(path, " is damaged: ", why.message())),
                            "remove it when no other program runs in this repository");
  };
  const auto root = params::ParseJson(*text, path);
  if (!root.ok()) return damaged(root.status());
  if (!root->is_map()) return damaged(absl::InvalidArgumentError("not a map"));
  auto write = ReadBook(*root->map(), "write");
  if (!write.ok()) return damaged(write.status());
  auto read = ReadBook(*root->map(), "read");
  if (!read.ok()) return damaged(read.status());
  return Holders{.write = *std::move(write), .read = *std::move(read)};
}

value::Value Encoded(const Holder& holder) {
  value::Map map;
  map.Set("pid", holder.pid);
  map.Set("cmd", holder.command);
  return map;
}

absl::Status WriteHolders(fs::Filesystem& fs, const LockPlace& place, const Holders& holders) {
  value::Map write;
  value::Map read;
  for (const auto& [path, list] : holders.write) write.Set(path, Encoded(list.back()));
  for (const auto& [path, list] : holders.read) {
    value::List encoded;
    for (const Holder& holder : list) encoded.push_back(Encoded(holder));
    read.Set(path, std::move(encoded));
  }
  value::Map root;
  if (!write.empty()) root.Set("write", std::move(write));
  if (!read.empty()) root.Set("read", std::move(read));
  // In place, as DVC does it: whoever reads it has the guard, and a damaged one is said to be so.
  return fs.Overwrite(FileOf(place), value::ToJson(root));
}

void Remove(Book& book, const std::string& path, const Holder& holder) {
  const auto found = book.find(path);
  if (found == book.end()) return;
  std::erase(found->second, holder);
  if (found->second.empty()) book.erase(found);
}

// Who else is at one of the paths; those that are no more are forgotten on the way.
absl::Status CheckFree(Book& book, const std::vector<std::string>& wanted, const Holder& self) {
  for (auto entry = book.begin(); entry != book.end();) {
    const std::string* clash = nullptr;
    for (const std::string& path : wanted) {
      if (Overlap(path, entry->first)) clash = &path;
    }
    if (clash != nullptr) {
      std::erase_if(entry->second,
                    [](const Holder& holder) { return !process::Exists(static_cast<pid_t>(holder.pid)); });
      for (const Holder& holder : entry->second) {
        if (holder == self) continue;
        return status::WithHint(absl::FailedPreconditionError(
                                    absl::StrCat(*clash, " is in use by ", Described(holder.pid, holder.command))),
                                "wait until it is done");
      }
    }
    entry = entry->second.empty() ? book.erase(entry) : std::next(entry);
  }
  return absl::OkStatus();
}

absl::Status CheckFree(Holders& holders, const Paths& paths, const Holder& self) {
  RETURN_IF_ERROR(CheckFree(holders.write, paths.read, self));
  RETURN_IF_ERROR(CheckFree(holders.write, paths.write, self));
  return CheckFree(holders.read, paths.write, self);
}

}  // namespace

PathLocks::PathLocks(fs::Filesystem& fs, LockPlace place, std::string command)
    : fs_(fs), place_(std::move(place)), command_(std::move(command)) {}

absl::Status PathLocks::Check(const Paths& paths) const {
  // Mostly no command runs, and no guard is worth its price.
  const auto text = fs_.Read(FileOf(place_));
  if (absl::IsNotFound(text.status()) || (text.ok() && *text == "{}")) return absl::OkStatus();
  // What is being written looks damaged.
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const std::unique_ptr<fs::FileLock> guard,
                   TakeLockFile(fs_, place_, "rwlock.lock", kGuardPatience, sync::StopToken()));
  ASSIGN_OR_RETURN(Holders holders, ReadHolders(fs_, place_));
  return CheckFree(holders, paths, {.pid = process::SelfPid(), .command = command_});
}

absl::StatusOr<std::unique_ptr<PathLocks::Hold>> PathLocks::Acquire(Paths paths) {
  const Holder self{.pid = process::SelfPid(), .command = command_};
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const std::unique_ptr<fs::FileLock> guard,
                   TakeLockFile(fs_, place_, "rwlock.lock", kGuardPatience, sync::StopToken()));
  ASSIGN_OR_RETURN(Holders holders, ReadHolders(fs_, place_));
  RETURN_IF_ERROR(CheckFree(holders, paths, self));
  for (const std::string& path : paths.read) {
    if (reads_[path] == 0) holders.read[path].push_back(self);
  }
  for (const std::string& path : paths.write) holders.write[path] = {self};
  RETURN_IF_ERROR(WriteHolders(fs_, place_, holders));
  for (const std::string& path : paths.read) ++reads_[path];
  for (const std::string& path : paths.write) ++writes_[path];
  return std::make_unique<Hold>(*this, std::move(paths));
}

void PathLocks::Release(const Paths& paths) {
  const Holder self{.pid = process::SelfPid(), .command = command_};
  sync::MutexLock lock(mutex_);
  Paths free;
  for (const std::string& path : paths.read) {
    if (--reads_[path] == 0) free.read.push_back(path);
  }
  for (const std::string& path : paths.write) {
    if (--writes_[path] == 0) free.write.push_back(path);
  }
  const auto guard = TakeLockFile(fs_, place_, "rwlock.lock", kGuardPatience, sync::StopToken());
  auto holders = ReadHolders(fs_, place_);
  if (!guard.ok() || !holders.ok()) return;
  for (const std::string& path : free.read) Remove(holders->read, path, self);
  for (const std::string& path : free.write) Remove(holders->write, path, self);
  WriteHolders(fs_, place_, *holders).IgnoreError();
}

}  // namespace expq::dvclock
