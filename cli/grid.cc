#include "cli/grid.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/value_path.h"
#include "common/fs/filesystem.h"
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

}  // namespace

absl::StatusOr<std::vector<GridPoint>> ParseGrid(const std::vector<std::string>& texts, const std::string& subdir) {
  std::vector<ParamOverride> overrides;
  for (const std::string& text : texts) {
    auto parsed = params::ParseOverride(text);
    RETURN_IF_ERROR(parsed.status());
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

absl::Status CheckOverrides(const git::Repository& repository, const std::string& tree,
                            const std::vector<GridPoint>& points) {
  std::map<std::string, std::string> files;
  std::set<std::string> tried;
  for (const GridPoint& point : points) {
    for (size_t i = 0; i < point.overrides.size(); ++i) {
      if (!tried.insert(point.texts[i]).second) continue;
      const std::string& file = point.overrides[i].file;
      if (!files.contains(file)) {
        ASSIGN_OR_RETURN(files[file], ReadParams(repository, tree, file));
      }
      RETURN_IF_ERROR(params::ApplyOverrides(file, files[file], {point.overrides[i]}).status());
    }
  }
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
    const ParamOverride& override = point.overrides[i];
    value::Value& file = *filled.map()->Find(keys[i]);
    if (override.op == ParamOverride::Op::kDelete) {
      EraseAt(file, override.key);
    } else {
      SetAt(file, override.key, override.value);
    }
  }
  return value::ToJson(filled, {.ascii = false, .compact = true});
}

}  // namespace expq::cli
