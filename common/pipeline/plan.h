// Who may run next: pure bookkeeping of one execution, without threads or disk.
#pragma once

#include <optional>
#include <vector>

#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

struct PlanOptions {
  bool ordered = true;  // dependencies first; else only as the stages are given (single_item)
  bool keep_going = false;
  bool ignore_errors = false;
};

// Over the stages of one call. Pipeline and graph outlive it. Not thread-safe.
class Plan {
 public:
  Plan(const Pipeline& pipeline, const Graph& graph, std::vector<int> stages, PlanOptions options);

  // The first stage that may start now, marked as running: all before it are done, and no running stage writes what it
  // reads or writes, or reads what it writes. None = wait for a running one, or nothing is left.
  std::optional<int> Next();
  // A running stage has ended so. A failure stops new ones, or with keep_going only its descendants; nothing new
  // starts once one was stopped.
  void Finish(int stage, StageResult result);

  // Nothing is running and nothing may start any more.
  bool Done() const;
  // The given stages that never started.
  std::vector<int> NeverStarted() const;

 private:
  enum class State { kOutside, kWaiting, kRunning, kDone, kFailed, kBlocked };

  bool MayStart(int stage) const;
  void Block(int stage);

  const Pipeline& pipeline_;
  const Graph& graph_;
  const std::vector<int> stages_;
  const PlanOptions options_;
  std::vector<State> states_;  // by index of the pipeline
  std::vector<int> running_;
  size_t first_waiting_ = 0;  // into stages_: all before it have started
  bool halted_ = false;
};

// Some output of the one lies at, above or below a path that the other reads or writes.
bool Collide(const Stage& a, const Stage& b);

}  // namespace expq::pipeline
