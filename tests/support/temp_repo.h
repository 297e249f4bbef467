// A real git repository in a folder of its own: what the user would have made by hand, with the real git program.
// Every step fails the test when it fails. Independent of the configuration of who runs the test.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/support/temp_dir.h"

namespace expq::testing {

// Runs git in `dir` with an empty user and system configuration; what it wrote to stdout, without the last newline.
// The test fails when git does, unless `may_fail`; then the result is "".
std::string RunGit(const std::string& dir, const std::vector<std::string>& args, bool may_fail = false);

class TempRepo {
 public:
  // On branch main, with a user but no commit.
  TempRepo();

  const std::string& path() const { return dir_.path(); }
  std::string operator/(absl::string_view relative) const { return dir_ / relative; }
  std::string Write(absl::string_view relative, absl::string_view bytes, uint32_t mode = 0644) const {
    return dir_.Write(relative, bytes, mode);
  }
  std::string Read(absl::string_view relative) const { return dir_.Read(relative); }
  void Symlink(const std::string& target, absl::string_view relative) const;
  void Remove(absl::string_view relative) const;  // a file or a folder with all in it
  std::string Git(const std::vector<std::string>& args) const { return RunGit(path(), args); }
  void Stage(absl::string_view relative) const { Git({"add", "--", std::string(relative)}); }
  // Stages all that is not ignored and commits it, even nothing; the commit's id.
  std::string Commit(const std::string& message = "a commit") const;
  std::string Head() const { return Git({"rev-parse", "HEAD"}); }

 private:
  TempDir dir_;
};

}  // namespace expq::testing
