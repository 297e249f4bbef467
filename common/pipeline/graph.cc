#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/pipeline/node.h"
#include "common/pipeline/output_index.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

void AppendMakers(const OutputIndex& outputs, absl::string_view path, std::vector<int>& makers) {
  for (const OwnedOutput* output : outputs.Overlapping(path)) {
    if (output->stage >= 0) makers.push_back(output->stage);
  }
}

// The stages that make what `stage` reads, params files included.
std::vector<int> MakersFor(const Stage& stage, const OutputIndex& outputs) {
  std::vector<int> makers;
  for (const Dependency& dep : stage.deps) AppendMakers(outputs, dep.root_path, makers);
  for (const ParamDependency& params : stage.params) AppendMakers(outputs, params.root_path, makers);
  std::sort(makers.begin(), makers.end());
  makers.erase(std::unique(makers.begin(), makers.end()), makers.end());
  return makers;
}

// Kahn's order, always taking the first stage that is free. Shorter than the graph when there is a cycle.
std::vector<int> OrderOf(const std::vector<std::vector<int>>& upstream,
                         const std::vector<std::vector<int>>& downstream) {
  std::vector<size_t> waiting_for(upstream.size());
  std::priority_queue<int, std::vector<int>, std::greater<>> free;
  for (size_t i = 0; i < upstream.size(); ++i) {
    waiting_for[i] = upstream[i].size();
    if (waiting_for[i] == 0) free.push(static_cast<int>(i));
  }
  std::vector<int> order;
  while (!free.empty()) {
    const int stage = free.top();
    free.pop();
    order.push_back(stage);
    for (const int next : downstream[stage]) {
      if (--waiting_for[next] == 0) free.push(next);
    }
  }
  return order;
}

// The stages of one cycle, each before the one that depends on it. `order` holds all that are in none and after none.
std::vector<int> FindCycle(const std::vector<std::vector<int>>& upstream, const std::vector<int>& order) {
  std::vector<char> ordered(upstream.size());
  for (const int stage : order) ordered[stage] = 1;
  int at = 0;
  while (ordered[at]) ++at;
  // Every stage left waits for another one that is left: walking up must come around.
  std::vector<int> step(upstream.size(), -1);
  std::vector<int> walk;
  while (step[at] < 0) {
    step[at] = static_cast<int>(walk.size());
    walk.push_back(at);
    for (const int up : upstream[at]) {
      if (ordered[up]) continue;
      at = up;
      break;
    }
  }
  std::vector<int> cycle(walk.begin() + step[at], walk.end());
  std::reverse(cycle.begin(), cycle.end());
  // From the stage that is defined first.
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  return cycle;
}

// What a stage reads that is, holds or lies in one of its outputs.
std::string OwnPath(const Stage& stage) {
  for (const Dependency& dep : stage.deps) {
    for (const Output& out : stage.outs) {
      if (fs::IsWithin(dep.root_path, out.root_path) || fs::IsWithin(out.root_path, dep.root_path)) return dep.path;
    }
  }
  for (const ParamDependency& params : stage.params) {
    for (const Output& out : stage.outs) {
      if (fs::IsWithin(params.root_path, out.root_path)) return params.path;
    }
  }
  return "";
}

absl::Status CycleError(const Pipeline& pipeline, const std::vector<int>& cycle) {
  std::vector<std::string> names;
  for (const int stage : cycle) names.push_back(pipeline.stages[stage].Address());
  names.push_back(names.front());
  const Stage& first = pipeline.stages[cycle.front()];
  const std::string place = PlaceText(first.file, first.mark);
  if (cycle.size() == 1) {
    return absl::InvalidArgumentError(absl::StrCat(place, ": stage '", first.name, "' reads what it makes: '",
                                                   OwnPath(first), "' is among its dependencies and its outputs"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(place, ": stages depend on each other in a cycle: ", absl::StrJoin(names, " → ")));
}

// Sets that grow together; the smallest member stands for a set.
class Groups {
 public:
  explicit Groups(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

  int Of(int member) {
    while (parent_[member] != member) member = parent_[member] = parent_[parent_[member]];
    return member;
  }

  void Join(int a, int b) {
    a = Of(a);
    b = Of(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<int> parent_;
};

}  // namespace

std::vector<int> Components(const Pipeline& pipeline, const Graph& graph) {
  const int stages = static_cast<int>(pipeline.stages.size());
  const OutputIndex outputs(pipeline);
  Groups groups(pipeline.stages.size() + pipeline.sources.size());
  for (int i = 0; i < stages; ++i) {
    if (pipeline.stages[i].frozen) continue;  // it does not look at what is before it
    for (const int up : graph.Upstream(i)) groups.Join(i, up);
    for (const Dependency& dep : pipeline.stages[i].deps) {
      for (const OwnedOutput* output : outputs.Overlapping(dep.root_path)) {
        if (output->source >= 0) groups.Join(i, stages + output->source);
      }
    }
  }
  std::vector<int> group_of;
  for (int i = 0; i < stages; ++i) group_of.push_back(groups.Of(i));
  return group_of;
}

absl::StatusOr<Graph> Graph::Build(const Pipeline& pipeline) {
  const OutputIndex outputs(pipeline);
  Graph graph;
  graph.upstream_.resize(pipeline.stages.size());
  graph.downstream_.resize(pipeline.stages.size());
  for (size_t i = 0; i < pipeline.stages.size(); ++i) {
    graph.upstream_[i] = MakersFor(pipeline.stages[i], outputs);
    for (const int maker : graph.upstream_[i]) graph.downstream_[maker].push_back(static_cast<int>(i));
  }
  graph.order_ = OrderOf(graph.upstream_, graph.downstream_);
  if (graph.order_.size() < pipeline.stages.size()) {
    return CycleError(pipeline, FindCycle(graph.upstream_, graph.order_));
  }
  return graph;
}

}  // namespace expq::pipeline
