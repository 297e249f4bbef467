// Stages that misbehave: what they did is said, nothing of them is left, and the queue goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "absl/strings/numbers.h"
#include "tests/e2e/remote_house.h"
#include "tests/e2e/stage_script.h"

namespace expq::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
// The sanitizers' own books need memory, and time: a minute for a gigabyte that travels.
constexpr int64_t kPrinted = 200'000'000;
constexpr int64_t kMostMemoryKiB = int64_t{1} << 40;
#else
constexpr int64_t kPrinted = 1'000'000'000;
constexpr int64_t kMostMemoryKiB = 150'000;
#endif
// Whoever runs a stage that prints so much needs hardly more than for one that prints nothing.
constexpr int64_t kMoreMemoryKiB = 50'000;

// Prints much, for units = 2; then looks up the memory that the expq which runs it has needed at most so far.
constexpr char kNoisy[] =
    "if grep -q 'units: 2 ' params.yaml; then yes 0123456789abcdef | head -c \"$PRINT\"; fi\n"
    "p=$$; while [ \"$(cat /proc/$p/comm)\" != expq ]; do p=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$p/stat); done\n"
    "sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\) kB/{\"kib\": \\1}/p' /proc/$p/status > metrics.json\n"
    "echo x > o.bin\n";

void WriteNoisyStage(const Workbench& bench) {
  WriteOneStage(bench, kNoisy);
  bench.repo().Write("dvc.yaml",
                     bench.repo().Read("dvc.yaml") + "    metrics:\n    - metrics.json:\n        cache: false\n");
  bench.repo().Commit("measured");
}

int64_t MostMemory(const value::Value& listed, const std::string& name) {
  for (const value::Value& e : *listed.map()->Find("experiments")->list()) {
    if (TextAt(e, "name") != name) continue;
    const value::Value* file = e.map()->Find("metrics")->map()->Find("metrics.json");
    int64_t kib = 0;
    EXPECT_TRUE(file != nullptr && absl::SimpleAtoi(TextAt(*file, "kib"), &kib)) << "no figure";
    return kib;
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

void ExpectWholeAndHeldByNobody(const Workbench& bench, int64_t log_size) {
  const value::Value listed = bench.Json({"list"});
  EXPECT_LT(MostMemory(listed, "noisy"), kMostMemoryKiB);
  EXPECT_LT(MostMemory(listed, "noisy") - MostMemory(listed, "silent"), kMoreMemoryKiB);
  EXPECT_EQ(log_size, kPrinted);
}

// The size of the log that `expq logs NAME --raw` prints, without holding it in memory.
int64_t LogSize(const Workbench& bench, const std::string& name, std::vector<std::string> variables = {}) {
  const Program shell("/bin/sh", bench.repo().path(), std::move(variables));
  const Ended ended = shell.Run({"-c", "\"$0\" logs --raw --stage s \"$1\" | wc -c", EXPQ_BIN_DIR "/expq", name});
  int64_t size = -1;
  EXPECT_TRUE(absl::SimpleAtoi(ended.out, &size)) << ended.out << ended.err;
  return size;
}

TEST(WrongProcess, AKilledStageFailsItsExperimentAndTheQueueGoesOn) {
  const Workbench bench;
  WriteOneStage(bench, "echo before; if grep -q 'units: 13' params.yaml; then kill -9 $$; fi; echo x > o.bin\n");
  bench.Out({"submit", "-n", "g", "-S", "units=13,14"});
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  // Whether the script's shell or the one around it is killed depends on the user's shell.
  EXPECT_THAT(ran.err, AnyOf(HasSubstr("failed g-1: stage 's': killed by signal 9 (Killed)\n"),
                             HasSubstr("failed g-1: stage 's': exited with code 137 (128 + signal 9, Killed)\n")));
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=failed g-2=succeeded");
  EXPECT_EQ(TextAt(bench.Json({"queue"}), "experiments.0.cause"), "user-code");
  EXPECT_THAT(bench.Out({"logs", "g-1"}), HasSubstr("before\n"));
}

TEST(WrongProcess, ALogOfAGigabyteIsWholeAndHeldByNobody) {
  const Workbench bench;
  WriteNoisyStage(bench);
  bench.Out({"submit", "-n", "silent", "-S", "units=1"});
  bench.Out({"submit", "-n", "noisy", "-S", "units=2", "-e", absl::StrCat("PRINT=", kPrinted)});
  bench.Out({"run-all"});
  ExpectWholeAndHeldByNobody(bench, LogSize(bench, "noisy"));
}

TEST(WrongProcess, ALogOfAGigabyteTravelsWhole) {
  const House house;
  const std::vector<std::string> variables = {"EXPQ_SCHEDULER=" + house.address()};
  const Workbench bench(variables);
  WriteNoisyStage(bench);
  bench.Out({"submit", "-n", "silent", "-S", "units=1"});
  bench.Out({"submit", "-n", "noisy", "-S", "units=2", "-e", absl::StrCat("PRINT=", kPrinted)});
  const auto agent = house.Agent("box");
  ASSERT_EQ(bench.Run({"wait"}).code, 0);
  ExpectWholeAndHeldByNobody(bench, LogSize(bench, "noisy", variables));
}

TEST(WrongProcess, ADaemonThatAStageLeavesBehindIsEnded) {
  const TempDir pids;
  const Workbench bench({"PIDS=" + pids.path()});
  WriteOneStage(
      bench,
      "setsid sh -c 'echo $$ > \"$PIDS/polite\"; exec sleep 1000' &\n"
      "setsid sh -c 'trap \"\" TERM; echo $$ > \"$PIDS/deaf\"; exec >/dev/null 2>&1; sleep 1000; sleep 1000' &\n"
      "while [ ! -s \"$PIDS/polite\" ] || [ ! -s \"$PIDS/deaf\" ]; do sleep 0.01; done\n"
      "echo x > o.bin\n");
  bench.Out({"submit", "-n", "parent"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "parent=succeeded");
  for (const char* name : {"polite", "deaf"}) {
    int pid = 0;
    ASSERT_TRUE(absl::SimpleAtoi(pids.Read(name), &pid));
    EXPECT_TRUE(Eventually([pid] { return kill(pid, 0) != 0; })) << name << " lives";
  }
}

TEST(WrongProcess, ABrokenGpuDriverKeepsNothingFromRunningThatNeedsNone) {
  const TempDir bin;
  bin.Write("nvidia-smi", "#!/bin/sh\necho 'Failed to initialize NVML' >&2\nexit 9\n", 0755);
  const Workbench bench;
  const Program shell("/bin/sh", bench.repo().path());
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  const std::string run = "PATH=\"$1:$PATH\" \"$0\" run-all";
  const Ended asked = shell.Run({"-c", run + " --gpus 0,nonsense", EXPQ_BIN_DIR "/expq", bin.path()});
  EXPECT_EQ(asked.code, 2);
  const Ended ran = shell.Run({"-c", run, EXPQ_BIN_DIR "/expq", bin.path()});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("Failed to initialize NVML"));
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

}  // namespace
}  // namespace expq::testing
