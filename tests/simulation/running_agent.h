#pragma once

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "agent/agent.h"

namespace expq::testing {

// An agent in a thread of its own.
class RunningAgent {
 public:
  RunningAgent(agent::Tools tools, agent::Options options)
      : agent_(std::move(tools), std::move(options)), thread_([this] { summary_ = agent_.Run(drain, stop); }) {}
  ~RunningAgent() {
    if (!thread_.joinable()) return;
    stop.Stop();
    thread_.join();
  }
  agent::Summary Join() {
    thread_.join();
    EXPECT_TRUE(summary_.ok()) << summary_.status();
    return summary_.value_or(agent::Summary());
  }
  sync::StopToken drain, stop;

 private:
  agent::Agent agent_;
  absl::StatusOr<agent::Summary> summary_;
  std::thread thread_;
};

}  // namespace expq::testing
