#include "agent/record.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "common/params/params.h"
#include "common/status/status.h"
#include "common/value/value.h"

namespace expq::agent {
namespace {

using experiment::Assignment;
using experiment::Experiment;
using experiment::Outcome;
using value::List;
using value::Map;
using value::Value;

// --- writing ---

Value Texts(const std::vector<std::string>& texts) {
  List list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

template <typename Pairs>
Value TextMap(const Pairs& pairs) {
  List list;  // of pairs: keys may repeat
  for (const auto& [key, text] : pairs) list.push_back(Texts({key, text}));
  return list;
}

Value EncodeOptions(const experiment::RunOptions& options) {
  Map map;
  map.Set("targets", Texts(options.targets));
  map.Set("subdir", options.subdir);
  map.Set("force", options.force);
  map.Set("single_item", options.single_item);
  map.Set("downstream", options.downstream);
  map.Set("keep_going", options.keep_going);
  map.Set("no_run_cache", options.no_run_cache);
  map.Set("stage_jobs", options.stage_jobs);
  map.Set("env", TextMap(options.env));
  return map;
}

Value EncodeNeed(const experiment::Resources& need) {
  Map map;
  map.Set("cpus", need.cpus);
  map.Set("memory", need.memory);
  map.Set("gpus", need.gpus);
  map.Set("labels", TextMap(need.labels));
  return map;
}

// What an attempt reads of its experiment; the rest is the scheduler's.
Value EncodeExperiment(const Experiment& experiment) {
  Map map;
  map.Set("id", experiment.id.value);
  map.Set("project", experiment.project.value);
  map.Set("submission", experiment.submission.value);
  map.Set("name", experiment.name);
  map.Set("message", experiment.message);
  map.Set("baseline", experiment.baseline.value);
  map.Set("snapshot", experiment.snapshot.value);
  map.Set("overrides", Texts(experiment.overrides));
  map.Set("options", EncodeOptions(experiment.options));
  map.Set("need", EncodeNeed(experiment.need));
  map.Set("retries", experiment.retries);
  map.Set("failures", experiment.failures);
  if (experiment.timeout < absl::InfiniteDuration()) {
    map.Set("timeout_ms", absl::ToInt64Milliseconds(experiment.timeout));
  }
  return map;
}

// --- reading ---

// One JSON object that is being taken apart; what is absent or of another type is the default.
class Reader {
 public:
  explicit Reader(const Value* value) : map_(value == nullptr ? nullptr : value->map()) {}

  const Value* At(const char* key) const { return map_ == nullptr ? nullptr : map_->Find(key); }
  std::string Text(const char* key) const {
    const Value* found = At(key);
    return found != nullptr && found->string() != nullptr ? *found->string() : "";
  }
  int64_t Number(const char* key, int64_t otherwise = 0) const {
    const Value* found = At(key);
    return found != nullptr && found->int64() != nullptr ? *found->int64() : otherwise;
  }
  bool Flag(const char* key) const {
    const Value* found = At(key);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
  }
  std::vector<std::string> Texts(const char* key) const { return TextsOf(At(key)); }
  std::vector<std::pair<std::string, std::string>> Pairs(const char* key) const {
    std::vector<std::pair<std::string, std::string>> pairs;
    const Value* found = At(key);
    if (found == nullptr || found->list() == nullptr) return pairs;
    for (const Value& item : *found->list()) {
      std::vector<std::string> pair = TextsOf(&item);
      if (pair.size() == 2) pairs.emplace_back(pair[0], pair[1]);
    }
    return pairs;
  }

 private:
  static std::vector<std::string> TextsOf(const Value* value) {
    std::vector<std::string> texts;
    if (value == nullptr || value->list() == nullptr) return texts;
    for (const Value& item : *value->list()) {
      if (item.string() != nullptr) texts.push_back(*item.string());
    }
    return texts;
  }

  const Map* map_;
};

experiment::RunOptions DecodeOptions(const Reader& in) {
  experiment::RunOptions options;
  options.targets = in.Texts("targets");
  options.subdir = in.Text("subdir");
  options.force = in.Flag("force");
  options.single_item = in.Flag("single_item");
  options.downstream = in.Flag("downstream");
  options.keep_going = in.Flag("keep_going");
  options.no_run_cache = in.Flag("no_run_cache");
  options.stage_jobs = static_cast<int>(in.Number("stage_jobs", 1));
  options.env = in.Pairs("env");
  return options;
}

experiment::Resources DecodeNeed(const Reader& in) {
  experiment::Resources need;
  need.cpus = static_cast<int>(in.Number("cpus"));
  need.memory = in.Number("memory");
  need.gpus = static_cast<int>(in.Number("gpus"));
  for (auto& [key, text] : in.Pairs("labels")) need.labels[key] = text;
  return need;
}

Experiment DecodeExperiment(const Reader& in) {
  Experiment experiment;
  experiment.id.value = in.Text("id");
  experiment.project.value = in.Text("project");
  experiment.submission.value = in.Text("submission");
  experiment.name = in.Text("name");
  experiment.message = in.Text("message");
  experiment.baseline.value = in.Text("baseline");
  experiment.snapshot.value = in.Text("snapshot");
  experiment.overrides = in.Texts("overrides");
  experiment.options = DecodeOptions(Reader(in.At("options")));
  experiment.need = DecodeNeed(Reader(in.At("need")));
  experiment.retries = static_cast<int>(in.Number("retries"));
  experiment.failures = static_cast<int>(in.Number("failures"));
  int64_t timeout_ms = in.Number("timeout_ms", -1);
  if (timeout_ms >= 0) experiment.timeout = absl::Milliseconds(timeout_ms);
  return experiment;
}

}  // namespace

std::string EncodeAssignment(const Assignment& assignment) {
  Map map;
  map.Set("experiment", EncodeExperiment(assignment.experiment));
  map.Set("attempt", assignment.attempt);
  map.Set("gpu_ids", Texts(assignment.gpu_ids));
  return value::ToJson(map) + "\n";
}

absl::StatusOr<Assignment> DecodeAssignment(absl::string_view text) {
  ASSIGN_OR_RETURN(Value value, params::ParseJson(text, "assignment"));
  Reader in(&value);
  Assignment assignment;
  assignment.experiment = DecodeExperiment(Reader(in.At("experiment")));
  assignment.attempt = static_cast<int>(in.Number("attempt"));
  assignment.gpu_ids = in.Texts("gpu_ids");
  if (assignment.experiment.id.empty() || assignment.experiment.snapshot.empty() || assignment.attempt < 1) {
    return absl::DataLossError("assignment: incomplete");
  }
  return assignment;
}

std::string EncodeOutcome(const Outcome& outcome) {
  Map map;
  map.Set("kind", experiment::Name(outcome.kind));
  map.Set("cause", experiment::Name(outcome.cause));
  map.Set("error", outcome.error);
  map.Set("stage", outcome.stage);
  map.Set("revision", outcome.revision.value);
  List blobs;
  for (const digest::Digest& blob : outcome.blobs) blobs.emplace_back(blob.text());
  map.Set("blobs", std::move(blobs));
  map.Set("params", outcome.params_json);
  map.Set("metrics", outcome.metrics_json);
  map.Set("workspace", outcome.workspace);
  return value::ToJson(map) + "\n";
}

absl::StatusOr<Outcome> DecodeOutcome(absl::string_view text) {
  ASSIGN_OR_RETURN(Value value, params::ParseJson(text, "outcome"));
  Reader in(&value);
  auto kind = experiment::ParseOutcomeKind(in.Text("kind"));
  auto cause = experiment::ParseCause(in.Text("cause"));
  if (!kind || !cause) return absl::DataLossError("outcome: unknown kind or cause");
  Outcome outcome;
  outcome.kind = *kind;
  outcome.cause = *cause;
  outcome.error = in.Text("error");
  outcome.stage = in.Text("stage");
  outcome.revision.value = in.Text("revision");
  for (const std::string& blob : in.Texts("blobs")) {
    ASSIGN_OR_RETURN(digest::Digest digest, digest::Digest::Parse(blob));
    outcome.blobs.push_back(digest);
  }
  outcome.params_json = in.Text("params");
  outcome.metrics_json = in.Text("metrics");
  outcome.workspace = in.Text("workspace");
  return outcome;
}

}  // namespace expq::agent
