// What the tests of this folder run: shell scripts that say through a FIFO when they have got somewhere.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/process/proc_stat.h"
#include "common/process/process_runner.h"
#include "tests/support/temp_dir.h"

namespace expq::process {

inline Command Shell(const testing::TempDir& dir, const std::string& script) {
  Command command;
  command.argv = {"sh", "-c", script};
  command.cwd = dir.path();
  command.env = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"};
  command.output_path = dir / "output";
  command.state_dir = dir / "state";
  return command;
}

// `echo … > fifo` in a script, Line() in the test.
class Fifo {
 public:
  explicit Fifo(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    fd_ = open(path_.c_str(), O_RDWR | O_CLOEXEC);  // also for writing, so that it never ends
  }
  ~Fifo() { close(fd_); }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  // The next line; the test fails after a minute without one.
  std::string Line() {
    std::string line;
    for (char c = 0; c != '\n';) {
      pollfd polled = {fd_, POLLIN, 0};
      if (poll(&polled, 1, 60000) != 1 || read(fd_, &c, 1) != 1) {
        ADD_FAILURE() << "nothing came through " << path_;
        return line;
      }
      if (c != '\n') line += c;
    }
    return line;
  }

 private:
  std::string path_;
  int fd_ = -1;
};

inline bool Alive(const std::string& pid) {
  auto stat = ReadProcStat(std::stoi(pid));
  return stat && !stat->Dead();
}

}  // namespace expq::process
