#include "cli/json.h"

#include "absl/strings/str_cat.h"
#include "cli/quantity.h"
#include "common/params/params.h"

namespace expq::cli {

using experiment::Experiment;
using value::Map;
using value::Value;

Map Versioned() {
  Map map;
  map.Set("version", 1);
  return map;
}

std::string JsonLine(Map object) {
  return absl::StrCat(value::ToJson(Value(std::move(object)), {.ascii = false, .compact = true, .nan_as_null = true}),
                      "\n");
}

std::string ErrorJson(ExitCode code, absl::string_view message, absl::string_view hint) {
  Map error;
  error.Set("code", CodeName(code));
  error.Set("message", message);
  error.Set("hint", TextOrNull(hint));
  Map root = Versioned();
  root.Set("error", Value(std::move(error)));
  return JsonLine(std::move(root));
}

Value TextOrNull(absl::string_view text) { return text.empty() ? Value() : Value(text); }
Value TimeOrNull(absl::Time time) { return TextOrNull(Rfc3339(time)); }

Value ParsedValues(absl::string_view json) {
  auto parsed = params::ParseJson(json.empty() ? "{}" : json);
  return parsed.ok() ? *std::move(parsed) : Value(Map());
}

Value ExperimentJson(const Experiment& e) {
  Map map;
  map.Set("id", e.id.value);
  map.Set("name", e.name);
  map.Set("state", experiment::Name(e.state));
  map.Set("baseline", e.baseline.value);
  map.Set("revision", TextOrNull(e.revision.value));
  map.Set("submission", TextOrNull(e.submission.value));
  map.Set("attempt", e.attempt);
  map.Set("agent", TextOrNull(e.agent));
  value::List overrides;
  for (const std::string& text : e.overrides) overrides.emplace_back(text);
  map.Set("overrides", Value(std::move(overrides)));
  map.Set("params", ParsedValues(e.params_json));
  map.Set("metrics", ParsedValues(e.metrics_json));
  Map properties;
  for (const auto& [key, text] : e.properties) properties.Set(key, text);
  map.Set("properties", Value(std::move(properties)));
  map.Set("message", TextOrNull(e.message));
  map.Set("error", TextOrNull(e.error));
  map.Set("cause", TextOrNull(experiment::Name(e.cause)));
  map.Set("stage", TextOrNull(e.stage));
  map.Set("priority", e.priority);
  map.Set("workspace", TextOrNull(e.workspace));
  map.Set("waiting_because", TextOrNull(e.waiting_because));
  map.Set("created", TimeOrNull(e.created));
  map.Set("started", TimeOrNull(e.started));
  map.Set("finished", TimeOrNull(e.finished));
  return Value(std::move(map));
}

Value ExperimentsJson(const std::vector<Experiment>& experiments) {
  value::List list;
  list.reserve(experiments.size());
  for (const Experiment& e : experiments) list.push_back(ExperimentJson(e));
  return Value(std::move(list));
}

namespace {

Value OfferJson(const experiment::Offer& offer) {
  Map map;
  map.Set("slots", offer.slots);
  map.Set("cpus", offer.cpus);
  map.Set("memory", offer.memory);
  value::List gpus;
  for (const std::string& id : offer.gpu_ids) gpus.emplace_back(id);
  map.Set("gpus", Value(std::move(gpus)));
  if (!offer.closed.empty()) map.Set("closed", offer.closed);
  return Value(std::move(map));
}

}  // namespace

Value AgentJson(const experiment::AgentInfo& agent) {
  Map map;
  map.Set("name", agent.name);
  map.Set("state", agent.state);
  map.Set("last_seen", TimeOrNull(agent.last_seen));
  value::List running;
  for (const std::string& name : agent.running_names) running.emplace_back(name);
  map.Set("running", Value(std::move(running)));
  map.Set("total", OfferJson(agent.total));
  map.Set("free", OfferJson(agent.free));
  Map labels;
  for (const auto& [key, text] : agent.total.labels) labels.Set(key, text);
  map.Set("labels", Value(std::move(labels)));
  return Value(std::move(map));
}

}  // namespace expq::cli
