#include "common/pipeline/data_targets.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

class DataSelector {
 public:
  DataSelector(const fs::FileReader& fs, const std::string& root, const Pipeline& pipeline,
               const std::vector<RecordedOut>& outs, const DataTargetOptions& options)
      : fs_(fs), root_(root), pipeline_(pipeline), outs_(outs), options_(options) {}

  absl::Status Add(const std::string& target) {
    const std::string path = RootPath(root_, options_.subdir.empty() ? "." : options_.subdir, target);
    if (AddFileNamed(path)) return absl::OkStatus();
    if (options_.recursive && IsFolder(path)) {
      AddBelow(path);
      return absl::OkStatus();
    }
    const absl::StatusOr<std::vector<int>> stages = SelectTargets(pipeline_, {target}, options_.subdir);
    if (stages.ok() && !stages->empty()) return AddStages(*stages);
    if (AddOutput(path)) return absl::OkStatus();
    return Unknown(target, path);
  }

  void AddAll() {
    for (size_t i = 0; i < outs_.size(); ++i) Choose(static_cast<int>(i), "");
  }

  std::vector<DataTarget> Take() && {
    std::vector<DataTarget> chosen;
    for (auto& [out, within] : chosen_) {
      for (const std::string& one : within) chosen.push_back({.out = out, .within = one});
    }
    return chosen;
  }

 private:
  // All of an output makes its parts needless.
  void Choose(int out, std::string within) {
    std::set<std::string>& parts = chosen_[out];
    if (parts.contains("")) return;
    if (within.empty()) parts.clear();
    parts.insert(std::move(within));
  }

  bool IsFolder(const std::string& path) const {
    const auto info = fs_.Stat(fs::Join(root_, path));
    return info.ok() && info->kind == fs::Kind::kDirectory;
  }

  // A `.dvc` file.
  bool AddFileNamed(const std::string& path) {
    bool found = false;
    for (size_t i = 0; i < outs_.size(); ++i) {
      if (outs_[i].source < 0 || outs_[i].owner != path) continue;
      Choose(static_cast<int>(i), "");
      found = true;
    }
    return found;
  }

  const std::string& FileOf(const RecordedOut& out) const {
    return out.stage >= 0 ? pipeline_.stages[out.stage].file : out.owner;
  }

  void AddBelow(const std::string& folder) {
    for (size_t i = 0; i < outs_.size(); ++i) {
      if (fs::IsWithin(FileOf(outs_[i]), folder) || fs::IsWithin(outs_[i].path, folder)) {
        Choose(static_cast<int>(i), "");
      }
    }
  }

  absl::Status AddStages(std::vector<int> stages) {
    if (options_.with_deps) {
      ASSIGN_OR_RETURN(stages, WithUpstream(stages));
      const std::vector<const DataSource*> sources = SourcesOf(pipeline_, stages);
      for (const DataSource* source : sources) AddFileNamed(source->file);
    }
    const std::set<int> wanted(stages.begin(), stages.end());
    for (size_t i = 0; i < outs_.size(); ++i) {
      if (wanted.contains(outs_[i].stage)) Choose(static_cast<int>(i), "");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<int>> WithUpstream(const std::vector<int>& stages) const {
    ASSIGN_OR_RETURN(const Graph graph, Graph::Build(pipeline_));
    std::set<int> seen(stages.begin(), stages.end());
    std::vector<int> all = stages;
    for (size_t i = 0; i < all.size(); ++i) {
      for (const int above : graph.Upstream(all[i])) {
        if (seen.insert(above).second) all.push_back(above);
      }
    }
    return all;
  }

  // An output, or a path inside of one.
  bool AddOutput(const std::string& path) {
    for (size_t i = 0; i < outs_.size(); ++i) {
      if (!fs::IsWithin(path, outs_[i].path)) continue;
      Choose(static_cast<int>(i), path == outs_[i].path ? "" : path.substr(outs_[i].path.size() + 1));
      return true;
    }
    return false;
  }

  absl::Status Unknown(const std::string& target, const std::string& path) const {
    const absl::Status error = absl::NotFoundError(absl::StrCat("'", target, "' is neither an output nor a stage"));
    if (IsFolder(path) && !options_.recursive) {
      for (const RecordedOut& out : outs_) {
        if (fs::IsWithin(out.path, path)) return status::WithHint(error, "with -R it means all data below that folder");
      }
    }
    std::vector<std::string> names;
    for (const RecordedOut& out : outs_) {
      names.push_back(out.path);
      names.push_back(out.owner);
    }
    const std::string near = params::Nearest(path, names);
    return near.empty() ? error : status::WithHint(error, absl::StrCat("did you mean '", near, "'?"));
  }

  const fs::FileReader& fs_;
  const std::string& root_;
  const Pipeline& pipeline_;
  const std::vector<RecordedOut>& outs_;
  const DataTargetOptions& options_;
  std::map<int, std::set<std::string>> chosen_;
};

}  // namespace

absl::StatusOr<std::vector<DataTarget>> SelectData(const fs::FileReader& fs, const std::string& root,
                                                   const Pipeline& pipeline, const std::vector<RecordedOut>& outs,
                                                   const DataTargetOptions& options) {
  DataSelector selector(fs, root, pipeline, outs, options);
  if (options.targets.empty()) selector.AddAll();
  for (const std::string& target : options.targets) RETURN_IF_ERROR(selector.Add(target));
  return std::move(selector).Take();
}

}  // namespace expq::pipeline
