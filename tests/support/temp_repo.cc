#include "tests/support/temp_repo.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace expq::testing {
namespace {

// This process's environment without any GIT_… and without configuration files outside the repository.
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!absl::StartsWith(*entry, "GIT_")) environment.push_back(*entry);
  }
  for (const char* entry : {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
                            "GIT_ALLOW_PROTOCOL=file", "LC_ALL=C"}) {
    environment.push_back(entry);
  }
  return environment;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[8192];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0) text.append(buffer, static_cast<size_t>(got));
  return text;
}

}  // namespace

std::string RunGit(const std::string& dir, const std::vector<std::string>& args, bool may_fail) {
  // Submodules from a local folder and the user's name: git's defaults forbid the one and lack the other.
  std::vector<std::string> argv = {"git", "-C", dir, "-c", "protocol.file.allow=always", "-c", "gc.auto=0"};
  argv.insert(argv.end(), args.begin(), args.end());
  std::vector<std::string> environment = CleanEnvironment();
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) ADD_FAILURE() << "pipe: " << strerror(errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (may_fail) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  int error = posix_spawnp(&pid, "git", &actions, nullptr, Pointers(argv).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  std::string text = ReadAll(out[0]);
  close(out[0]);
  int status = 0;
  if (error == 0) waitpid(pid, &status, 0);
  bool ok = error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!ok && !may_fail) ADD_FAILURE() << "git " << absl::StrJoin(args, " ") << " failed in " << dir;
  if (!ok) return "";
  if (absl::EndsWith(text, "\n")) text.pop_back();
  return text;
}

TempRepo::TempRepo() {
  Git({"init", "--quiet", "--initial-branch=main"});
  Git({"config", "user.name", "Ada"});
  Git({"config", "user.email", "ada@example.org"});
}

void TempRepo::Symlink(const std::string& target, absl::string_view relative) const {
  std::filesystem::path link = dir_ / relative;
  std::filesystem::create_directories(link.parent_path());
  std::filesystem::create_symlink(target, link);
}

void TempRepo::Remove(absl::string_view relative) const { std::filesystem::remove_all(dir_ / relative); }

std::string TempRepo::Commit(const std::string& message) const {
  Git({"add", "--all"});
  Git({"commit", "--quiet", "--allow-empty", "-m", message});
  return Head();
}

}  // namespace expq::testing
