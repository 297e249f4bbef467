#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// "sub/dvc.yaml:train@x" taken apart; an empty name = all stages of the file.
struct Target {
  std::string file;  // root-relative
  std::string name;
};

std::string FromSubdir(const std::string& subdir, const std::string& path) {
  return fs::Normalize(fs::Join(subdir, path));
}

// The first "@" ends the name, so that keys may hold ":" and "/".
Target ParseTarget(const std::string& text, const std::string& subdir) {
  const size_t at = std::min(text.find('@'), text.size());
  const size_t colon = text.rfind(':', at);
  if (colon != std::string::npos && colon < at) {
    const std::string file = colon == 0 ? "dvc.yaml" : text.substr(0, colon);
    return Target{.file = FromSubdir(subdir, file), .name = text.substr(colon + 1)};
  }
  if (at == text.size() && IsPipelineFileName(fs::Basename(text))) {
    return Target{.file = FromSubdir(subdir, text), .name = ""};
  }
  return Target{.file = FromSubdir(subdir, "dvc.yaml"), .name = text};
}

class Selector {
 public:
  Selector(const Pipeline& pipeline, const std::string& subdir, const TargetOptions& options)
      : pipeline_(pipeline), subdir_(subdir), options_(options), is_selected_(pipeline.stages.size()) {}

  absl::StatusOr<std::vector<int>> Take() && { return std::move(selected_); }

  absl::Status Add(const std::string& text) {
    const Target target = ParseTarget(text, subdir_);
    if (fs::Basename(target.file) == "dvc.lock") {
      return status::WithHint(
          absl::NotFoundError(absl::StrCat("'", text, "' is not a target")),
          absl::StrCat("did you mean '", fs::Normalize(fs::Join(fs::Dirname(text), "dvc.yaml")), "'?"));
    }
    if (IsSource(target) || (options_.recursive && AddFolder(FromSubdir(subdir_, text)))) return absl::OkStatus();
    if (options_.granular && !NamesStage(target) && AddMakerOf(FromSubdir(subdir_, text))) return absl::OkStatus();
    RETURN_IF_ERROR(CheckFile(target, text));
    return target.name.empty() ? AddFile(target.file) : AddNamed(target, text);
  }

  absl::Status AddDefault() {
    const Target target{.file = FromSubdir(subdir_, "dvc.yaml"), .name = ""};
    RETURN_IF_ERROR(CheckFile(target, ""));
    return AddFile(target.file);
  }

 private:
  bool IsSource(const Target& target) const {
    if (!target.name.empty()) return false;
    return std::any_of(pipeline_.sources.begin(), pipeline_.sources.end(),
                       [&](const DataSource& source) { return source.file == target.file; });
  }

  absl::Status CheckFile(const Target& target, const std::string& text) const {
    const std::vector<std::string>& files = pipeline_.files;
    if (std::find(files.begin(), files.end(), target.file) != files.end()) return absl::OkStatus();
    const std::string what = target.name.empty() || text.empty() ? "" : absl::StrCat("target '", text, "': ");
    const absl::Status error = absl::NotFoundError(absl::StrCat(what, "there is no ", target.file));
    if (files.empty()) return status::WithHint(error, "stages are defined in a dvc.yaml");
    return status::WithHint(error, absl::StrCat("there is '", NearestFile(target.file), "'"));
  }

  std::string NearestFile(const std::string& file) const {
    const std::string near = params::Nearest(file, pipeline_.files);
    return near.empty() ? pipeline_.files.front() : near;
  }

  // False when no pipeline file is in or below it.
  bool AddFolder(const std::string& folder) {
    bool found = false;
    for (const std::string& file : pipeline_.files) found = found || IsBelow(file, folder);
    for (const DataSource& source : pipeline_.sources) found = found || IsBelow(source.file, folder);
    for (size_t i = 0; i < pipeline_.stages.size(); ++i) {
      if (IsBelow(pipeline_.stages[i].file, folder)) Select(static_cast<int>(i));
    }
    return found;
  }

  static bool IsBelow(const std::string& file, const std::string& folder) {
    return folder == "." || (file != folder && fs::IsWithin(file, folder));
  }

  // False when nothing makes the path. A data source names no stage.
  bool AddMakerOf(const std::string& path) {
    const auto holds = [&path](const std::string& output) { return fs::IsWithin(path, output); };
    for (size_t i = 0; i < pipeline_.stages.size(); ++i) {
      const std::vector<Output>& outs = pipeline_.stages[i].outs;
      if (std::none_of(outs.begin(), outs.end(), [&](const Output& out) { return holds(out.root_path); })) continue;
      Select(static_cast<int>(i));
      return true;
    }
    return std::any_of(pipeline_.sources.begin(), pipeline_.sources.end(),
                       [&](const DataSource& source) { return holds(source.path); });
  }

  bool NamesStage(const Target& target) const {
    return std::any_of(pipeline_.stages.begin(), pipeline_.stages.end(),
                       [&](const Stage& stage) { return Matches(stage, target); });
  }

  // A stage, one of a foreach or matrix group, or one that the pattern fits.
  bool Matches(const Stage& stage, const Target& target) const {
    if (stage.file != target.file) return false;
    if (target.name.empty() || stage.name == target.name) return true;
    if (absl::StartsWith(stage.name, target.name) && stage.name[target.name.size()] == '@') return true;
    return options_.glob && fnmatch(target.name.c_str(), stage.name.c_str(), FNM_NOESCAPE) == 0;
  }

  void Select(int stage) {
    if (is_selected_[stage]) return;
    is_selected_[stage] = true;
    selected_.push_back(stage);
  }

  absl::Status AddFile(const std::string& file) {
    for (size_t i = 0; i < pipeline_.stages.size(); ++i) {
      if (pipeline_.stages[i].file == file) Select(static_cast<int>(i));
    }
    return absl::OkStatus();
  }

  absl::Status AddNamed(const Target& target, const std::string& text) {
    bool found = false;
    for (size_t i = 0; i < pipeline_.stages.size(); ++i) {
      if (!Matches(pipeline_.stages[i], target)) continue;
      Select(static_cast<int>(i));
      found = true;
    }
    return found ? absl::OkStatus() : Unknown(target, text);
  }

  absl::Status Unknown(const Target& target, const std::string& text) const {
    const absl::Status error =
        absl::NotFoundError(absl::StrCat("there is no stage '", target.name, "' in ", target.file));
    std::vector<std::string> names;
    for (const Stage& stage : pipeline_.stages) {
      for (const Output& out : stage.outs) {
        if (out.root_path != FromSubdir(subdir_, text)) continue;
        return status::WithHint(error, absl::StrCat("'", text, "' is an output of stage '", stage.Address(), "'"));
      }
      if (stage.name == target.name) {
        return status::WithHint(error, absl::StrCat("did you mean '", stage.Address(), "'?"));
      }
      if (stage.file != target.file) continue;
      names.push_back(stage.name);
      names.push_back(stage.name.substr(0, stage.name.find('@')));
    }
    const std::string near = params::Nearest(target.name, names);
    return near.empty() ? error : status::WithHint(error, absl::StrCat("did you mean '", near, "'?"));
  }

  const Pipeline& pipeline_;
  const std::string& subdir_;
  const TargetOptions& options_;
  std::vector<int> selected_;
  std::vector<bool> is_selected_;
};

}  // namespace

absl::StatusOr<std::vector<int>> SelectTargets(const Pipeline& pipeline, const std::vector<std::string>& targets,
                                               const std::string& subdir, const TargetOptions& options) {
  Selector selector(pipeline, subdir, options);
  if (targets.empty()) RETURN_IF_ERROR(selector.AddDefault());
  for (const std::string& target : targets) RETURN_IF_ERROR(selector.Add(target));
  return std::move(selector).Take();
}

}  // namespace expq::pipeline
