#include "cli/planned_files.h"

#include <map>

namespace expq::cli {
namespace {

using params::ParamOverride;

absl::StatusOr<std::string> Changed(const std::string& file, const std::string& text,
                                    const std::vector<ParamOverride>& overrides, const params::Environment& variables) {
  auto resolved = params::ResolveInterpolations(file, text, overrides, variables);
  return resolved.ok() ? params::ApplyOverrides(file, text, *resolved) : resolved.status();
}

}  // namespace

PlannedFiles::PlannedFiles(const fs::FileReader& below, const std::string& root,
                           const std::vector<ParamOverride>& overrides, const params::Environment& variables)
    : below_(below) {
  std::map<std::string, std::vector<ParamOverride>> by_file;
  for (const ParamOverride& override : overrides) by_file[override.file].push_back(override);
  for (const auto& [file, own] : by_file) {
    const std::string path = fs::Normalize(fs::Join(root, file));
    const auto text = below_.Read(path);
    const auto changed = Changed(file, text.ok() ? *text : "", own, variables);
    if (!changed.ok() || !below_.Exists(fs::Dirname(path))) continue;
    layers_.push_back(std::make_unique<pipeline::OverlayReader>(reader(), path, *changed));
  }
}

const fs::FileReader& PlannedFiles::reader() const { return layers_.empty() ? below_ : *layers_.back(); }

}  // namespace expq::cli
