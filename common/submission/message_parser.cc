#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/params/params.h"
#include "common/status/status.h"
#include "common/submission/fields.h"
#include "common/submission/message.h"
#include "common/submission/run_options.h"

namespace expq::submission {
namespace {

using experiment::Experiment;
using experiment::Submission;

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
