#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/process/runners.h"
#include "common/sync/sync.h"

namespace expq::testing {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(60);
constexpr absl::Duration kLook = absl::Milliseconds(10);

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

Ended RunIn(const std::string& dir, const std::vector<std::string>& environment, std::vector<std::string> argv,
            const std::string& work, absl::Duration timeout) {
  process::Command command;
  command.argv = std::move(argv);
  command.cwd = dir;
  command.env = environment;
  command.output_path = work + "/out";
  command.timeout = timeout;
  command.grace = absl::Seconds(5);
  process::DirectRunner runner;
  const auto result = runner.Run(command, sync::StopToken());
  EXPECT_TRUE(result.ok()) << result.status();
  Ended ended;
  if (result.ok() && !result->timed_out) ended.code = result->signal != 0 ? 128 + result->signal : result->code;
  ended.out = Slurp(work + "/out");
  ended.err = Slurp(work + "/err");
  return ended;
}

}  // namespace

Program::Program(std::string program, std::string dir, std::vector<std::string> variables)
    : program_(std::move(program)), dir_(std::move(dir)), environment_(std::move(variables)) {
  const char* path = std::getenv("PATH");
  environment_.push_back(absl::StrCat("PATH=", path == nullptr ? "/usr/bin:/bin" : path));
  environment_.push_back(absl::StrCat("HOME=", home_.path()));
  environment_.push_back("GIT_CONFIG_NOSYSTEM=1");
  environment_.push_back("LC_ALL=C.UTF-8");
  environment_.push_back("TZ=UTC");
  for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* options = std::getenv(name)) environment_.push_back(absl::StrCat(name, "=", options));
  }
}

// The shell parts stdout from stderr, notes its pid, and becomes the program.
std::vector<std::string> Program::Argv(const std::vector<std::string>& args, const std::string& work) const {
  std::vector<std::string> argv = {
      "/bin/sh", "-c",    "echo $$ > \"$1/pid\"; cd \"$2\"; exec 2> \"$1/err\"; shift 2; exec \"$@\"", "sh", work,
      dir_,      program_};
  argv.insert(argv.end(), args.begin(), args.end());
  return argv;
}

Ended Program::Run(const std::vector<std::string>& args) const {
  const TempDir work;
  return RunIn(dir_, environment_, Argv(args, work.path()), work.path(), kDeadline);
}

Background::Background(const Program& program, const std::vector<std::string>& args) {
  thread_ = std::thread(
      [this, dir = program.dir_, environment = program.environment_, argv = program.Argv(args, work_.path())] {
        ended_ = RunIn(dir, environment, argv, work_.path(), 2 * kDeadline);
      });
}

Background::~Background() {
  if (!thread_.joinable()) return;
  if (Pid() > 0) Signal(SIGKILL);
  thread_.join();
}

int Background::Pid() const {
  int pid = 0;
  Eventually([&] {
    const std::string text = Slurp(work_.path() + "/pid");
    return !text.empty() && text.back() == '\n' && absl::SimpleAtoi(text, &pid);
  });
  return pid;
}

void Background::Signal(int signal) const {
  const int pid = Pid();
  ASSERT_GT(pid, 0);
  kill(pid, signal);
}

std::string Background::Out() const { return Slurp(work_.path() + "/out"); }
std::string Background::Err() const { return Slurp(work_.path() + "/err"); }

bool Background::WaitForErr(const std::string& text) const {
  return Eventually([&] { return Err().find(text) != std::string::npos; });
}

bool Background::WaitForOut(const std::string& text) const {
  return Eventually([&] { return Out().find(text) != std::string::npos; });
}

Ended Background::Join() {
  thread_.join();
  return ended_;
}

bool Eventually(const std::function<bool()>& holds) {
  const clock::SystemClock clock;
  for (const absl::Duration end = clock.Steady() + kDeadline; clock.Steady() < end;) {
    if (holds()) return true;
    sync::StopToken().WaitFor(kLook);
  }
  return false;
}

}  // namespace expq::testing
