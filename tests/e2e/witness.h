// What a command must leave alone, bit for bit.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/temp_repo.h"

namespace expq::testing {

// Remembers the user's side of a repository: every file of the worktree with its mode, index, HEAD, and the refs that
// are the user's (branches, tags, stash). Not the cache, nor expq's own refs and folder.
class Witness {
 public:
  explicit Witness(const TempRepo& repo) : repo_(repo), before_(Look()) {}

  void ExpectUntouched() const { EXPECT_EQ(Look(), before_); }

 private:
  std::map<std::string, std::string> Look() const {
    std::map<std::string, std::string> seen;
    std::filesystem::recursive_directory_iterator walk(repo_.path());
    for (auto entry = begin(walk); entry != end(walk); ++entry) {
      const std::string name = std::filesystem::relative(entry->path(), repo_.path()).string();
      if (name == ".git" || name == ".dvc/cache") {
        entry.disable_recursion_pending();
      } else {
        seen[name] = Describe(*entry);
      }
    }
    for (const char* name : {".git/index", ".git/HEAD", ".git/logs/HEAD"}) {
      seen[name] = Describe(std::filesystem::directory_entry(repo_ / name));
    }
    seen["refs"] = repo_.Git({"for-each-ref", "refs/heads", "refs/tags", "refs/stash"});
    return seen;
  }

  static std::string Describe(const std::filesystem::directory_entry& entry) {
    struct stat info = {};
    if (lstat(entry.path().c_str(), &info) != 0) return "absent";
    if (entry.is_symlink()) return absl::StrCat("-> ", std::filesystem::read_symlink(entry.path()).string());
    if (entry.is_directory()) return absl::StrCat("folder ", info.st_mode);
    std::ifstream file(entry.path(), std::ios::binary);
    return absl::StrCat("file ", info.st_mode, "\n", std::string(std::istreambuf_iterator<char>(file), {}));
  }

  const TempRepo& repo_;
  const std::map<std::string, std::string> before_;
};

// Work in every state that git knows: a staged file, a changed one, one that is not tracked, a stash.
inline void MakeMess(const TempRepo& repo) {
  repo.Write("raw.txt", "to be stashed\n");
  repo.Git({"stash", "-q"});
  repo.Write("staged.txt", "staged\n");
  repo.Stage("staged.txt");
  repo.Write("staged.txt", "staged, then changed\n");
  repo.Write("train.sh", repo.Read("train.sh") + "# changed\n", 0755);
  repo.Write("untracked.txt", "mine\n");
}

}  // namespace expq::testing
