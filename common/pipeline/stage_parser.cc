#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/command_lint.h"
#include "common/pipeline/fields.h"
#include "common/pipeline/output_list.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/pipeline_file.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

absl::Status ReadWdir(const FileContext& context, const Node& body, const Scope& scope, Stage& stage) {
  stage.wdir = context.dir;
  const value::Map::Entry* entry = body.Find("wdir");
  if (entry == nullptr) return absl::OkStatus();
  const Node node = body.Entry(*entry);
  ASSIGN_OR_RETURN(const std::string written, ReadText(node, "a path", scope));
  if (node.value().string()->empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckPath(node, "wdir", written));
  stage.wdir = RootPath(context.root, context.dir, written);
  if (!IsOutside(stage.wdir)) return absl::OkStatus();
  return node.Error(absl::StrCat("wdir '", written, "' is outside of the repository"));
}

absl::StatusOr<std::string> ReadCommand(const Node& node, const Scope& scope) {
  ASSIGN_OR_RETURN(std::string command, ReadText(node, "a command", scope, Composite::kUnpack));
  if (absl::StripAsciiWhitespace(command).empty()) return node.Error("the command is empty");
  if (command.find('\0') != std::string::npos) return node.Error("the command holds a NUL character");
  return command;
}

// Each line of a string is a command of its own, as in DVC; blank ones do nothing.
void AppendLines(const std::string& text, std::vector<std::string>& commands) {
  for (const absl::string_view line : absl::StrSplit(text, absl::ByAnyChar("\n\r"))) {
    if (!absl::StripAsciiWhitespace(line).empty()) commands.emplace_back(line);
  }
}

absl::Status ReadCommands(const FileContext& context, const Node& body, const Scope& scope, Stage& stage) {
  const Node node = body.Entry(*body.Find("cmd"));
  if (!node.value().is_list()) {
    ASSIGN_OR_RETURN(const std::string text, ReadCommand(node, scope));
    AppendLines(text, stage.commands);
    stage.cmd = value::Value(text);
    const std::string lost = LostBetweenLines(stage.commands);
    if (lost.empty()) return absl::OkStatus();
    context.Warn(node, absl::StrCat("each line of a command has a shell of its own: ", lost,
                                    "; && joins lines, and so does '>-' for '|'"));
    return absl::OkStatus();
  }
  value::List list;
  for (const Node& item : node.Items()) {
    ASSIGN_OR_RETURN(std::string text, ReadCommand(item, scope));
    list.emplace_back(text);
    stage.commands.push_back(std::move(text));
  }
  if (list.empty()) return node.Error("the list of commands is empty");
  stage.cmd = value::Value(std::move(list));
  return absl::OkStatus();
}

absl::Status ReadDeps(const FileContext& context, const Node& list, const Scope& scope, Stage& stage) {
  std::set<std::string> seen;
  for (const Node& item : list.Items()) {
    ASSIGN_OR_RETURN(std::string path, ReadText(item, "a path", scope));
    if (IsUrl(path)) {
      if (!stage.frozen) stage.refusal.Update(UrlRefusal(item, "dependency", path));
      continue;
    }
    RETURN_IF_ERROR(CheckPath(item, "dependency", path));
    std::string root_path = RootPath(context.root, stage.wdir, path);
    const std::string name = fs::Basename(root_path);
    if (IsPipelineFileName(name) && name != "dvc.lock") {
      return item.Error(absl::StrCat("dependency '", path, "' is a file of the pipeline itself"));
    }
    if (!seen.insert(path).second) continue;
    stage.deps.push_back(Dependency{.path = std::move(path), .root_path = std::move(root_path)});
  }
  return absl::OkStatus();
}

// Collects what `params` names: keys by file, in order of first appearance; a file named whole stays whole.
class ParamList {
 public:
  ParamList(const FileContext& context, Stage& stage) : context_(context), stage_(stage) {}

  absl::Status AddKey(const Node& node, const std::string& file, std::string key) {
    if (key.empty()) return node.Error("a param's name is empty");
    ParamDependency& params = At(file);
    const bool known = std::find(params.keys.begin(), params.keys.end(), key) != params.keys.end();
    if (!known && !whole_.contains(file)) params.keys.push_back(std::move(key));
    return absl::OkStatus();
  }

  void Refuse(const absl::Status& why) {
    if (!stage_.frozen) stage_.refusal.Update(why);
  }

  void AddWhole(const std::string& file) {
    whole_.insert(file);
    At(file).keys.clear();
  }

 private:
  ParamDependency& At(const std::string& file) {
    for (ParamDependency& params : stage_.params) {
      if (params.path == file) return params;
    }
    stage_.params.push_back(
        ParamDependency{.path = file, .root_path = RootPath(context_.root, stage_.wdir, file), .keys = {}});
    return stage_.params.back();
  }

  const FileContext& context_;
  Stage& stage_;
  std::set<std::string> whole_;
};

absl::Status ReadParamsFile(const Node& entry, const Scope& scope, ParamList& params) {
  ASSIGN_OR_RETURN(const std::string file, ReadName(entry, "a path", scope));
  if (IsUrl(file)) {
    params.Refuse(UrlRefusal(entry, "params file", file));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckPath(entry, "params file", file));
  if (entry.value().is_null() || (entry.value().is_list() && entry.value().list()->empty())) {
    params.AddWhole(file);
    return absl::OkStatus();
  }
  if (!entry.value().is_list()) return Mistyped(entry, "a list");
  for (const Node& item : entry.Items()) {
    ASSIGN_OR_RETURN(std::string key, ReadText(item, "a param's name", scope));
    RETURN_IF_ERROR(params.AddKey(item, file, std::move(key)));
  }
  return absl::OkStatus();
}

absl::Status ReadParams(const FileContext& context, const Node& list, const Scope& scope, Stage& stage) {
  ParamList params(context, stage);
  for (const Node& item : list.Items()) {
    if (item.value().is_map()) {
      for (const value::Map::Entry& entry : *item.value().map()) {
        RETURN_IF_ERROR(ReadParamsFile(item.Entry(entry), scope, params));
      }
      continue;
    }
    ASSIGN_OR_RETURN(std::string key, ReadText(item, "a param's name or {file: [names]}", scope));
    RETURN_IF_ERROR(params.AddKey(item, "params.yaml", std::move(key)));
  }
  return absl::OkStatus();
}

// Every field but those that must be read before all others.
absl::Status ReadField(const FileContext& context, const Node& field, const Scope& scope, Stage& stage) {
  const std::string& key = field.name();
  if (key == "deps") return ReadDeps(context, field, scope, stage);
  if (key == "params") return ReadParams(context, field, scope, stage);
  if (key == "outs") return ReadOutputs(context, field, OutputKind::kOut, scope, stage);
  if (key == "metrics") return ReadOutputs(context, field, OutputKind::kMetric, scope, stage);
  if (key == "plots") return ReadOutputs(context, field, OutputKind::kPlot, scope, stage);
  if (key == "always_changed") stage.always_changed = *field.value().boolean();
  if (key == "meta") return CheckTemplates(field, scope);
  if (key != "desc") return absl::OkStatus();
  ASSIGN_OR_RETURN(stage.desc, ReadText(field, "a string", scope));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Stage> ParseStage(const FileContext& context, const Node& body, const std::string& name,
                                 const Scope& scope) {
  Stage stage;
  stage.name = name;
  stage.file = context.file;
  stage.mark = body.mark();
  Scope watched(&scope);
  watched.RecordInto(&stage.used);
  RETURN_IF_ERROR(ReadWdir(context, body, watched, stage));
  Scope local(&watched);
  if (const value::Map::Entry* vars = body.Find("vars")) {
    RETURN_IF_ERROR(LoadVars(context, body.Entry(*vars), stage.wdir, local));
  }
  RETURN_IF_ERROR(ReadCommands(context, body, local, stage));
  if (const value::Map::Entry* frozen = body.Find("frozen")) stage.frozen = *frozen->second.boolean();
  for (const value::Map::Entry& entry : *body.value().map()) {
    RETURN_IF_ERROR(ReadField(context, body.Entry(entry), local, stage));
  }
  return stage;
}

std::string Stage::Address() const { return file == "dvc.yaml" ? name : absl::StrCat(file, ":", name); }

}  // namespace expq::pipeline
