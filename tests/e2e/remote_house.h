// A scheduler daemon and agents that share nothing with the user's folders.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/workbench.h"

namespace expq::testing {

// A scheduler of its own on any free port. It ends with the test.
class House {
 public:
  explicit House(std::vector<std::string> options = {})
      : options_(std::move(options)), expq_(EXPQ_BIN_DIR "/expq", dir_.path()) {
    Open("127.0.0.1:0");
  }

  void Open(const std::string& address) {
    std::vector<std::string> args = {"scheduler",        "--listen",    address,      "--data",
                                     dir_ / "scheduler", "--info-file", dir_ / "info"};
    args.insert(args.end(), options_.begin(), options_.end());
    scheduler_ = std::make_unique<Background>(expq_, args);
    ASSERT_TRUE(scheduler_->WaitForOut("listening on "));
    address_ = TextAt(Workbench::Parsed(dir_.Read("info")), "address");
  }
  void Kill() {
    scheduler_->Signal(SIGKILL);
    scheduler_->Join();
  }
  std::unique_ptr<Background> Agent(const std::string& name, std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"agent", "--scheduler", address_, "--name", name, "--data", dir_ / name};
    args.insert(args.end(), more.begin(), more.end());
    return std::make_unique<Background>(expq_, args);
  }
  // A user's repository whose queue is here.
  Workbench NewBench() const { return Workbench({"EXPQ_SCHEDULER=" + address_}); }
  const std::string& address() const { return address_; }
  const TempDir& dir() const { return dir_; }

 private:
  const std::vector<std::string> options_;
  TempDir dir_;
  Program expq_;
  std::unique_ptr<Background> scheduler_;
  std::string address_;
};

}  // namespace expq::testing
