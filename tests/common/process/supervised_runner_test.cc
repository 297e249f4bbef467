#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/process/runners.h"
#include "common/process/spawner.h"
#include "common/process/supervisor_files.h"
#include "tests/common/process/stage_script.h"

namespace expq::process {
namespace {

const char kSupervisor[] = EXPQ_BIN_DIR "/expq-supervise";

SupervisorOptions AsLongAsWe() { return {.program = kSupervisor}; }
SupervisorOptions Outliving() { return {.program = kSupervisor, .outlive = true}; }

// A run in a thread, so that the test can look at it from outside.
class Running {
 public:
  Running(SupervisorOptions options, Command command)
      : thread_([this, options, command] { result_ = SupervisedRunner(options).Run(command, stop_); }) {}
  ~Running() {
    stop_.Stop();
    if (thread_.joinable()) thread_.join();
  }
  absl::StatusOr<ExitResult> Result() {
    thread_.join();
    return result_;
  }
  absl::StatusOr<ExitResult> Stop() {
    stop_.Stop();
    return Result();
  }

 private:
  sync::StopToken stop_;
  absl::StatusOr<ExitResult> result_;
  std::thread thread_;
};

class BothModes : public ::testing::TestWithParam<bool> {
 protected:
  absl::StatusOr<ExitResult> Run(const Command& command) {
    return SupervisedRunner(Options()).Run(command, sync::StopToken());
  }
  SupervisorOptions Options() { return GetParam() ? Outliving() : AsLongAsWe(); }
  testing::TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(SupervisedRunner, BothModes, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Outliving" : "AsLongAsWe"; });

TEST_P(BothModes, ReportsTheExitCodeAndAppendsBothStreams) {
  auto result = Run(Shell(dir_, "echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->code, 3);
  EXPECT_EQ(dir_.Read("output"), "out\nerr\n");
}

TEST_P(BothModes, ReportsTheSignalThatEndedTheCommand) {
  auto result = Run(Shell(dir_, "kill -SEGV $$"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->signal, SIGSEGV);
  EXPECT_EQ(result->code, -1);
}

TEST_P(BothModes, SaysWhichProgramIsMissing) {
  Command command = Shell(dir_, "");
  command.argv = {"no-such-program"};
  EXPECT_EQ(Run(command).status().code(), absl::StatusCode::kNotFound);
  dir_.Write("script", "#!/no/such/interpreter\n", 0755);
  command.argv = {"./script"};
  auto result = Run(command);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(result.status().message(), "./script")) << result.status();
}

TEST_P(BothModes, GivesTheCommandThreeDescriptorsAndItsOwnSession) {
  auto result = Run(Shell(dir_, "ls /proc/self/fd | wc -l; ps -o sid= -p $$"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(absl::StartsWith(dir_.Read("output"), "4\n")) << dir_.Read("output");
  EXPECT_FALSE(absl::StrContains(dir_.Read("output"), absl::StrCat(" ", getsid(0), "\n")));
}

TEST_P(BothModes, EndsACommandAtItsTimeout) {
  Command command = Shell(dir_, "sleep 1000");
  command.timeout = absl::Milliseconds(50);
  auto result = Run(command);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->timed_out);
  EXPECT_FALSE(result->stopped);
  EXPECT_EQ(result->Describe(), "timed out after 50ms");
}

TEST_P(BothModes, StopsWithGraceSoThatACheckpointCanBeKept) {
  Fifo fifo(dir_ / "fifo");
  Running running(Options(), Shell(dir_, "trap 'echo saved; exit 7' TERM; echo > fifo; while :; do sleep 0.01; done"));
  fifo.Line();
  auto result = running.Stop();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->stopped);
  EXPECT_EQ(result->code, 7);
  EXPECT_TRUE(absl::EndsWith(dir_.Read("output"), "saved\n"));
}

TEST_P(BothModes, KillsWhatIgnoresTheRequestToStop) {
  Fifo fifo(dir_ / "fifo");
  Command command = Shell(dir_, "trap '' TERM; echo $$ > fifo; while :; do sleep 1000; done");
  command.grace = absl::Milliseconds(50);
  Running running(Options(), command);
  std::string pid = fifo.Line();
  auto result = running.Stop();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->stopped);
  EXPECT_EQ(result->signal, SIGKILL);
  EXPECT_FALSE(result->out_of_memory);
  EXPECT_FALSE(Alive(pid));
}

TEST_P(BothModes, EndsADaemonThatTheCommandForked) {
  Fifo fifo(dir_ / "fifo");
  Fifo go(dir_ / "go");
  Running running(Options(), Shell(dir_,
                                   "setsid sh -c 'sh -c \"echo \\$\\$ > fifo; exec sleep 1000\" & exit' & "
                                   "read x < go; exit 0"));
  std::string daemon = fifo.Line();
  std::ofstream(dir_ / "go") << "on\n";
  auto result = running.Result();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->ok());
  EXPECT_FALSE(Alive(daemon));
}

TEST_P(BothModes, KillsADaemonThatIgnoresEverything) {
  Fifo fifo(dir_ / "fifo");
  Fifo go(dir_ / "go");
  Command command =
      Shell(dir_, "setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > fifo; while :; do sleep 1000; done' & read x < go");
  command.grace = absl::Milliseconds(50);
  Running running(Options(), command);
  std::string daemon = fifo.Line();
  std::ofstream(dir_ / "go") << "on\n";
  ASSERT_TRUE(running.Result().ok());
  EXPECT_FALSE(Alive(daemon));
}

TEST_P(BothModes, OutrunsWhatKeepsForking) {
  Command command = Shell(dir_, "f() { trap '' TERM; while :; do sleep 1000 & sleep 0.01; done; }; f & f & f & exit 5");
  command.grace = absl::Milliseconds(100);
  auto result = Run(command);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->code, 5);
  for (const ProcStat& process : ListProcesses()) {
    if (process.Dead()) continue;
    std::string cwd(4096, '\0');
    ssize_t size = readlink(absl::StrCat("/proc/", process.pid, "/cwd").c_str(), cwd.data(), cwd.size());
    EXPECT_FALSE(size > 0 && cwd.substr(0, static_cast<size_t>(size)) == dir_.path()) << "still there: " << process.pid;
  }
}

TEST_P(BothModes, EndsAStoppedCommandToo) {
  Fifo fifo(dir_ / "fifo");
  Running running(Options(), Shell(dir_, "echo $$ > fifo; kill -STOP $$; sleep 1000"));
  std::string pid = fifo.Line();
  auto result = running.Stop();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(Alive(pid));
}

TEST_P(BothModes, EndsTheCommandWhenItsSupervisorIsKilled) {
  Fifo fifo(dir_ / "fifo");
  Running running(Options(), Shell(dir_, "sleep 1000 & echo $! > fifo; echo $$ > fifo; wait"));
  std::string child = fifo.Line();
  std::string command = fifo.Line();
  auto supervisor = SupervisorFiles(dir_ / "state").Supervisor("");
  ASSERT_TRUE(supervisor.has_value());
  Descriptor watch_child = *OpenProcess(std::stoi(child));
  Descriptor watch_command = *OpenProcess(std::stoi(command));
  kill(supervisor->pid, SIGKILL);
  auto result = running.Result();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal) << result.status();
  EXPECT_TRUE(Poll({watch_child.get()}, absl::Minutes(1))[0]);
  EXPECT_TRUE(Poll({watch_command.get()}, absl::Minutes(1))[0]);
}

TEST(SupervisedRunner, FindsAnEarlierStatusOfTheSameCommandWhenOutliving) {
  testing::TempDir dir;
  Command command = Shell(dir, "echo ran");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(SupervisedRunner(Outliving()).Run(command, sync::StopToken()).ok());
  EXPECT_EQ(dir.Read("output"), "ran\n");
  Command other = Shell(dir, "echo other");
  ASSERT_TRUE(SupervisedRunner(Outliving()).Run(other, sync::StopToken()).ok());
  EXPECT_EQ(dir.Read("output"), "ran\nother\n");
}

TEST(SupervisedRunner, RunsAnewWhenItDoesNotOutlive) {
  testing::TempDir dir;
  Command command = Shell(dir, "echo ran");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(SupervisedRunner(AsLongAsWe()).Run(command, sync::StopToken()).ok());
  EXPECT_EQ(dir.Read("output"), "ran\nran\n");
}

TEST(SupervisedRunner, WaitsForTheCommandThatAnEarlierAgentStarted) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  Fifo go(dir / "go");
  Command command = Shell(dir, "echo started; echo > fifo; read x < go; exit 4");
  Running first(Outliving(), command);
  fifo.Line();
  Running second(Outliving(), command);
  std::ofstream(dir / "go") << "on\n";
  auto result = second.Result();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->code, 4);
  EXPECT_EQ(first.Result()->code, 4);
  EXPECT_EQ(dir.Read("output"), "started\n");
}

// An agent's side of the pipe or lease, without an agent.
absl::StatusOr<Child> StartSupervisor(const Command& command, std::vector<std::string> arguments, int alive_fd) {
  SpawnRequest request{.program = kSupervisor, .env = command.env, .cwd = command.cwd};
  request.argv = {"expq-supervise", "--state", command.state_dir, "--key", "key"};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  request.argv.insert(request.argv.end(), {"--", "/bin/sh"});
  request.argv.insert(request.argv.end(), command.argv.begin(), command.argv.end());
  request.place = Place::kOwnSession;
  if (alive_fd >= 0) request.descriptors = {{alive_fd, 3}};
  mkdir(command.state_dir.c_str(), 0700);
  return Spawn(request);
}

TEST(Supervisor, KillsEverythingWhenItsAgentIsGone) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  Command command = Shell(dir, "trap '' TERM; setsid sleep 1000 & echo $! > fifo; wait; sleep 1000");
  auto supervisor = StartSupervisor(command, {"--alive-fd", "3"}, ends[0]);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  std::string daemon = fifo.Line();
  close(ends[1]);
  EXPECT_TRUE(Poll({supervisor->descriptor.get()}, absl::Minutes(1))[0]);
  Reap(*supervisor);
  EXPECT_FALSE(Alive(daemon));
  close(ends[0]);
}

TEST(Supervisor, StartsNothingWhenItsAgentIsGoneAlready) {
  testing::TempDir dir;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[1]);
  auto supervisor = StartSupervisor(Shell(dir, "touch ran"), {"--alive-fd", "3"}, ends[0]);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  Reap(*supervisor);
  EXPECT_NE(access((dir / "ran").c_str(), F_OK), 0);
  close(ends[0]);
}

TEST(Supervisor, KillsEverythingWhenItsLeaseIsNotRenewed) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  auto supervisor = StartSupervisor(Shell(dir, "echo $$ > fifo; sleep 1000"), {"--lease-ms", "80"}, -1);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  std::string command = fifo.Line();
  EXPECT_TRUE(Poll({supervisor->descriptor.get()}, absl::Minutes(1))[0]);
  Reap(*supervisor);
  EXPECT_FALSE(Alive(command));
  auto status = SupervisorFiles(dir / "state").Status("key");
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(status->result.stopped);
}

TEST(Supervisor, IsEndedAtOnceForTheNextAgent) {
  testing::TempDir dir;
  Fifo fifo(dir / "fifo");
  auto supervisor = StartSupervisor(Shell(dir, "trap '' TERM; echo $$ > fifo; while :; do sleep 1000; done"),
                                    {"--lease-ms", "60000"}, -1);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  std::string command = fifo.Line();
  EXPECT_TRUE(EndSupervised(dir / "state", absl::Minutes(1)).ok());
  EXPECT_FALSE(Alive(command));
  Reap(*supervisor);
  EXPECT_TRUE(EndSupervised(dir / "state", absl::Minutes(1)).ok());
  EXPECT_TRUE(EndSupervised(dir / "nothing", absl::Minutes(1)).ok());
}

TEST(FindSupervisor, TakesTheOneThatTheEnvironmentNames) {
  setenv("EXPQ_SUPERVISE", kSupervisor, 1);
  EXPECT_EQ(*FindSupervisor(), kSupervisor);
  setenv("EXPQ_SUPERVISE", "/no/such/file", 1);
  auto missing = FindSupervisor();
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(missing.status().message(), "/no/such/file"));
  unsetenv("EXPQ_SUPERVISE");
}

}  // namespace
}  // namespace expq::process
