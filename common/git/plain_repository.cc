#include <limits.h>
#include <stdlib.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/git/open_repository.h"

namespace expq::git {
namespace {

// Settings that put the worktree elsewhere, make the repository bare or of another format, or may come from elsewhere.
bool IsPlainConfig(absl::string_view text) {
  const std::string config = absl::AsciiStrToLower(text);
  for (absl::string_view word : {"worktree", "include", "extensions", "repositoryformatversion = 1"}) {
    if (absl::StrContains(config, word)) return false;
  }
  const size_t bare = config.find("bare");
  return bare == std::string::npos || (absl::StartsWith(absl::string_view(config).substr(bare), "bare = false") &&
                                       config.find("bare", bare + 1) == std::string::npos);
}

bool IsPlainGitDir(const fs::PosixFilesystem& disk, const std::string& git_dir) {
  const auto is = [&](absl::string_view name, fs::Kind kind) {
    const auto info = disk.Lstat(absl::StrCat(git_dir, "/", name));
    return info.ok() && info->kind == kind;
  };
  if (!is("HEAD", fs::Kind::kFile) || !is("objects", fs::Kind::kDirectory) || !is("refs", fs::Kind::kDirectory)) {
    return false;
  }
  if (disk.Exists(absl::StrCat(git_dir, "/commondir"))) return false;
  const auto config = disk.Read(absl::StrCat(git_dir, "/config"));
  return config.ok() && IsPlainConfig(*config);
}

}  // namespace

std::optional<RepositoryLayout> FindPlainRepository(const std::string& dir) {
  char resolved[PATH_MAX];
  if (realpath(dir.c_str(), resolved) == nullptr) return std::nullopt;
  const fs::PosixFilesystem disk;
  std::optional<uint64_t> device;
  for (std::string at = resolved; at != "/"; at = fs::Dirname(at)) {
    const auto info = disk.Lstat(at);
    if (!info.ok() || info->device != device.value_or(info->device)) return std::nullopt;
    device = info->device;
    if (disk.Exists(fs::Join(at, "HEAD"))) return std::nullopt;  // it may be a bare repository, or a .git folder
    const std::string git_dir = fs::Join(at, ".git");
    const auto found = disk.Lstat(git_dir);
    if (!found.ok()) continue;
    const bool plain = found->kind == fs::Kind::kDirectory && found->device == *device && IsOwn(at).value_or(false) &&
                       IsOwn(git_dir).value_or(false) && IsPlainGitDir(disk, git_dir);
    if (!plain) return std::nullopt;
    return RepositoryLayout{.worktree = at, .git_dir = git_dir, .common_dir = git_dir};
  }
  return std::nullopt;
}

}  // namespace expq::git
