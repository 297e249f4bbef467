#include "cli/composition.h"

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/dvc_config.h"
#include "cli/grid.h"
#include "common/fs/filesystem.h"
#include "common/params/hydra.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using params::GridPoint;
using params::ParamOverride;

params::HydraFolder FolderAt(const fs::FileReader& fs, const std::string& root, const std::string& dir) {
  const std::string path = fs::Join(root, dir);
  params::HydraFolder folder;
  folder.name = dir;
  // A grid composes the same files again and again.
  const auto texts = std::make_shared<std::map<std::string, absl::StatusOr<std::string>>>();
  folder.read = [&fs, path, texts](const std::string& file) {
    const auto known = texts->find(file);
    return known != texts->end() ? known->second : texts->emplace(file, fs.Read(fs::Join(path, file))).first->second;
  };
  folder.is_folder = [&fs, path](const std::string& name) {
    const auto info = fs.Stat(fs::Join(path, name));
    return info.ok() && info->kind == fs::Kind::kDirectory;
  };
  folder.list = [&fs, path](const std::string& name) {
    std::vector<std::string> files;
    const auto entries = fs.List(fs::Join(path, name));
    if (!entries.ok()) return files;
    for (const fs::DirEntry& entry : *entries) files.push_back(entry.name);
    return files;
  };
  return folder;
}

absl::Status CheckSettings(const config::HydraSettings& hydra) {
  if (!hydra.config_module.empty()) {
    return absl::UnimplementedError(
        "hydra.config_module names a Python module, and expq runs no Python; "
        "use hydra.config_dir");
  }
  if (!hydra.plugins_path.empty()) {
    return absl::UnimplementedError("hydra.plugins_path: plugins are Python, and expq runs none");
  }
  return absl::OkStatus();
}

// One point: what is typed for params.yaml becomes a single override.
absl::Status Compose(const params::HydraFolder& folder, const std::string& config_name,
                     const params::Environment& variables, const std::string& file, GridPoint& point) {
  GridPoint out;
  std::vector<ParamOverride> composing;
  std::vector<std::string> typed;
  for (size_t i = 0; i < point.overrides.size(); ++i) {
    const bool composes = point.overrides[i].file == file;
    (composes ? composing : out.overrides).push_back(point.overrides[i]);
    (composes ? typed : out.texts).push_back(point.texts[i]);
  }
  ASSIGN_OR_RETURN(const value::Value config, params::ComposeHydra(folder, config_name, composing, variables));
  out.overrides.push_back(params::Composed(file, config));
  out.texts.push_back(params::OverrideText(params::Composed("params.yaml", config)));
  out.texts.insert(out.texts.end(), typed.begin(), typed.end());
  point = std::move(out);
  return absl::OkStatus();
}

}  // namespace

absl::Status ComposePoints(const Context& context, const Place& place, std::vector<GridPoint>& points) {
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, place.dvc_root));
  if (!config.hydra.enabled) return absl::OkStatus();
  RETURN_IF_ERROR(CheckSettings(config.hydra));
  const params::HydraFolder folder = FolderAt(context.fs, place.dvc_root, config.hydra.config_dir);
  const std::string file = fs::Normalize(fs::Join(place.subdir, "params.yaml"));
  const params::Environment variables = VariablesOf(context.environment);
  for (GridPoint& point : points) {
    RETURN_IF_ERROR(Compose(folder, config.hydra.config_name, variables, file, point));
  }
  return absl::OkStatus();
}

}  // namespace expq::cli
