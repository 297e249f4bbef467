#include "agent/overrides.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

// In the workspace, whatever was typed.
absl::StatusOr<std::string> PathInWorkspace(const std::string& subdir, const std::string& file) {
  std::string path = fs::Normalize(fs::Join(subdir, file));
  if (absl::StartsWith(path, "/") || path == ".." || absl::StartsWith(path, "../") || fs::IsWithin(path, ".git")) {
    return absl::InvalidArgumentError(absl::StrCat("params file '", file, "' is outside of the repository"));
  }
  return path;
}

absl::Status Rewrite(fs::Filesystem& fs, const std::string& path, const std::string& file,
                     const std::vector<params::ParamOverride>& overrides) {
  auto text = fs.Read(path);
  if (absl::IsNotFound(text.status()) && std::any_of(overrides.begin(), overrides.end(), params::Adds)) {
    ASSIGN_OR_RETURN(const std::string made, params::ApplyOverrides(file, "", overrides));
    RETURN_IF_ERROR(fs.MakeDirs(fs::Dirname(path)));
    return fs.Overwrite(path, made);
  }
  if (absl::IsNotFound(text.status())) {
    return status::WithHint(absl::NotFoundError(absl::StrCat("params file '", file, "' is not in the snapshot")),
                            "only tracked and staged files are: git add it");
  }
  if (!text.ok()) return text.status();
  ASSIGN_OR_RETURN(std::string changed, params::ApplyOverrides(file, *text, overrides));
  if (changed == *text) return absl::OkStatus();
  ASSIGN_OR_RETURN(fs::FileInfo info, fs.Stat(path));
  return fs.Overwrite(path, changed, info.mode | 0200);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> WriteOverrides(fs::Filesystem& fs, const std::string& workspace,
                                                        const experiment::Experiment& experiment) {
  std::map<std::string, std::vector<params::ParamOverride>> by_file;
  for (const std::string& text : experiment.overrides) {
    ASSIGN_OR_RETURN(params::ParamOverride parsed, params::ParseOverride(text));
    ASSIGN_OR_RETURN(std::string path, PathInWorkspace(experiment.options.subdir, parsed.file));
    by_file[path].push_back(std::move(parsed));
  }
  std::vector<std::string> files;
  for (const auto& [path, overrides] : by_file) {
    RETURN_IF_ERROR(Rewrite(fs, fs::Join(workspace, path), path, overrides));
    files.push_back(path);
  }
  return files;
}

std::vector<std::string> OverriddenFiles(const experiment::Experiment& experiment) {
  std::vector<std::string> files;
  for (const std::string& text : experiment.overrides) {
    const auto parsed = params::ParseOverride(text);
    if (!parsed.ok()) continue;
    const auto path = PathInWorkspace(experiment.options.subdir, parsed->file);
    if (path.ok()) files.push_back(*path);
  }
  return files;
}

}  // namespace expq::agent
