// Params and metrics files: reading all formats, overriding surgically, and Hydra's basic override grammar.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/value/value.h"

namespace expq::params {

// By suffix, case-insensitive: .json, .toml, .py, anything else YAML. InvalidArgument names file, line, column.
// An empty file is an empty map. Of Python what DVC reads without running it (python_reader.h).
absl::StatusOr<value::Value> ParseFile(absl::string_view file, absl::string_view text);

// JSON (also NaN and Infinity, as Python reads it). Fast: used for every row of `show`.
absl::StatusOr<value::Value> ParseJson(absl::string_view text, absl::string_view file = "json");

// One `-S`: `[FILE:]KEY=VALUE` parsed. One operation on one key of one file.
struct ParamOverride {
  enum class Op { kChange, kAdd, kForce, kDelete };
  Op op = Op::kChange;
  std::string file = "params.yaml";  // relative to where it was typed
  std::string key;                   // dotted
  value::Value value;                // unused for kDelete without a value
  bool has_value = true;
  // More than one = a sweep (top-level commas, choice(), range()); then `value` is the first of them.
  std::vector<value::Value> choices;
  // The value where another override is a sweep, when it is another one then: DVC writes the points of a grid as text
  // and reads them again, which str(3) does not survive.
  std::optional<value::Value> beside_sweep = {};
  // KEY@PACKAGE: a config group's, which only a Hydra composition has.
  std::optional<std::string> package = {};
};

// `list[0]` is read as `list.0`. shuffle() depends on the text alone: the same text has the same order everywhere.
// InvalidArgument with the text, a caret under the character and what was expected, in the message's own lines.
absl::StatusOr<ParamOverride> ParseOverride(absl::string_view text);

// Whether it may be about a key, and a file, that is not there yet.
inline bool Adds(const ParamOverride& override) {
  return override.op == ParamOverride::Op::kAdd || override.op == ParamOverride::Op::kForce;
}

// One point of a grid: overrides without sweeps, in the order given, and their canonical texts
// ("units=128", "conf/x.yaml:a.b=1e-05"), which ParseOverride reads back to the same.
struct GridPoint {
  std::vector<ParamOverride> overrides;
  std::vector<std::string> texts;
};

// More experiments than one submit can mean; a slip in a range() would fill the disk.
inline constexpr size_t kMostGridPoints = 100'000;

// The cartesian product in DVC's order: files in order of first appearance, then keys in order given, the last fastest.
// In a sweep the last one of a key counts, at the place of the first; without one all are applied in their order.
// InvalidArgument when larger than kMostGridPoints. An empty list is one point without overrides.
absl::StatusOr<std::vector<GridPoint>> ExpandGrid(const std::vector<ParamOverride>& overrides);

// The file's text with the overrides (all of this file) applied: only the bytes of the changed values differ; equal
// values leave it untouched. InvalidArgument "FILE: …" with a near key as hint when a key is missing (kChange, kDelete)
// or present (kAdd); FailedPrecondition with a reason when the text cannot be changed in place.
absl::StatusOr<std::string> ApplyOverrides(absl::string_view file, absl::string_view text,
                                           const std::vector<ParamOverride>& overrides);

// A variable's value, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(absl::string_view name)>;

// The overrides (all of one file) with every ${…} in their values replaced by what it means in this file once all of
// them are applied, as OmegaConf resolves it: keys of the file, oc.env in `environment`. For the client at submit; what
// runs the experiment has another environment. The file's own ${…} stay. Where one becomes a map or a list another
// override comes before it, which clears its place. InvalidArgument for what cannot be resolved.
absl::StatusOr<std::vector<ParamOverride>> ResolveInterpolations(absl::string_view file, absl::string_view text,
                                                                 std::vector<ParamOverride> overrides,
                                                                 const Environment& environment);

// "conf/x.yaml:+a.b=1e-05"; the file is left out where it is params.yaml. ParseOverride reads it back. Without choices.
std::string OverrideText(const ParamOverride& override);

// DVC's generated names, "adjective-noun" ("rusty-otter"), from our own word lists.
std::string GenerateName(random::Random& random);

// OK, or InvalidArgument: what git refuses in a ref, '/', spaces, and what could be a git revision (4 to 40 hex
// digits).
absl::Status CheckName(absl::string_view name);

// The candidate nearest to `word`, or "" when none is near (edit distance at most a third of its length, at least 1).
std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace expq::params
