#include "common/submission/message.h"

#include "absl/strings/str_cat.h"
#include "common/submission/run_options.h"
#include "common/value/value.h"

namespace expq::submission {
namespace {

using experiment::Experiment;
using value::List;
using value::Map;
using value::Value;

// What all experiments of a submission share is written with each: every line can be read alone.
std::string Line(const Experiment& e, const Value& options, const Value& need, const experiment::SubmissionId& id) {
  Map map;
  map.Set("id", e.id.value);
  map.Set("name", e.name);
  map.Set("submission", id.value);
  map.Set("baseline", e.baseline.value);
  map.Set("overrides", TextsJson(e.overrides));
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
