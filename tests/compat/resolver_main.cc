// Says what expq makes of repositories and overrides, for differential_fuzz.py: a JSON request a line on stdin, an
// answer a line on stdout. Everything is in memory: thousands a second.
//
//   {"files": {"dvc.yaml": "…", …}}                     → {"stages": [{"name", "file", "wdir", "cmd", …}], "sources":
//   […]}
//   {"file": "params.yaml", "text": "…", "overrides": ["a=1", …]}  → {"text": "…"}
//   {"yaml": "…"}                                        → {"value": …}, a map in it being {"map": [[key, value], …]}
//   either, when it is refused                           → {"error": "…"}
#include <iostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"
#include "common/value/value.h"
#include "common/yaml/yaml.h"
#include "tests/support/memory_filesystem.h"

namespace expq {
namespace {

value::Value ToValue(const pipeline::Stage& stage) {
  value::Map out;
  out.Set("name", stage.name);
  out.Set("file", stage.file);
  out.Set("wdir", stage.wdir);
  out.Set("cmd", stage.cmd);
  out.Set("frozen", stage.frozen);
  out.Set("always_changed", stage.always_changed);
  value::List deps, params, outs;
  for (const pipeline::Dependency& dep : stage.deps) deps.push_back(dep.path);
  for (const pipeline::ParamDependency& file : stage.params) {
    value::List keys;
    for (const std::string& key : file.keys) keys.push_back(key);
    params.push_back(value::List{file.path, std::move(keys)});
  }
  for (const pipeline::Output& output : stage.outs) {
    const bool metric = output.kind == pipeline::OutputKind::kMetric, plot = output.kind == pipeline::OutputKind::kPlot;
    outs.push_back(value::List{output.path, metric ? "metric" : plot ? "plot" : "out", output.cache, output.persist});
  }
  out.Set("deps", std::move(deps));
  out.Set("params", std::move(params));
  out.Set("outs", std::move(outs));
  return out;
}

absl::StatusOr<value::Map> Resolve(const value::Map& files) {
  testing::MemoryFilesystem fs;
  RETURN_IF_ERROR(fs.MakeDirs("/r/.dvc"));
  for (const auto& [path, text] : files) {
    const std::string full = fs::Join("/r", path);
    RETURN_IF_ERROR(fs.MakeDirs(fs::Dirname(full)));
    RETURN_IF_ERROR(fs.Write(full, *text.string(), fs::Durability::kAtomic));
  }
  ASSIGN_OR_RETURN(const pipeline::Pipeline loaded, pipeline::Load(fs, "/r"));
  value::List stages, sources;
  for (const pipeline::Stage& stage : loaded.stages) {
    RETURN_IF_ERROR(stage.refusal);
    stages.push_back(ToValue(stage));
  }
  for (const pipeline::DataSource& source : loaded.sources) {
    sources.push_back(
        value::List{source.file, source.path, source.digest ? source.digest->text() : std::string(), source.cache});
  }
  value::Map answer;
  answer.Set("stages", std::move(stages));
  answer.Set("sources", std::move(sources));
  return answer;
}

absl::StatusOr<value::Map> Override(const std::string& file, const std::string& text, const value::List& overrides) {
  std::vector<params::ParamOverride> parsed;
  for (const value::Value& override : overrides) {
    ASSIGN_OR_RETURN(params::ParamOverride one, params::ParseOverride(*override.string()));
    if (one.choices.size() > 1) return absl::InvalidArgumentError("a sweep");
    parsed.push_back(std::move(one));
  }
  ASSIGN_OR_RETURN(std::string edited, params::ApplyOverrides(file, text, parsed));
  value::Map answer;
  answer.Set("text", std::move(edited));
  return answer;
}

// JSON has only texts as keys, and no dates.
value::Value Typed(const value::Value& value) {
  if (const value::List* list = value.list()) {
    value::List out;
    for (const value::Value& item : *list) out.push_back(Typed(item));
    return out;
  }
  value::Map out;
  if (const value::Map* map = value.map()) {
    value::List entries;
    for (const auto& [key, item] : *map) entries.push_back(value::List{Typed(key.value()), Typed(item)});
    out.Set("map", std::move(entries));
  } else if (const auto* date = std::get_if<value::Date>(&value.variant())) {
    out.Set("date", date->text);
  } else {
    return value;
  }
  return out;
}

absl::StatusOr<value::Map> Read(const std::string& text) {
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, "document.yaml"));
  value::Map answer;
  answer.Set("value", Typed(document.root));
  return answer;
}

absl::StatusOr<value::Map> Answer(const std::string& line) {
  ASSIGN_OR_RETURN(const value::Value request, params::ParseJson(line));
  if (const value::Value* files = request.map()->Find("files")) return Resolve(*files->map());
  if (const value::Value* text = request.map()->Find("yaml")) return Read(*text->string());
  const auto text = [&](absl::string_view key) { return *request.map()->Find(key)->string(); };
  return Override(text("file"), text("text"), *request.map()->Find("overrides")->list());
}

}  // namespace
}  // namespace expq

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const absl::StatusOr<expq::value::Map> answer = expq::Answer(line);
    expq::value::Map refusal;
    if (!answer.ok()) refusal.Set("error", answer.status().message());
    std::cout << expq::value::ToJson(answer.ok() ? *answer : refusal) << std::endl;
  }
}
