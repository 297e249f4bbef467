#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/report.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// What is drawn: stages and data files, or outputs, each with what it needs.
struct Drawing {
  std::vector<std::string> names;  // what is needed first
  std::vector<std::set<int>> needs;

  int Add(const std::string& name) {
    names.push_back(name);
    needs.emplace_back();
    return static_cast<int>(names.size()) - 1;
  }
};

// One node for each `.dvc` file and stage; `places` gives the nodes of a pipeline's stages.
Drawing OfStages(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph, std::vector<int>* places) {
  Drawing drawing;
  std::map<std::string, int> files;
  for (const pipeline::DataSource& source : pipeline.sources) {
    if (!files.contains(source.file)) files[source.file] = drawing.Add(source.file);
  }
  places->assign(pipeline.stages.size(), 0);
  for (const int stage : graph.Order()) {
    const pipeline::Stage& what = pipeline.stages[static_cast<size_t>(stage)];
    const int node = (*places)[static_cast<size_t>(stage)] = drawing.Add(what.Address());
    for (const pipeline::DataSource& source : pipeline.sources) {
      if (pipeline::Reads(what, source.path)) drawing.needs.back().insert(files[source.file]);
    }
    for (const int up : graph.Upstream(stage)) {
      drawing.needs[static_cast<size_t>(node)].insert((*places)[static_cast<size_t>(up)]);
    }
  }
  return drawing;
}

// One node for each output, each with the outputs that its stage reads.
Drawing OfOutputs(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph) {
  Drawing drawing;
  std::vector<std::string> paths;  // by node
  const auto add = [&](const std::string& path) {
    paths.push_back(path);
    return drawing.Add(path);
  };
  for (const pipeline::DataSource& source : pipeline.sources) add(source.path);
  for (const int stage : graph.Order()) {
    const pipeline::Stage& what = pipeline.stages[static_cast<size_t>(stage)];
    std::set<int> needs;
    for (size_t i = 0; i < paths.size(); ++i) {
      if (pipeline::Reads(what, paths[i])) needs.insert(static_cast<int>(i));
    }
    for (const pipeline::Output& out : what.outs) drawing.needs[static_cast<size_t>(add(out.root_path))] = needs;
  }
  return drawing;
}

// Stages of one foreach or matrix as one node.
Drawing Collapsed(const Drawing& drawing) {
  Drawing collapsed;
  std::map<std::string, int> groups;
  std::vector<int> group_of;
  for (size_t i = 0; i < drawing.names.size(); ++i) {
    const std::string name = drawing.names[i].substr(0, drawing.names[i].find('@'));
    if (!groups.contains(name)) groups[name] = collapsed.Add(name);
    group_of.push_back(groups[name]);
    for (const int need : drawing.needs[i]) {
      const int up = group_of[static_cast<size_t>(need)];
      if (up != group_of[i]) collapsed.needs[static_cast<size_t>(group_of[i])].insert(up);
    }
  }
  return collapsed;
}

std::set<int> WithNeeds(const Drawing& drawing, const std::set<int>& nodes) {
  std::set<int> wanted = nodes;
  for (int node = static_cast<int>(drawing.names.size()) - 1; node >= 0; --node) {
    const std::set<int>& needs = drawing.needs[static_cast<size_t>(node)];
    if (wanted.contains(node)) wanted.insert(needs.begin(), needs.end());
  }
  return wanted;
}

// The connected groups of nodes, each by the place of its first.
std::vector<std::vector<int>> Components(const Drawing& drawing) {
  std::vector<int> group(drawing.names.size());
  for (size_t i = 0; i < group.size(); ++i) {
    group[i] = static_cast<int>(i);
    for (const int need : drawing.needs[i]) {
      const int from = group[i];
      const int to = group[static_cast<size_t>(need)];
      for (size_t k = 0; k <= i; ++k) {
        if (group[k] == from || group[k] == to) group[k] = std::min(from, to);
      }
    }
  }
  std::map<int, std::vector<int>> members;
  for (size_t i = 0; i < group.size(); ++i) members[group[i]].push_back(static_cast<int>(i));
  std::vector<std::vector<int>> components;
  for (auto& [first, nodes] : members) components.push_back(std::move(nodes));
  return components;
}

Drawing Only(const Drawing& drawing, const std::set<int>& wanted) {
  Drawing part;
  std::map<int, int> place;
  for (const int node : wanted) {
    const int now = place[node] = part.Add(drawing.names[static_cast<size_t>(node)]);
    for (const int need : drawing.needs[static_cast<size_t>(node)]) {
      if (place.contains(need)) part.needs[static_cast<size_t>(now)].insert(place[need]);
    }
  }
  return part;
}

std::string Text(const Drawing& drawing) {
  std::string out;
  for (size_t i = 0; i < drawing.names.size(); ++i) {
    std::vector<std::string> needs;
    for (const int need : drawing.needs[i]) needs.push_back(drawing.names[static_cast<size_t>(need)]);
    absl::StrAppend(&out, drawing.names[i], needs.empty() ? "" : "  ← ", absl::StrJoin(needs, ", "), "\n");
  }
  return out;
}

// In DVC's form.
std::string Dot(const Drawing& drawing) {
  std::string out = "strict digraph {\n";
  for (const std::string& name : drawing.names) absl::StrAppend(&out, "\"", name, "\";\n");
  for (size_t i = 0; i < drawing.names.size(); ++i) {
    for (const int need : drawing.needs[i]) {
      absl::StrAppend(&out, "\"", drawing.names[static_cast<size_t>(need)], "\" -> \"", drawing.names[i], "\";\n");
    }
  }
  return out + "}\n";
}

// Byte for byte DVC's, but for the order of unconnected parts, which is the pipeline's here.
std::string Mermaid(const Drawing& drawing) {
  std::string out = "flowchart TD\n";
  int count = 0;
  for (const std::vector<int>& component : Components(drawing)) {
    std::map<std::string, int> numbers;
    for (const int node : component) numbers[drawing.names[static_cast<size_t>(node)]] = 0;
    for (auto& [name, number] : numbers) {
      number = ++count;
      absl::StrAppend(&out, "\tnode", number, "[\"", name, "\"]\n");
    }
    std::set<std::pair<std::string, std::string>> edges;
    for (const int node : component) {
      for (const int need : drawing.needs[static_cast<size_t>(node)]) {
        edges.emplace(drawing.names[static_cast<size_t>(need)], drawing.names[static_cast<size_t>(node)]);
      }
    }
    for (const auto& [from, to] : edges) absl::StrAppend(&out, "\tnode", numbers[from], "-->node", numbers[to], "\n");
  }
  return out;
}

class DagCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &targets_, "these stages or outputs and what they need (default: all)");
    table.Flag("--dot", &dot_, "for Graphviz");
    table.Flag("--mermaid", &mermaid_, "for Mermaid");
    table.Flag("--md", &markdown_, "for Mermaid in a Markdown page");
    table.Flag("--full", &full_, "everything connected with the targets");
    table.Flag("-o,--outs", &outs_, "outputs instead of stages");
    table.Flag("--collapse-foreach-matrix", &collapse_, "the stages of one foreach or matrix as one");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Place place, FindPlace(context));
    ASSIGN_OR_RETURN(const pipeline::Pipeline pipeline, pipeline::Load(context.fs, place.dvc_root));
    ASSIGN_OR_RETURN(const pipeline::Graph graph, pipeline::Graph::Build(pipeline));
    ASSIGN_OR_RETURN(Drawing drawing, Draw(pipeline, graph, place.dvc_subdir));
    if (collapse_ && !outs_) drawing = Collapsed(drawing);
    std::string text = dot_ ? Dot(drawing) : mermaid_ || markdown_ ? Mermaid(drawing) : Text(drawing);
    if (markdown_) text = absl::StrCat("```mermaid\n", text, "```\n");
    Page(context, text);
    return ExitCode::kDone;
  }

 private:
  absl::StatusOr<Drawing> Draw(const pipeline::Pipeline& pipeline, const pipeline::Graph& graph,
                               const std::string& subdir) const {
    std::vector<int> places;
    Drawing drawing = outs_ ? OfOutputs(pipeline, graph) : OfStages(pipeline, graph, &places);
    if (targets_.empty()) return drawing;
    std::set<int> wanted;
    for (const std::string& target : targets_) {
      ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOf(pipeline, target, subdir));
      for (size_t i = 0; i < drawing.names.size(); ++i) {
        if (std::find(names.begin(), names.end(), drawing.names[i]) != names.end()) wanted.insert(static_cast<int>(i));
      }
    }
    if (!full_) return Only(drawing, WithNeeds(drawing, wanted));
    std::set<int> connected;
    for (const std::vector<int>& component : Components(drawing)) {
      const bool is_wanted = std::any_of(component.begin(), component.end(), [&](int n) { return wanted.contains(n); });
      if (is_wanted) connected.insert(component.begin(), component.end());
    }
    return Only(drawing, connected);
  }

  // The names that a target has in the drawing: of stages and data files, or of outputs.
  absl::StatusOr<std::vector<std::string>> NamesOf(const pipeline::Pipeline& pipeline, const std::string& target,
                                                   const std::string& subdir) const {
    std::vector<std::string> names;
    const std::string path = fs::Normalize(fs::Join(subdir, target));
    for (const pipeline::DataSource& source : pipeline.sources) {
      if (source.file != path && !fs::IsWithin(path, source.path)) continue;
      names.push_back(outs_ ? source.path : source.file);
    }
    if (!names.empty()) return names;
    ASSIGN_OR_RETURN(const std::vector<int> stages,
                     pipeline::SelectTargets(pipeline, {target}, subdir, {.granular = true}));
    for (const int stage : stages) {
      const pipeline::Stage& what = pipeline.stages[static_cast<size_t>(stage)];
      if (!outs_) names.push_back(what.Address());
      const bool is_one_out = std::any_of(what.outs.begin(), what.outs.end(),
                                          [&](const pipeline::Output& out) { return out.root_path == path; });
      for (const pipeline::Output& out : what.outs) {
        if (outs_ && (!is_one_out || what.name == target || out.root_path == path)) names.push_back(out.root_path);
      }
    }
    return names;
  }

  std::vector<std::string> targets_;
  bool dot_ = false;
  bool mermaid_ = false;
  bool markdown_ = false;
  bool full_ = false;
  bool outs_ = false;
  bool collapse_ = false;
};

}  // namespace

CommandInfo DagInfo() {
  return {.name = "dag",
          .summary = "the stage graph: each stage and what it needs",
          .details = "",
          .examples = {"expq dag", "expq dag train --dot | dot -Tsvg > dag.svg", "expq dag --mermaid --outs"},
          .group = Group::kResults,
          .make = &Make<DagCommand>};
}

}  // namespace expq::cli
