#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/report.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class DagCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &targets_, "these stages and what they need (default: all)");
    table.Flag("--dot", &dot_, "for Graphviz");
    table.Flag("--mermaid", &mermaid_, "for Mermaid");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Place place, FindPlace(context));
    ASSIGN_OR_RETURN(const pipeline::Pipeline pipeline, pipeline::Load(context.fs, place.dvc_root));
    ASSIGN_OR_RETURN(const pipeline::Graph graph, pipeline::Graph::Build(pipeline));
    ASSIGN_OR_RETURN(const std::set<int> wanted, Wanted(pipeline, graph, place.dvc_subdir));
    const std::string text = dot_       ? Dot(pipeline, graph, wanted)
                             : mermaid_ ? Mermaid(pipeline, graph, wanted)
                                        : Text(pipeline, graph, wanted);
    Page(context, text);
    return ExitCode::kDone;
  }

 private:
  absl::StatusOr<std::set<int>> Wanted(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph,
                                       const std::string& subdir) const {
    if (targets_.empty()) return std::set<int>(graph.Order().begin(), graph.Order().end());
    ASSIGN_OR_RETURN(std::vector<int> next, pipeline::SelectTargets(pipeline, targets_, subdir));
    std::set<int> wanted;
    while (!next.empty()) {
      const int stage = next.back();
      next.pop_back();
      if (!wanted.insert(stage).second) continue;
      const auto& up = graph.Upstream(stage);
      next.insert(next.end(), up.begin(), up.end());
    }
    return wanted;
  }

  static std::string NameOf(const pipeline::Pipeline& pipeline, int stage) {
    return pipeline.stages[static_cast<size_t>(stage)].Address();
  }

  // Calls `edge(from, to)` for every edge between wanted stages, in graph order.
  template <typename F>
  static void Edges(const pipeline::Graph& graph, const std::set<int>& wanted, F edge) {
    for (int stage : graph.Order()) {
      if (!wanted.contains(stage)) continue;
      for (int up : graph.Upstream(stage)) {
        if (wanted.contains(up)) edge(up, stage);
      }
    }
  }

  static std::string Text(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph,
                          const std::set<int>& wanted) {
    std::string out;
    for (int stage : graph.Order()) {
      if (!wanted.contains(stage)) continue;
      std::vector<std::string> up;
      for (int one : graph.Upstream(stage)) up.push_back(NameOf(pipeline, one));
      absl::StrAppend(&out, NameOf(pipeline, stage), up.empty() ? "" : "  ← ", absl::StrJoin(up, ", "), "\n");
    }
    return out;
  }

  static std::string Dot(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph,
                         const std::set<int>& wanted) {
    std::string out = "strict digraph {\n";
    for (int stage : wanted) absl::StrAppend(&out, "\"", NameOf(pipeline, stage), "\";\n");
    Edges(graph, wanted, [&](int from, int to) {
      absl::StrAppend(&out, "\"", NameOf(pipeline, from), "\" -> \"", NameOf(pipeline, to), "\";\n");
    });
    return out + "}\n";
  }

  static std::string Mermaid(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph,
                             const std::set<int>& wanted) {
    std::string out = "flowchart TD\n";
    for (int stage : wanted) absl::StrAppend(&out, "\tnode", stage + 1, "[\"", NameOf(pipeline, stage), "\"]\n");
    Edges(graph, wanted, [&](int from, int to) { absl::StrAppend(&out, "\tnode", from + 1, "-->node", to + 1, "\n"); });
    return out;
  }

  std::vector<std::string> targets_;
  bool dot_ = false;
  bool mermaid_ = false;
};

}  // namespace

CommandInfo DagInfo() {
  return {.name = "dag",
          .summary = "the stage graph: each stage and what it needs",
          .details = "",
          .examples = {"expq dag", "expq dag train --dot | dot -Tsvg > dag.svg"},
          .group = Group::kResults,
          .make = &Make<DagCommand>};
}

}  // namespace expq::cli
