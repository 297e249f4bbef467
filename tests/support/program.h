// A real program, run as a person would: arguments, folder, environment; what it wrote and how it ended.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/temp_dir.h"

namespace expq::testing {

struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

// Runs programs in `dir` with a clean environment (PATH, HOME of its own, git's identity, the sanitizers' options) and
// more variables. What runs longer than a minute is killed: then `code` is -1. Thread-safe after construction.
class Program {
 public:
  Program(std::string program, std::string dir, std::vector<std::string> variables = {});

  Ended Run(const std::vector<std::string>& args) const;
  const std::string& dir() const { return dir_; }

 private:
  friend class Background;
  std::vector<std::string> Argv(const std::vector<std::string>& args, const std::string& work) const;

  const std::string program_;
  const std::string dir_;
  std::vector<std::string> environment_;
  TempDir home_;
};

// One that runs beside the test. It is killed, if it still runs, when this is destroyed.
class Background {
 public:
  Background(const Program& program, const std::vector<std::string>& args);
  ~Background();

  void Signal(int signal) const;
  // What it has written so far.
  std::string Out() const;
  std::string Err() const;
  // True once `text` stands in its stderr (or stdout); false when that takes more than a minute.
  bool WaitForErr(const std::string& text) const;
  bool WaitForOut(const std::string& text) const;
  Ended Join();

 private:
  int Pid() const;
  TempDir work_;
  Ended ended_;
  std::thread thread_;
};

// Calls `holds` until it is true; false when that takes more than a minute.
bool Eventually(const std::function<bool()>& holds);

}  // namespace expq::testing
