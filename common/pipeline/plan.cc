#include "common/pipeline/plan.h"

#include <algorithm>
#include <utility>

#include "common/fs/filesystem.h"

namespace expq::pipeline {
namespace {

bool Overlap(const std::string& a, const std::string& b) { return fs::IsWithin(a, b) || fs::IsWithin(b, a); }

// Something that `stage` reads or writes overlaps `path`.
bool Touches(const Stage& stage, const std::string& path) {
  const auto overlaps = [&](const auto& item) { return Overlap(item.root_path, path); };
  return std::any_of(stage.deps.begin(), stage.deps.end(), overlaps) ||
         std::any_of(stage.params.begin(), stage.params.end(), overlaps) ||
         std::any_of(stage.outs.begin(), stage.outs.end(), overlaps);
}

bool WritesInto(const Stage& writer, const Stage& other) {
  return std::any_of(writer.outs.begin(), writer.outs.end(),
                     [&](const Output& out) { return Touches(other, out.root_path); });
}

}  // namespace

bool Collide(const Stage& a, const Stage& b) { return WritesInto(a, b) || WritesInto(b, a); }

Plan::Plan(const Pipeline& pipeline, const Graph& graph, std::vector<int> stages, PlanOptions options)
    : pipeline_(pipeline),
      graph_(graph),
      stages_(std::move(stages)),
      options_(options),
      states_(pipeline.stages.size(), State::kOutside) {
  for (const int stage : stages_) states_[stage] = State::kWaiting;
}

bool Plan::MayStart(int stage) const {
  if (states_[stage] != State::kWaiting) return false;
  if (options_.ordered) {
    for (const int before : graph_.Upstream(stage)) {
      if (states_[before] == State::kWaiting || states_[before] == State::kRunning) return false;
    }
  }
  return std::none_of(running_.begin(), running_.end(),
                      [&](int other) { return Collide(pipeline_.stages[stage], pipeline_.stages[other]); });
}

std::optional<int> Plan::Next() {
  if (halted_) return std::nullopt;
  while (first_waiting_ < stages_.size() && states_[stages_[first_waiting_]] != State::kWaiting) ++first_waiting_;
  for (size_t i = first_waiting_; i < stages_.size(); ++i) {
    const int stage = stages_[i];
    if (!MayStart(stage)) continue;
    states_[stage] = State::kRunning;
    running_.push_back(stage);
    return stage;
  }
  return std::nullopt;
}

void Plan::Block(int stage) {
  for (const int after : graph_.Downstream(stage)) {
    if (states_[after] != State::kWaiting || pipeline_.stages[after].frozen) continue;
    states_[after] = State::kBlocked;
    Block(after);
  }
}

void Plan::Finish(int stage, StageResult result) {
  running_.erase(std::find(running_.begin(), running_.end(), stage));
  states_[stage] = State::kDone;
  if (result == StageResult::kStopped) halted_ = true;
  if (result != StageResult::kFailed || options_.ignore_errors) return;
  states_[stage] = State::kFailed;
  if (options_.keep_going) {
    if (options_.ordered) Block(stage);
  } else {
    halted_ = true;
  }
}

bool Plan::Done() const {
  if (!running_.empty()) return false;
  return halted_ ||
         std::none_of(stages_.begin(), stages_.end(), [&](int stage) { return states_[stage] == State::kWaiting; });
}

std::vector<int> Plan::NeverStarted() const {
  std::vector<int> stages;
  for (const int stage : stages_) {
    if (states_[stage] == State::kWaiting || states_[stage] == State::kBlocked) stages.push_back(stage);
  }
  return stages;
}

}  // namespace expq::pipeline
