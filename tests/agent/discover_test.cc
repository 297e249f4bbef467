#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "agent/agent.h"
#include "common/process/runners.h"
#include "tests/support/temp_dir.h"

namespace expq::agent {
namespace {

class DiscoverGpusTest : public ::testing::Test {
 protected:
  void NvidiaSmi(const std::string& script) { dir_.Write("bin/nvidia-smi", "#!/bin/sh\n" + script, 0755); }
  absl::StatusOr<std::vector<std::string>> Discover(const std::string& spec) {
    process::DirectRunner runner;
    return DiscoverGpus(spec, runner, {"PATH=" + (dir_ / "bin")}, dir_ / "scratch");
  }
  testing::TempDir dir_;
  const std::string two_ = "echo '0, GPU-aaaa'\necho '1, GPU-bbbb'\n";
};

TEST_F(DiscoverGpusTest, FindsAllByUuid) {
  NvidiaSmi(two_);
  EXPECT_EQ(*Discover("all"), (std::vector<std::string>{"GPU-aaaa", "GPU-bbbb"}));
}

TEST_F(DiscoverGpusTest, FindsNoneWhereThereIsNoDriver) {
  EXPECT_TRUE(Discover("all")->empty());
  EXPECT_TRUE(Discover("none")->empty());
}

TEST_F(DiscoverGpusTest, TurnsIndicesIntoUuidsWhereItCan) {
  NvidiaSmi(two_);
  EXPECT_EQ(*Discover("1"), (std::vector<std::string>{"GPU-bbbb"}));
  EXPECT_EQ(*Discover("GPU-cccc, 0"), (std::vector<std::string>{"GPU-cccc", "GPU-aaaa"}));
}

TEST_F(DiscoverGpusTest, TakesIndicesAsGivenWhereThereIsNoDriver) {
  EXPECT_EQ(*Discover("0,1"), (std::vector<std::string>{"0", "1"}));
}

TEST_F(DiscoverGpusTest, RefusesTheSameGpuTwiceAndNonsense) {
  NvidiaSmi(two_);
  EXPECT_EQ(Discover("0,GPU-aaaa").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Discover("0,x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Discover("-1").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DiscoverGpusTest, SaysWhatIsWrongWithTheDriver) {
  NvidiaSmi("echo 'Failed to initialize NVML' >&2; exit 9\n");
  auto gpus = Discover("all");
  EXPECT_TRUE(absl::StrContains(gpus.status().message(), "Failed to initialize NVML")) << gpus.status();
}

TEST(DiscoverHost, FindsCpusAndMemory) {
  experiment::Offer host = DiscoverHost();
  EXPECT_GE(host.cpus, 1);
  EXPECT_GE(host.memory, 64 << 20);
}

}  // namespace
}  // namespace expq::agent
