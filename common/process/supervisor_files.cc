#include "common/process/supervisor_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/clock/clock.h"
#include "common/fs/filesystem.h"
#include "common/process/descriptor.h"
#include "common/process/proc_stat.h"
#include "common/status/status.h"

namespace expq::process {
namespace {

// The words of a complete one-line file that begins "KIND 1 KEY".
std::optional<std::vector<std::string>> Words(const std::string& path, absl::string_view kind, const std::string& key,
                                              size_t count) {
  std::string text = ReadProcFile(path);
  if (text.empty() || text.back() != '\n') return std::nullopt;
  std::vector<std::string> words = absl::StrSplit(absl::StripSuffix(text, "\n"), ' ');
  if (words.size() != count || words[0] != kind || words[1] != "1" || (!key.empty() && words[2] != key)) {
    return std::nullopt;
  }
  return words;
}

}  // namespace

absl::Status SupervisorFiles::MakeFolder() const { return fs::PosixFilesystem().MakeDirs(dir_); }

absl::Status SupervisorFiles::Forget() const {
  for (const char* name : {"pid", "status"}) {
    if (unlink(fs::Join(dir_, name).c_str()) != 0 && errno != ENOENT) {
      return status::FromErrno(errno, fs::Join(dir_, name));
    }
  }
  return absl::OkStatus();
}

absl::Status SupervisorFiles::RenewLease() const {
  std::string path = fs::Join(dir_, "lease");
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid() || futimens(file.get(), nullptr) != 0) return status::FromErrno(errno, path);
  return absl::OkStatus();
}

std::optional<Identity> SupervisorFiles::Supervisor(const std::string& key) const {
  auto words = Words(fs::Join(dir_, "pid"), "expq-pid", key, 6);
  if (!words) return std::nullopt;
  return ParseIdentity(absl::StrCat((*words)[3], " ", (*words)[4], " ", (*words)[5]));
}

std::optional<SupervisorStatus> SupervisorFiles::Status(const std::string& key) const {
  auto words = Words(fs::Join(dir_, "status"), "expq-status", key, 8);
  if (!words) return std::nullopt;
  int numbers[5] = {};
  for (size_t i = 0; i < 5; ++i) {
    if (!absl::SimpleAtoi((*words)[i + 3], &numbers[i])) return std::nullopt;
  }
  SupervisorStatus status;
  status.result.code = numbers[0];
  status.result.signal = numbers[1];
  status.result.timed_out = numbers[2] != 0;
  status.result.stopped = numbers[3] != 0;
  status.start_error = numbers[4];
  return status;
}

std::string KeyOf(const Command& command) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a: no secret, no adversary, only "the same or not"
  auto add = [&hash](absl::string_view text) {
    for (unsigned char c : text) hash = (hash ^ c) * 1099511628211u;
    hash = (hash ^ 0xff) * 1099511628211u;
  };
  for (const std::string& word : command.argv) add(word);
  add(command.cwd);
  return absl::StrFormat("%016x", hash);
}

std::string FreshKey() {
  static std::atomic<uint64_t> next = 0;  // no state but uniqueness
  return absl::StrCat("run-", getpid(), "-", absl::Hex(absl::ToUnixNanos(clock::SystemClock().Now())), "-", next++);
}

}  // namespace expq::process
