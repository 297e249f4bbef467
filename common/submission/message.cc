#include "common/submission/message.h"

#include "absl/strings/str_cat.h"
#include "common/value/value.h"

namespace expq::submission {
namespace {

using experiment::Experiment;
using value::List;
using value::Map;
using value::Value;

Value Texts(const std::vector<std::string>& texts) {
  List list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Value(std::move(list));
}

Value OptionsJson(const experiment::RunOptions& options) {
  Map map;
  map.Set("targets", Texts(options.targets));
  map.Set("subdir", options.subdir);
  map.Set("force", options.force);
  map.Set("single_item", options.single_item);
  map.Set("downstream", options.downstream);
  map.Set("keep_going", options.keep_going);
  map.Set("no_run_cache", options.no_run_cache);
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

// What all experiments of a submission share is written with each: every line can be read alone.
std::string Line(const Experiment& e, const Value& options, const Value& need, const experiment::SubmissionId& id) {
  Map map;
  map.Set("id", e.id.value);
  map.Set("name", e.name);
  map.Set("submission", id.value);
  map.Set("baseline", e.baseline.value);
  map.Set("overrides", Texts(e.overrides));
  map.Set("options", options);
  map.Set("need", need);
  map.Set("priority", e.priority);
  map.Set("retries", e.retries);
  map.Set("timeout_s", e.timeout == absl::InfiniteDuration() ? Value() : Value(absl::ToDoubleSeconds(e.timeout)));
  List after;
  for (const experiment::ExperimentId& one : e.after) after.emplace_back(one.value);
  map.Set("after", Value(std::move(after)));
  map.Set("message", e.message);
  map.Set("force_name", e.force_name);
  return value::ToJson(Value(std::move(map)), {.compact = true});
}

}  // namespace

std::string WriteMessage(const experiment::SubmissionId& id, const std::vector<Experiment>& experiments) {
  std::string out =
      absl::StrCat("expq: ", experiments.size(), experiments.size() == 1 ? " experiment" : " experiments", "\n\n");
  if (experiments.empty()) return out;
  const Value options = OptionsJson(experiments[0].options);
  const Value need = NeedJson(experiments[0].need);
  for (const Experiment& e : experiments) absl::StrAppend(&out, Line(e, options, need, id), "\n");
  return out;
}

}  // namespace expq::submission
