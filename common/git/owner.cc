#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/git/open_repository.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// One value of safe.directory: "*", a folder, or "folder/*" for all below it. An empty one forgets those before it.
void ApplySafeDirectory(absl::string_view value, absl::string_view folder, bool* safe) {
  if (value.empty()) {
    *safe = false;
  } else if (absl::EndsWith(value, "/*")) {
    *safe = *safe || absl::StartsWith(folder, value.substr(0, value.size() - 1));
  } else {
    *safe = *safe || value == "*" || absl::StripSuffix(value, "/") == folder;
  }
}

// Only the user's and the system's configuration may say so, never the repository's own.
bool IsDeclaredSafe(absl::string_view folder) {
  ConfigHandle config;
  if (git_config_open_default(Out(config)) != 0) return false;
  ConfigIteratorHandle values;
  if (git_config_multivar_iterator_new(Out(values), config.get(), "safe.directory", nullptr) != 0) return false;
  bool safe = false;
  git_config_entry* entry = nullptr;
  while (git_config_next(&entry, values.get()) == 0) ApplySafeDirectory(entry->value, folder, &safe);
  return safe;
}

}  // namespace

absl::StatusOr<bool> IsOwn(const std::string& path) {
  struct stat info;  // room fs does not tell owners: nobody else asks
  if (lstat(path.c_str(), &info) != 0) return status::FromErrno(errno, absl::StrCat("cannot look at ", path));
  uid_t user = geteuid();
  if (info.st_uid == user) return true;
  // As git has it: root through sudo may work in the repositories of who called sudo.
  const char* sudo = getenv("SUDO_UID");
  uint32_t caller = 0;
  return user == 0 && sudo != nullptr && absl::SimpleAtoi(sudo, &caller) && info.st_uid == caller;
}

absl::Status CheckOwner(git_repository* repo) {
  std::string git_dir(absl::StripSuffix(git_repository_path(repo), "/"));
  const char* workdir = git_repository_workdir(repo);
  std::string folder = workdir == nullptr ? git_dir : std::string(absl::StripSuffix(workdir, "/"));
  ASSIGN_OR_RETURN(bool own, IsOwn(folder));
  if (own) {
    ASSIGN_OR_RETURN(own, IsOwn(git_dir));
  }
  if (own || IsDeclaredSafe(folder)) return absl::OkStatus();
  return status::WithHint(
      absl::PermissionDeniedError(absl::StrCat("git repository ", folder, " is owned by another user")),
      absl::StrCat("git config --global --add safe.directory ", folder));
}

}  // namespace expq::git
