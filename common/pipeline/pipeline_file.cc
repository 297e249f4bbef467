#include "common/pipeline/pipeline_file.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/pipeline/expansion.h"
#include "common/pipeline/fields.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/schema.h"
#include "common/pipeline/template.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// Reads one dvc.yaml in the order in which its parts need each other.
class FileLoader {
 public:
  FileLoader(const FileContext& context, Pipeline& pipeline)
      : context_(context), pipeline_(pipeline), scope_(context.parsing) {}

  absl::Status Load(const Node& top, bool needs_values) {
    if (IsNothing(top.value())) return absl::OkStatus();
    RETURN_IF_ERROR(CheckPipelineSchema(top));
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
    if (key == "datasets") return LoadDatasets(part);
    return absl::OkStatus();
  }

  absl::Status LoadPaths(const Node& list, std::vector<std::string>& paths) {
    for (const Node& item : list.Items()) {
      ASSIGN_OR_RETURN(const value::Value path, Filled(item));
      RETURN_IF_ERROR(AddPath(item, path, paths));
    }
    return absl::OkStatus();
  }

  // At the top level maps and lists may be filled in too.
  absl::StatusOr<value::Value> Filled(const Node& node) const {
    absl::StatusOr<value::Value> filled = FillInAll(node.value(), scope_);
    return filled.ok() ? std::move(filled) : node.Located(filled.status());
  }

  absl::Status AddPath(const Node& node, const value::Value& path, std::vector<std::string>& paths) {
    if (!path.is_string()) return node.Error(absl::StrCat("expected a path, got ", KindName(path)));
    RETURN_IF_ERROR(CheckPath(node, "path", *path.string()));
    std::string root_path = RootPath(context_.root, context_.dir, *path.string());
    if (std::find(paths.begin(), paths.end(), root_path) == paths.end()) paths.push_back(std::move(root_path));
    return absl::OkStatus();
  }

  absl::Status LoadPlots(const Node& list) {
    for (const Node& item : list.Items()) {
      ASSIGN_OR_RETURN(const value::Value filled, Filled(item));
      if (!filled.is_map()) {
        RETURN_IF_ERROR(AddPath(item, filled, pipeline_.top_plots));
        continue;
      }
      for (const auto& [id, plot] : *filled.map()) RETURN_IF_ERROR(LoadPlot(item, id, plot));
    }
    return absl::OkStatus();
  }

  // The plot's id is its file, unless `y` names files.
  absl::Status LoadPlot(const Node& node, const std::string& id, const value::Value& plot) {
    const value::Value* y = plot.is_map() ? plot.map()->Find("y") : nullptr;
    if (y == nullptr || !y->is_map()) return AddPath(node, value::Value(id), pipeline_.top_plots);
    for (const auto& [file, columns] : *y->map()) {
      RETURN_IF_ERROR(AddPath(node, value::Value(file), pipeline_.top_plots));
    }
    return absl::OkStatus();
  }

  absl::Status CheckArtifacts(const Node& artifacts) {
    for (const value::Map::Entry& entry : *artifacts.value().map()) {
      const Node artifact = artifacts.Entry(entry);
      const absl::StatusOr<value::Value> name = FillIn(entry.first, scope_, Composite::kRefuse);
      if (!name.ok()) return artifact.Located(name.status());
      if (!name->is_string()) return artifact.Error(absl::StrCat("expected a name, got ", KindName(*name)));
      ASSIGN_OR_RETURN(const value::Value filled, Filled(artifact));
      const value::Value* path = filled.map()->Find("path");
      if (!path->is_string()) return artifact.Error(absl::StrCat("expected a path, got ", KindName(*path)));
    }
    return absl::OkStatus();
  }

  // What they hold is used as `ds://name`, which is refused where it stands.
  absl::Status LoadDatasets(const Node& datasets) {
    if (!datasets.value().is_list()) return Mistyped(datasets, "a list of datasets");
    for (const Node& item : datasets.Items()) RETURN_IF_ERROR(Filled(item).status());
    return absl::OkStatus();
  }

  absl::Status LoadStages(const Node& stages) {
    for (const value::Map::Entry& entry : *stages.value().map()) RETURN_IF_ERROR(LoadDefinition(stages.Entry(entry)));
    return absl::OkStatus();
  }

  absl::Status LoadDefinition(const Node& body) {
    if (const value::Map::Entry* foreach = body.Find("foreach")) {
      ASSIGN_OR_RETURN(const std::vector<Expansion> expansions, ExpandForeach(body.Entry(*foreach), scope_));
      const Node stage = body.Entry(*body.Find("do"));
      if (const value::Map::Entry* matrix = stage.Find("matrix")) {
        context_.Warn(stage.Entry(*matrix), "'matrix' has no effect inside 'do'");
      }
      return AddExpanded(body, stage, expansions);
    }
    const value::Map::Entry* matrix = body.Find("matrix");
    if (matrix == nullptr) return AddStage(body, body.name(), scope_);
    ASSIGN_OR_RETURN(const std::vector<Expansion> expansions, ExpandMatrix(body.Entry(*matrix), scope_));
    return AddExpanded(body, body, expansions);
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

// Rather too many names than one too few: those in comments, and a loop's `item`, do no harm.
void AddVariables(absl::string_view text, std::set<std::string>& names) {
  for (size_t at = text.find("${"); at != absl::string_view::npos; at = text.find("${", at)) {
    at += 2;
    const size_t end = text.find_first_of(".[}", at);
    names.emplace(absl::StripAsciiWhitespace(text.substr(at, end - at)));
  }
}

}  // namespace

void FileContext::Warn(const Node& node, absl::string_view message) const {
  std::string warning = absl::StrCat(node.Place(), ": ", message);
  // An expansion meets the same place many times.
  if (warnings.empty() || warnings.back() != warning) warnings.push_back(std::move(warning));
}

absl::Status LoadPipelineFile(const FileContext& context, Pipeline& pipeline) {
  ASSIGN_OR_RETURN(const std::string text, context.fs.Read(fs::Join(context.root, context.file)));
  AddVariables(text, pipeline.variables);
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, context.file));
  const Node top(document, context.file);
  // Most files use no values; reading params.yaml for them would cost time and could fail for nothing.
  const bool needs_values = absl::StrContains(text, "${") || absl::StrContains(text, "vars");
  return FileLoader(context, pipeline).Load(top, needs_values);
}

}  // namespace expq::pipeline
