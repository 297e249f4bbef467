// The -S options of a submission: parsed, checked against the snapshot, and applied to the params that people see.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/environment.h"
#include "cli/place.h"
#include "common/experiment/experiment.h"
#include "common/params/params.h"
#include "common/value/value.h"

namespace expq::cli {

// More texts than overrides: the last ones are only for people to read (composition.h).
// One point without overrides when there are none. The texts name files as typed, relative to `subdir`; the overrides'
// own files are relative to the repository's root.
absl::StatusOr<std::vector<params::GridPoint>> ParseGrid(const std::vector<std::string>& texts,
                                                         const std::string& subdir);

// Resolves the interpolations of the points' values, texts too: in the snapshot's params files and this process's
// variables, since the agents have others. InvalidArgument or NotFound for the first override that a params file cannot
// take; each distinct one is tried once, however large the grid is.
absl::Status SettleOverrides(const git::Repository& repository, const std::string& tree, const Environment& environment,
                             std::vector<params::GridPoint>& points);

params::Environment VariablesOf(const Environment& environment);

// Which points may each have another pipeline than those before them: the first with its values for the `variables`
// (pipeline.h) that dvc.yaml reads. Never empty when `points` is not.
std::vector<size_t> PointsWithOwnPipeline(const std::vector<std::vector<params::ParamOverride>>& points,
                                          const std::set<std::string>& variables);

// What was typed, for people; what a Hydra composition comes to is left out.
std::string ShownOverrides(const experiment::Experiment& experiment);

// Fills Experiment::params_json: the workspace's params with a point's overrides applied.
class ParamsFiller {
 public:
  // `base_json`: {"file": {…}}, by path in the DVC root; files that overrides name and it lacks are read from the
  // snapshot's tree.
  ParamsFiller(const Place& place, std::string tree, const std::string& base_json);
  std::string Fill(const params::GridPoint& point);

 private:
  // The params of that file (a path of the repository) in the base, read when they are not there yet.
  std::string Load(const std::string& file);

  const Place& place_;
  const std::string tree_;
  value::Value base_;
};

}  // namespace expq::cli
