// What a person sees while experiments run here: one live line each on a terminal, and a line for each start and end.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "agent/agent.h"
#include "cli/terminal.h"
#include "common/sync/sync.h"

namespace expq::cli {

// Thread-safe. `on_end` (may be null) is told of every end, on the attempt's thread.
class Progress : public agent::Observer {
 public:
  explicit Progress(Terminal& terminal, std::function<void(const experiment::Assignment&)> on_end = nullptr)
      : terminal_(terminal), on_end_(std::move(on_end)) {}
  ~Progress() override { terminal_.Live(""); }

  void AttemptStarts(const experiment::Assignment& assignment) override;
  void StageStarts(const experiment::Assignment& assignment, const std::string& stage) override;
  void StageEnds(const experiment::Assignment& assignment, const std::string& stage, const std::string& how) override;
  void AttemptEnds(const experiment::Assignment& assignment, const experiment::Outcome& outcome) override;
  void Unreachable(const absl::Status& status) override;
  void Closed(const std::string& why) override;

 private:
  struct Running {
    std::string name;
    std::string overrides;
    std::string stages;  // that run now
    int done = 0;
  };
  void Redraw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Terminal& terminal_;
  const std::function<void(const experiment::Assignment&)> on_end_;
  sync::Mutex mutex_;
  std::map<int64_t, Running> running_ ABSL_GUARDED_BY(mutex_);  // by the experiment's sequence
  int succeeded_ ABSL_GUARDED_BY(mutex_) = 0;
  int failed_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace expq::cli
