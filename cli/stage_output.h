// Output of stages that run side by side, line by line with the stage's name before each. Of a line that is rewritten
// after carriage returns only the last state is printed; on a terminal, unfinished lines show live at the bottom.
#pragma once

#include <map>
#include <string>
#include <thread>

#include "cli/context.h"
#include "common/sync/sync.h"

namespace expq::cli {

// Each stage writes into a file of its own in `dir`; a thread prints what is new. Thread-safe.
class StageOutput {
 public:
  StageOutput(const Context& context, std::string dir);
  // Prints the rest and removes the files.
  ~StageOutput();

  // Where the stage is to write; printed from now on.
  std::string Begin(const std::string& stage);
  // Prints what is left of it.
  void End(const std::string& stage);

 private:
  struct Tail {
    std::string path;
    int64_t offset = 0;
    std::string partial;  // an unfinished line
  };
  void Print(const std::string& stage, Tail& tail, bool last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ShowUnfinished() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Follow();

  const Context& context_;
  const std::string dir_;
  sync::StopToken stop_;
  sync::Mutex mutex_;
  std::map<std::string, Tail> tails_ ABSL_GUARDED_BY(mutex_);
  int begun_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread follower_;
};

}  // namespace expq::cli
