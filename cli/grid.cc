#include "cli/grid.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/fs/filesystem.h"
#include "common/params/apply.h"
#include "common/params/hydra.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using params::GridPoint;
using params::ParamOverride;

absl::StatusOr<std::string> ReadParams(const git::Repository& repository, const std::string& tree,
                                       const std::string& file) {
  auto text = repository.ReadFile(tree, file);
  if (!absl::IsNotFound(text.status())) return text;
  return status::WithHint(absl::NotFoundError(absl::StrCat("params file ", file, " is not part of the snapshot")),
                          absl::StrCat("only files that git tracks are: git add ", file));
}

// Tries overrides on the snapshot's files.
class Settler {
 public:
  Settler(const git::Repository& repository, const std::string& tree, const Environment& environment)
      : repository_(repository), tree_(tree), variables_(VariablesOf(environment)) {}

  absl::Status Settle(GridPoint& point) {
    for (const ParamOverride& override : point.overrides) {
      if (files_.contains(override.file)) continue;
      auto text = ReadParams(repository_, tree_, override.file);
      // What adds makes the file where it is missing, and so does a composition.
      if (params::Adds(override) && absl::IsNotFound(text.status())) text = "";
      RETURN_IF_ERROR(text.status());
      files_[override.file] = *std::move(text);
    }
    RETURN_IF_ERROR(Resolve(point));
    // The first point as a whole; of the others only what is new. One that fails alone may need those before it.
    if (tried_.empty()) return Try(point);
    for (size_t i = 0; i < point.overrides.size(); ++i) {
      const ParamOverride& override = point.overrides[i];
      if (!tried_.insert(point.texts[i]).second) continue;
      if (params::ApplyOverrides(override.file, files_[override.file], {override}).ok()) continue;
      RETURN_IF_ERROR(Try(point));
    }
    return absl::OkStatus();
  }

 private:
  // Files in order of first appearance.
  using ByFile = std::vector<std::pair<std::string, std::vector<size_t>>>;

  static ByFile IndicesByFile(const GridPoint& point) {
    ByFile files;
    for (size_t i = 0; i < point.overrides.size(); ++i) {
      const std::string& file = point.overrides[i].file;
      auto same = std::find_if(files.begin(), files.end(), [&](const auto& one) { return one.first == file; });
      if (same == files.end()) same = files.insert(same, {file, {}});
      same->second.push_back(i);
    }
    return files;
  }

  absl::Status Resolve(GridPoint& point) const {
    GridPoint resolved;
    for (const auto& [file, indices] : IndicesByFile(point)) {
      std::vector<ParamOverride> overrides;
      for (size_t i : indices) overrides.push_back(point.overrides[i]);
      ASSIGN_OR_RETURN(overrides, params::ResolveInterpolations(file, files_.at(file), overrides, variables_));
      // Texts keep the file as it was typed.
      ASSIGN_OR_RETURN(const ParamOverride typed, params::ParseOverride(point.texts[indices[0]]));
      for (const ParamOverride& override : overrides) {
        resolved.overrides.push_back(override);
        ParamOverride shown = override;
        shown.file = typed.file;
        resolved.texts.push_back(params::OverrideText(shown));
      }
    }
    // Behind the overrides' own texts stand those for people.
    const auto own = static_cast<std::ptrdiff_t>(point.overrides.size());
    resolved.texts.insert(resolved.texts.end(), point.texts.begin() + own, point.texts.end());
    point = std::move(resolved);
    return absl::OkStatus();
  }

  absl::Status Try(const GridPoint& point) {
    tried_.insert(point.texts.begin(), point.texts.end());
    for (const auto& [file, indices] : IndicesByFile(point)) {
      std::vector<ParamOverride> overrides;
      for (size_t i : indices) overrides.push_back(point.overrides[i]);
      RETURN_IF_ERROR(params::ApplyOverrides(file, files_.at(file), overrides).status());
    }
    return absl::OkStatus();
  }

  const git::Repository& repository_;
  const std::string& tree_;
  const params::Environment variables_;
  std::map<std::string, std::string> files_;
  std::set<std::string> tried_;
};

}  // namespace

absl::StatusOr<std::vector<GridPoint>> ParseGrid(const std::vector<std::string>& texts, const std::string& subdir) {
  std::vector<ParamOverride> overrides;
  for (const std::string& text : texts) {
    auto parsed = params::ParseOverride(text);
    RETURN_IF_ERROR(parsed.status());
    if (parsed->key.empty()) return absl::InvalidArgumentError(absl::StrCat("-S ", text, ": expected a key"));
    parsed->file = fs::Normalize(parsed->file);
    const std::string path = fs::Normalize(fs::Join(subdir, parsed->file));
    if (path == ".." || absl::StartsWith(path, "../") || absl::StartsWith(path, "/")) {
      return absl::InvalidArgumentError(absl::StrCat("-S ", text, ": the file is outside the repository"));
    }
    overrides.push_back(*std::move(parsed));
  }
  if (overrides.empty()) return std::vector<GridPoint>(1);
  ASSIGN_OR_RETURN(std::vector<GridPoint> points, params::ExpandGrid(overrides));
  for (GridPoint& point : points) {
    for (ParamOverride& override : point.overrides) override.file = fs::Normalize(fs::Join(subdir, override.file));
  }
  return points;
}

params::Environment VariablesOf(const Environment& environment) {
  return [&environment](absl::string_view name) -> std::optional<std::string> {
    for (const std::string& variable : environment.variables()) {
      if (absl::StartsWith(variable, absl::StrCat(name, "="))) return variable.substr(name.size() + 1);
    }
    return std::nullopt;
  };
}

std::vector<size_t> PointsWithOwnPipeline(const std::vector<std::vector<ParamOverride>>& points,
                                          const std::set<std::string>& variables) {
  std::vector<size_t> own;
  std::set<std::vector<std::string>> seen;
  for (size_t i = 0; i < points.size(); ++i) {
    std::vector<std::string> all, read;
    for (const ParamOverride& override : points[i]) {
      all.push_back(params::OverrideText(override));
      const std::string name = override.key.substr(0, override.key.find('.'));
      // A composition has no key: it is all of its file.
      if (name.empty() || variables.contains(name)) read.push_back(all.back());
    }
    // A value that refers to others may say more than its own text.
    const bool refers =
        std::any_of(read.begin(), read.end(), [](const std::string& text) { return absl::StrContains(text, "${"); });
    if (seen.insert(refers ? std::move(all) : std::move(read)).second) own.push_back(i);
  }
  return own;
}

std::string ShownOverrides(const experiment::Experiment& experiment) {
  std::vector<std::string> shown;
  for (const std::string& text : experiment.overrides) {
    if (!params::IsComposed(text)) shown.push_back(text);
  }
  return absl::StrJoin(shown, " ");
}

absl::Status SettleOverrides(const git::Repository& repository, const std::string& tree, const Environment& environment,
                             std::vector<GridPoint>& points) {
  Settler settler(repository, tree, environment);
  for (GridPoint& point : points) RETURN_IF_ERROR(settler.Settle(point));
  return absl::OkStatus();
}

ParamsFiller::ParamsFiller(const Place& place, std::string tree, const std::string& base_json)
    : place_(place), tree_(std::move(tree)) {
  auto parsed = params::ParseJson(base_json.empty() ? "{}" : base_json);
  base_ = parsed.ok() && parsed->is_map() ? *std::move(parsed) : value::Value(value::Map());
}

std::string ParamsFiller::Load(const std::string& file) {
  const std::string key =
      place_.dvc_root == place_.root ? file : fs::Relative(fs::Join(place_.root, file), place_.dvc_root);
  if (base_.map()->Find(key) != nullptr) return key;
  const auto text = place_.repository->ReadFile(tree_, file);
  auto parsed = params::ParseFile(file, text.ok() ? *text : "");
  base_.map()->Set(key, parsed.ok() ? *std::move(parsed) : value::Value(value::Map()));
  return key;
}

std::string ParamsFiller::Fill(const GridPoint& point) {
  std::vector<std::string> keys;
  for (const ParamOverride& override : point.overrides) keys.push_back(Load(override.file));
  value::Value filled = base_;
  for (size_t i = 0; i < keys.size(); ++i) {
    // What cannot be applied was refused before; a file that cannot be read has no values to show.
    params::ApplyToValue(point.overrides[i].file, point.overrides[i], *filled.map()->Find(keys[i])).IgnoreError();
  }
  return value::ToJson(filled, {.ascii = false, .compact = true});
}

}  // namespace expq::cli
