#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/process/runners.h"
#include "tests/common/process/stage_script.h"

namespace expq::process {
namespace {

TEST(DirectRunner, ReportsTheExitCodeAndAppendsBothStreams) {
  testing::TempDir dir;
  dir.Write("output", "before\n");
  auto result = DirectRunner().Run(Shell(dir, "echo out; echo err >&2; exit 3"), sync::StopToken());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->code, 3);
  EXPECT_FALSE(result->ok());
  EXPECT_EQ(result->Describe(), "exited with code 3");
  EXPECT_EQ(dir.Read("output"), "before\nout\nerr\n");
}

TEST(DirectRunner, ReportsTheSignalThatEndedTheCommand) {
  testing::TempDir dir;
  auto result = DirectRunner().Run(Shell(dir, "kill -SEGV $$"), sync::StopToken());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->code, -1);
  EXPECT_EQ(result->signal, SIGSEGV);
  EXPECT_EQ(result->Describe(), "killed by signal 11 (Segmentation fault)");
}

TEST(ExitResult, ExplainsAShellsCodeForASignal) {
  EXPECT_EQ(ExitResult{.code = 137}.Describe(), "exited with code 137 (128 + signal 9, Killed)");
  EXPECT_EQ(ExitResult{.code = 128}.Describe(), "exited with code 128");
  EXPECT_EQ(ExitResult{.code = 255}.Describe(), "exited with code 255");
}

TEST(DirectRunner, GivesExactlyTheEnvironmentAndFolderAskedFor) {
  testing::TempDir dir;
  Command command =
      Shell(dir, "pwd -P; env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort; ls /proc/self/fd | wc -l");
  command.env.push_back("ONE=1 and a half");
  ASSERT_TRUE(DirectRunner().Run(command, sync::StopToken()).ok());
  // ls has its own descriptor of the folder besides the three.
  EXPECT_EQ(dir.Read("output"), dir.path() + "\nLC_ALL=C\nONE=1 and a half\nPATH=/usr/local/bin:/usr/bin:/bin\n4\n");
}

TEST(DirectRunner, DoesNotHandItsIgnoredAndBlockedSignalsOn) {
  testing::TempDir dir;
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  signal(SIGPIPE, SIG_IGN);
  auto piped = DirectRunner().Run(Shell(dir, "kill -PIPE $$"), sync::StopToken());
  auto sent = DirectRunner().Run(Shell(dir, "kill -USR1 $$"), sync::StopToken());
  signal(SIGPIPE, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(piped.ok() && sent.ok());
  EXPECT_EQ(piped->signal, SIGPIPE);
  EXPECT_EQ(sent->signal, SIGUSR1);
}

TEST(DirectRunner, SaysWhichProgramIsMissingAndWhereItLooked) {
  testing::TempDir dir;
  Command command = Shell(dir, "");
  command.argv = {"no-such-program"};
  auto result = DirectRunner().Run(command, sync::StopToken());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(result.status().message(), "program 'no-such-program' is not in PATH (/usr/local/bin:/usr/bin:/bin)");
}

TEST(DirectRunner, SaysWhichFileCannotBeExecuted) {
  testing::TempDir dir;
  std::string script = dir.Write("script", "#!/bin/sh\n", 0644);
  Command command = Shell(dir, "");
  command.argv = {"./script"};
  auto result = DirectRunner().Run(command, sync::StopToken());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(result.status().message(), "program " + dir.path() + "/./script: not an executable file");
}

TEST(DirectRunner, PassesOverFoldersOfThePathThatItMayNotLookInto) {
  if (geteuid() == 0) GTEST_SKIP() << "root may look everywhere";
  testing::TempDir dir;
  dir.Write("locked/tool", "#!/bin/sh\n", 0755);
  ASSERT_EQ(chmod((dir / "locked").c_str(), 0), 0);
  Command command = Shell(dir, "");
  command.env = {"PATH=" + dir / "locked" + ":/usr/bin:/bin"};
  command.argv = {"tool"};
  EXPECT_EQ(DirectRunner().Run(command, sync::StopToken()).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(chmod((dir / "locked").c_str(), 0700), 0);
}

TEST(DirectRunner, SaysWhichInterpreterOrFolderIsMissing) {
  testing::TempDir dir;
  dir.Write("script", "#!/no/such/interpreter\n", 0755);
  Command command = Shell(dir, "");
  command.argv = {"./script"};
  EXPECT_EQ(DirectRunner().Run(command, sync::StopToken()).status().code(), absl::StatusCode::kNotFound);
  command.cwd = dir / "nowhere";
  EXPECT_EQ(DirectRunner().Run(Shell(dir, "true"), sync::StopToken())->code, 0);
  auto result = DirectRunner().Run(command, sync::StopToken());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
}

TEST(DirectRunner, EndsACommandAtItsTimeout) {
  testing::TempDir dir;
  Command command = Shell(dir, "sleep 1000");
  command.timeout = absl::Milliseconds(50);
  auto result = DirectRunner().Run(command, sync::StopToken());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->timed_out);
  EXPECT_FALSE(result->stopped);
  EXPECT_EQ(result->signal, SIGTERM);
  EXPECT_EQ(result->Describe(), "timed out after 50ms");
}

TEST(DirectRunner, KillsWhatIgnoresTheRequestToStop) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  Command command = Shell(dir, "trap '' TERM; echo $$ > fifo; while :; do sleep 1000; done");
  command.grace = absl::Milliseconds(50);
  sync::StopToken stop;
  absl::StatusOr<ExitResult> result;
  std::thread runner([&] { result = DirectRunner().Run(command, stop); });
  std::string pid = fifo.Line();
  stop.Stop();
  runner.join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->stopped);
  EXPECT_EQ(result->signal, SIGKILL);
  EXPECT_FALSE(result->out_of_memory);
  EXPECT_FALSE(Alive(pid));
}

TEST(DirectRunner, LeavesNothingOfTheGroupBehind) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  auto result = DirectRunner().Run(Shell(dir, "sleep 1000 & echo $! > fifo"), sync::StopToken());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->ok());
  EXPECT_FALSE(Alive(fifo.Line()));
}

TEST(DirectRunner, InTheForegroundEndsTheWholeTreeToo) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  sync::StopToken stop;
  absl::StatusOr<ExitResult> result;
  std::thread runner([&] { result = DirectRunner(true).Run(Shell(dir, "sleep 1000 & echo $! > fifo; wait"), stop); });
  std::string pid = fifo.Line();
  stop.Stop();
  runner.join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->stopped);
  EXPECT_FALSE(Alive(pid));
}

TEST(DirectRunner, StartsNothingWhenAlreadyStopped) {
  testing::TempDir dir;
  sync::StopToken stop;
  stop.Stop();
  auto result = DirectRunner().Run(Shell(dir, "echo ran"), stop);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->stopped);
  EXPECT_FALSE(std::ifstream(dir / "output").good());
}

}  // namespace
}  // namespace expq::process
