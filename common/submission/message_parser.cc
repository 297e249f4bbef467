#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/params/params.h"
#include "common/status/status.h"
#include "common/submission/message.h"
#include "common/value/value.h"

namespace expq::submission {
namespace {

using experiment::Experiment;
using experiment::Submission;
using value::Value;

// The fields of one map, each with the type that it must have. What is absent leaves the target as it was. The first
// error sticks.
class Fields {
 public:
  Fields(const Value& value, std::string what) : map_(value.map()), what_(std::move(what)) {
    if (map_ == nullptr) Refuse("not an object");
  }

  const absl::Status& status() const { return status_; }

  void Text(absl::string_view key, std::string* out) {
    const Value* found = Find(key);
    if (found == nullptr) return;
    if (found->string() == nullptr) return Refuse(absl::StrCat(key, ": not a text"));
    *out = *found->string();
  }
  // As Text, but it must be there.
  void Needed(absl::string_view key, std::string* out) {
    if (map_ != nullptr && map_->Find(key) == nullptr) Refuse(absl::StrCat(key, " is missing"));
    Text(key, out);
  }
  void Flag(absl::string_view key, bool* out) {
    const Value* found = Find(key);
    if (found == nullptr) return;
    if (found->boolean() == nullptr) return Refuse(absl::StrCat(key, ": not true or false"));
    *out = *found->boolean();
  }
  template <typename Integer>
  void Number(absl::string_view key, Integer* out) {
    const Value* found = Find(key);
    if (found == nullptr) return;
    const int64_t* number = found->int64();
    if (number == nullptr || *number < std::numeric_limits<Integer>::min() ||
        *number > std::numeric_limits<Integer>::max()) {
      return Refuse(absl::StrCat(key, ": not an integer, or too large"));
    }
    *out = static_cast<Integer>(*number);
  }
  // Null is "without end".
  void Duration(absl::string_view key, absl::Duration* out) {
    const Value* found = Find(key);
    if (found == nullptr || found->is_null()) return;
    double seconds = 0;
    if (!found->is_number() || !found->AsDouble(&seconds) || std::isnan(seconds)) {
      return Refuse(absl::StrCat(key, ": not a number of seconds"));
    }
    *out = absl::Seconds(seconds);
  }
  void Texts(absl::string_view key, std::vector<std::string>* out) {
    const Value* found = Find(key);
    if (found == nullptr) return;
    if (!found->is_list()) return Refuse(absl::StrCat(key, ": not a list"));
    out->clear();
    for (const Value& item : *found->list()) {
      if (item.string() == nullptr) return Refuse(absl::StrCat(key, ": not a list of texts"));
      out->push_back(*item.string());
    }
  }
  // Calls `take` with every key and text, in order.
  template <typename Take>
  void Pairs(absl::string_view key, Take take) {
    const Value* found = Find(key);
    if (found == nullptr) return;
    if (!found->is_map()) return Refuse(absl::StrCat(key, ": not an object"));
    for (const auto& [name, text] : *found->map()) {
      if (text.string() == nullptr) return Refuse(absl::StrCat(key, ".", name, ": not a text"));
      take(name, *text.string());
    }
  }
  // Calls `read` with the fields of a map within this one.
  template <typename Read>
  void Within(absl::string_view key, Read read) {
    const Value* found = Find(key);
    if (found == nullptr) return;
    Fields inner(*found, absl::StrCat(what_, ": ", key));
    read(inner);
    if (status_.ok()) status_ = inner.status();
  }
  void Refuse(absl::string_view why) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(what_, ": ", why));
  }

 private:
  const Value* Find(absl::string_view key) const { return map_ == nullptr ? nullptr : map_->Find(key); }

  const value::Map* map_;
  const std::string what_;
  absl::Status status_;
};

void ReadOptions(Fields& in, experiment::RunOptions* options) {
  in.Texts("targets", &options->targets);
  in.Text("subdir", &options->subdir);
  in.Flag("force", &options->force);
  in.Flag("single_item", &options->single_item);
  in.Flag("downstream", &options->downstream);
  in.Flag("keep_going", &options->keep_going);
  in.Flag("no_run_cache", &options->no_run_cache);
  in.Number("stage_jobs", &options->stage_jobs);
  in.Pairs("env", [&](const std::string& key, const std::string& text) { options->env.emplace_back(key, text); });
}

void ReadNeed(Fields& in, experiment::Resources* need) {
  in.Number("cpus", &need->cpus);
  in.Number("memory", &need->memory);
  in.Number("gpus", &need->gpus);
  in.Pairs("labels", [&](const std::string& key, const std::string& text) { need->labels[key] = text; });
}

absl::StatusOr<Experiment> ReadLine(absl::string_view line, const std::string& what) {
  auto parsed = params::ParseJson(line, what);
  if (!parsed.ok()) return absl::InvalidArgumentError(parsed.status().message());
  Experiment e;
  Fields in(*parsed, what);
  in.Needed("id", &e.id.value);
  in.Needed("name", &e.name);
  in.Needed("submission", &e.submission.value);
  in.Needed("baseline", &e.baseline.value);
  in.Texts("overrides", &e.overrides);
  in.Within("options", [&](Fields& options) { ReadOptions(options, &e.options); });
  in.Within("need", [&](Fields& need) { ReadNeed(need, &e.need); });
  in.Number("priority", &e.priority);
  in.Number("retries", &e.retries);
  in.Duration("timeout_s", &e.timeout);
  std::vector<std::string> after;
  in.Texts("after", &after);
  for (std::string& id : after) e.after.push_back({std::move(id)});
  in.Text("message", &e.message);
  in.Flag("force_name", &e.force_name);
  RETURN_IF_ERROR(in.status());
  return e;
}

// Of "expq: 4 experiments"; nullopt for anything else.
std::optional<size_t> CountIn(absl::string_view subject) {
  if (!absl::ConsumePrefix(&subject, "expq: ")) return std::nullopt;
  if (!absl::ConsumeSuffix(&subject, " experiments") && !absl::ConsumeSuffix(&subject, " experiment")) {
    return std::nullopt;
  }
  size_t count = 0;
  if (subject.empty() || !absl::SimpleAtoi(subject, &count)) return std::nullopt;
  return count;
}

}  // namespace

absl::StatusOr<Submission> ParseMessage(absl::string_view message) {
  const std::vector<absl::string_view> lines = absl::StrSplit(absl::StripTrailingAsciiWhitespace(message), '\n');
  const std::optional<size_t> count = CountIn(lines[0]);
  if (!count) return absl::InvalidArgumentError("submission message line 1: not \"expq: N experiments\"");
  Submission submission;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (absl::StripAsciiWhitespace(lines[i]).empty()) continue;
    const std::string what = absl::StrCat("submission message line ", i + 1);
    ASSIGN_OR_RETURN(Experiment e, ReadLine(lines[i], what));
    if (submission.experiments.empty()) submission.id = e.submission;
    if (e.submission != submission.id) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ": belongs to submission ", e.submission.value, ", not to ", submission.id.value));
    }
    submission.experiments.push_back(std::move(e));
  }
  if (submission.experiments.size() != *count || *count == 0) {
    return absl::InvalidArgumentError(absl::StrCat("submission message: ", submission.experiments.size(),
                                                   " experiments where its first line says ", *count));
  }
  return submission;
}

}  // namespace expq::submission
