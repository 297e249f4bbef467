#include "common/pipeline/pipeline_file.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/pipeline/expansion.h"
#include "common/pipeline/fields.h"
#include "common/pipeline/paths.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr absl::string_view kTopKeys[] = {"stages", "params", "metrics", "plots", "vars", "artifacts", "datasets"};
// The last one is not for the body of a foreach.
constexpr absl::string_view kStageKeys[] = {"cmd",    "wdir",           "deps", "params", "outs", "metrics", "plots",
                                            "frozen", "always_changed", "desc", "meta",   "vars", "matrix"};
constexpr absl::Span<const absl::string_view> kBodyKeys(kStageKeys, std::size(kStageKeys) - 1);
constexpr absl::string_view kForeachKeys[] = {"foreach", "do"};
constexpr absl::string_view kArtifactKeys[] = {"path", "type", "desc", "labels", "meta"};
constexpr absl::string_view kPlotKeys[] = {"x", "y", "x_label", "y_label", "title", "template"};

// Reads one dvc.yaml in the order in which its parts need each other.
class FileLoader {
 public:
  FileLoader(const FileContext& context, Pipeline& pipeline) : context_(context), pipeline_(pipeline) {}

  absl::Status Load(const Node& top, bool needs_values) {
    if (top.value().is_null()) return absl::OkStatus();
    RETURN_IF_ERROR(CheckKeys(top, "the top level", kTopKeys));
    if (needs_values) RETURN_IF_ERROR(LoadDefaultParams(context_, scope_));
    if (const value::Map::Entry* vars = top.Find("vars"))
      RETURN_IF_ERROR(LoadVars(context_, top.Entry(*vars), context_.dir, scope_));
    for (const value::Map::Entry& entry : *top.value().map()) RETURN_IF_ERROR(LoadPart(top.Entry(entry)));
    return absl::OkStatus();
  }

 private:
  absl::Status LoadPart(const Node& part) {
    const std::string& key = part.name();
    if (key == "stages") return LoadStages(part);
    if (key == "params") return LoadPaths(part, pipeline_.top_params);
    if (key == "metrics") return LoadPaths(part, pipeline_.top_metrics);
    if (key == "plots") return LoadPlots(part);
    if (key == "artifacts") return CheckArtifacts(part);
    if (key == "datasets") return CheckList(part);
    return absl::OkStatus();
  }

  absl::Status LoadPaths(const Node& list, std::vector<std::string>& paths) {
    RETURN_IF_ERROR(CheckList(list));
    if (list.value().is_null()) return absl::OkStatus();
    for (const Node& item : list.Items()) {
      ASSIGN_OR_RETURN(const std::string path, ReadText(item, "a path", scope_));
      RETURN_IF_ERROR(AddPath(item, path, paths));
    }
    return absl::OkStatus();
  }

  absl::Status AddPath(const Node& node, const std::string& path, std::vector<std::string>& paths) {
    RETURN_IF_ERROR(CheckPath(node, "path", path));
    std::string root_path = RootPath(context_.root, context_.dir, path);
    if (std::find(paths.begin(), paths.end(), root_path) == paths.end()) paths.push_back(std::move(root_path));
    return absl::OkStatus();
  }

  absl::Status LoadPlots(const Node& list) {
    if (list.value().is_map()) {
      return status::WithHint(Mistyped(list, "a list"), "a map of plots went away in DVC 3: write '- name: {…}'");
    }
    RETURN_IF_ERROR(CheckList(list));
    if (list.value().is_null()) return absl::OkStatus();
    for (const Node& item : list.Items()) {
      if (item.value().is_map()) {
        for (const value::Map::Entry& entry : *item.value().map()) RETURN_IF_ERROR(LoadPlot(item.Entry(entry)));
        continue;
      }
      ASSIGN_OR_RETURN(const std::string path, ReadText(item, "a path or a plot's definition", scope_));
      RETURN_IF_ERROR(AddPath(item, path, pipeline_.top_plots));
    }
    return absl::OkStatus();
  }

  // The plot's id is its file, unless `y` names files.
  absl::Status LoadPlot(const Node& plot) {
    if (!plot.value().is_null()) {
      RETURN_IF_ERROR(CheckKeys(plot, absl::StrCat("plot '", plot.name(), "'"), kPlotKeys));
      const value::Map::Entry* y = plot.Find("y");
      if (y != nullptr && y->second.is_map()) {
        const Node files = plot.Entry(*y);
        for (const value::Map::Entry& entry : *files.value().map()) RETURN_IF_ERROR(AddPlotFile(files.Entry(entry)));
        return absl::OkStatus();
      }
    }
    return AddPlotFile(plot);
  }

  absl::Status AddPlotFile(const Node& node) {
    ASSIGN_OR_RETURN(const std::string path, ReadName(node, "a path", scope_));
    return AddPath(node, path, pipeline_.top_plots);
  }

  absl::Status CheckArtifacts(const Node& artifacts) {
    if (artifacts.value().is_null()) return absl::OkStatus();
    if (!artifacts.value().is_map()) return Mistyped(artifacts, "a map of artifacts");
    for (const value::Map::Entry& entry : *artifacts.value().map()) {
      const Node artifact = artifacts.Entry(entry);
      const std::string what = absl::StrCat("artifact '", entry.first, "'");
      RETURN_IF_ERROR(CheckKeys(artifact, what, kArtifactKeys));
      if (artifact.Find("path") == nullptr) return artifact.Error(absl::StrCat(what, " has no 'path'"));
    }
    return absl::OkStatus();
  }

  absl::Status LoadStages(const Node& stages) {
    if (stages.value().is_null()) return absl::OkStatus();
    if (!stages.value().is_map()) return Mistyped(stages, "a map of stages");
    for (const value::Map::Entry& entry : *stages.value().map()) {
      const Node body = stages.Entry(entry);
      if (entry.first.empty()) return body.Error("a stage's name is empty");
      RETURN_IF_ERROR(LoadDefinition(body));
    }
    return absl::OkStatus();
  }

  absl::Status LoadDefinition(const Node& body) {
    const std::string what = absl::StrCat("stage '", body.name(), "'");
    if (!body.value().is_map()) {
      return body.Error(absl::StrCat(what, " must be a map, got ", KindName(body.value())));
    }
    const value::Map::Entry* matrix = body.Find("matrix");
    const value::Map::Entry* foreach = body.Find("foreach");
    const value::Map::Entry* repeated = body.Find("do");
    if (matrix != nullptr && foreach != nullptr) {
      return body.Error(absl::StrCat(what, " has both 'foreach' and 'matrix'"));
    }
    if (foreach != nullptr || repeated != nullptr) return LoadForeach(body, what, foreach, repeated);
    RETURN_IF_ERROR(CheckKeys(body, what, kStageKeys));
    if (matrix == nullptr) return AddStage(body, body.name(), scope_);
    ASSIGN_OR_RETURN(const std::vector<Expansion> expansions, ExpandMatrix(body.Entry(*matrix), scope_));
    return AddExpanded(body, body, expansions);
  }

  absl::Status LoadForeach(const Node& body, const std::string& what, const value::Map::Entry* foreach,
                           const value::Map::Entry* repeated) {
    RETURN_IF_ERROR(CheckKeys(body, what, kForeachKeys));
    if (foreach == nullptr || repeated == nullptr) {
      return body.Error(absl::StrCat(what, " needs both 'foreach' and 'do'"));
    }
    const Node stage = body.Entry(*repeated);
    RETURN_IF_ERROR(CheckKeys(stage, what, kBodyKeys));
    ASSIGN_OR_RETURN(const std::vector<Expansion> expansions, ExpandForeach(body.Entry(*foreach), scope_));
    return AddExpanded(body, stage, expansions);
  }

  absl::Status AddExpanded(const Node& group, const Node& stage, const std::vector<Expansion>& expansions) {
    for (const absl::string_view local : {"item", "key"}) {
      const bool shadowed =
          !expansions.empty() && expansions[0].locals.Find(local) != nullptr && scope_.HasValue(local);
      if (shadowed)
        context_.Warn(group, absl::StrCat("'", local, "' of the values is hidden by that of the expansion"));
    }
    for (const Expansion& expansion : expansions) {
      Scope scope(&scope_);
      for (const auto& [name, value] : expansion.locals) scope.SetLocal(name, value);
      RETURN_IF_ERROR(AddStage(stage, absl::StrCat(group.name(), "@", expansion.suffix), scope));
    }
    return absl::OkStatus();
  }

  absl::Status AddStage(const Node& body, const std::string& name, const Scope& scope) {
    if (!names_.insert(name).second) return body.Error(absl::StrCat("stage '", name, "' is defined twice"));
    if (pipeline_.stages.size() == kMaxStages) return TooManyStages(body);
    ASSIGN_OR_RETURN(Stage stage, ParseStage(context_, body, name, scope));
    pipeline_.stages.push_back(std::move(stage));
    return absl::OkStatus();
  }

  const FileContext& context_;
  Pipeline& pipeline_;
  Scope scope_;
  std::set<std::string> names_;
};

}  // namespace

void FileContext::Warn(const Node& node, absl::string_view message) const {
  std::string warning = absl::StrCat(node.Place(), ": ", message);
  // An expansion meets the same place many times.
  if (warnings.empty() || warnings.back() != warning) warnings.push_back(std::move(warning));
}

absl::Status LoadPipelineFile(const FileContext& context, Pipeline& pipeline) {
  ASSIGN_OR_RETURN(const std::string text, context.fs.Read(fs::Join(context.root, context.file)));
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, context.file));
  const Node top(document, context.file);
  // Most files use no values; reading params.yaml for them would cost time and could fail for nothing.
  const bool needs_values = absl::StrContains(text, "${") || absl::StrContains(text, "vars");
  return FileLoader(context, pipeline).Load(top, needs_values);
}

}  // namespace expq::pipeline
