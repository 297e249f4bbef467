// Agents that are gone: their work goes on, with them or with others, and counts once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/remote_house.h"
#include "tests/e2e/stage_script.h"

namespace expq::testing {
namespace {

size_t Files(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

// A stage that leaves a file in $RUNS each time it begins, and then waits at the gate.
class Held {
 public:
  explicit Held(const House& house) : bench_({"EXPQ_SCHEDULER=" + house.address()}) {
    WriteOneStage(bench_, "mktemp \"$RUNS/XXXXXX\"\n" + std::string(kWaitAtGate) + "echo x > o.bin\n");
    bench_.Out({"submit", "-n", "held", "-S", "units=1", "-e", "GATE=" + gate_.path(), "-e", "RUNS=" + runs_.path()});
  }
  ~Held() { Open(); }
  bool Begins(size_t times) const {
    return Eventually([&] { return Files(runs_.path()) == times; });
  }
  void Open() const { gate_.Write("open", ""); }
  const Workbench& bench() const { return bench_; }

 private:
  TempDir gate_, runs_;
  Workbench bench_;
};

TEST(LostAgent, AfterItsLeaseAnotherOneFinishesItsWork) {
  const House house({"--lease", "2s"});
  const Held held(house);
  const auto first = house.Agent("first");
  ASSERT_TRUE(held.Begins(1));
  first->Signal(SIGKILL);
  first->Join();
  const auto second = house.Agent("second");
  ASSERT_TRUE(held.Begins(2));
  held.Open();
  EXPECT_EQ(held.bench().Run({"wait", "held"}).code, 0);
  const value::Value listed = held.bench().Json({"list"});
  EXPECT_EQ(States(listed), "held=succeeded");
  EXPECT_EQ(TextAt(listed, "experiments.0.agent"), "second");
  EXPECT_EQ(TextAt(listed, "experiments.0.attempt"), "2");
}

TEST(LostAgent, BackAgainItGoesOnWithWhatItStarted) {
  const House house;
  const Held held(house);
  const auto first = house.Agent("box");
  ASSERT_TRUE(held.Begins(1));
  first->Signal(SIGKILL);
  first->Join();
  const auto again = house.Agent("box");
  held.Open();
  EXPECT_EQ(held.bench().Run({"wait", "held"}).code, 0);
  EXPECT_EQ(TextAt(held.bench().Json({"list"}), "experiments.0.attempt"), "1");
  EXPECT_TRUE(held.Begins(1)) << "its stage was started once";
}

TEST(LostAgent, TogetherWithItsSchedulerNothingIsLost) {
  House house;
  const Held held(house);
  const auto first = house.Agent("box");
  ASSERT_TRUE(held.Begins(1));
  house.Kill();
  first->Signal(SIGKILL);
  first->Join();
  held.Open();
  house.Open(house.address());
  const auto again = house.Agent("box");
  EXPECT_EQ(held.bench().Run({"wait", "held"}).code, 0);
  EXPECT_EQ(TextAt(held.bench().Json({"list"}), "experiments.0.attempt"), "1");
}

}  // namespace
}  // namespace expq::testing
