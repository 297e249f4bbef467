#include "common/submission/run_options.h"

#include <utility>

namespace expq::submission {

using value::List;
using value::Map;
using value::Value;

Value TextsJson(const std::vector<std::string>& texts) {
  List list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Value(std::move(list));
}

Value OptionsJson(const experiment::RunOptions& options) {
  Map map;
  map.Set("targets", TextsJson(options.targets));
  map.Set("subdir", options.subdir);
  map.Set("force", options.force);
  map.Set("single_item", options.single_item);
  map.Set("downstream", options.downstream);
  map.Set("keep_going", options.keep_going);
  map.Set("no_run_cache", options.no_run_cache);
  map.Set("ignore_errors", options.ignore_errors);
  map.Set("force_downstream", options.force_downstream);
  map.Set("allow_missing", options.allow_missing);
  map.Set("pull", options.pull);
  map.Set("stage_jobs", options.stage_jobs);
  Map env;
  for (const auto& [key, text] : options.env) env.Set(key, text);
  map.Set("env", Value(std::move(env)));
  return Value(std::move(map));
}

Value NeedJson(const experiment::Resources& need) {
  Map map;
  map.Set("cpus", need.cpus);
  map.Set("memory", need.memory);
  map.Set("gpus", need.gpus);
  Map labels;
  for (const auto& [key, text] : need.labels) labels.Set(key, text);
  map.Set("labels", Value(std::move(labels)));
  return Value(std::move(map));
}

void ReadOptions(Fields& in, experiment::RunOptions* options) {
  in.Texts("targets", &options->targets);
  in.Text("subdir", &options->subdir);
  in.Flag("force", &options->force);
  in.Flag("single_item", &options->single_item);
  in.Flag("downstream", &options->downstream);
  in.Flag("keep_going", &options->keep_going);
  in.Flag("no_run_cache", &options->no_run_cache);
  in.Flag("ignore_errors", &options->ignore_errors);
  in.Flag("force_downstream", &options->force_downstream);
  in.Flag("allow_missing", &options->allow_missing);
  in.Flag("pull", &options->pull);
  in.Number("stage_jobs", &options->stage_jobs);
  in.Pairs("env", [&](const std::string& key, const std::string& text) { options->env.emplace_back(key, text); });
}

void ReadNeed(Fields& in, experiment::Resources* need) {
  in.Number("cpus", &need->cpus);
  in.Number("memory", &need->memory);
  in.Number("gpus", &need->gpus);
  in.Pairs("labels", [&](const std::string& key, const std::string& text) { need->labels[key] = text; });
}

}  // namespace expq::submission
