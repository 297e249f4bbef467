#include "agent/result_commit.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "agent/overrides.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

absl::StatusOr<git::Change> ReadChange(const fs::FileReader& fs, const std::string& workspace,
                                       const std::string& path) {
  git::Change change{.path = path};
  std::string file = fs::Join(workspace, path);
  auto info = fs.Lstat(file);
  if (absl::IsNotFound(info.status()) || absl::IsFailedPrecondition(info.status())) return change;  // deleted
  if (!info.ok()) return info.status();
  if (info->kind == fs::Kind::kSymlink) {
    ASSIGN_OR_RETURN(change.bytes, fs.ReadLink(file));
    change.mode = git::FileMode::kSymlink;
  } else if (info->kind == fs::Kind::kFile) {
    ASSIGN_OR_RETURN(change.bytes, fs.Read(file));
    if ((info->mode & 0100) != 0) change.mode = git::FileMode::kExecutable;
  }
  return change;
}

// The files at or below `path`: an output may be a folder.
absl::Status AddFiles(const fs::FileReader& fs, const std::string& workspace, const std::string& path,
                      std::set<std::string>* files) {
  auto info = fs.Lstat(fs::Join(workspace, path));
  if (!info.ok() || info->kind != fs::Kind::kDirectory) {
    files->insert(path);
    return absl::OkStatus();
  }
  return fs::Walk(fs, fs::Join(workspace, path), [&](const std::string& relative, fs::Kind) {
    files->insert(fs::Join(path, relative));
    return absl::OkStatus();
  });
}

std::string Message(const ResultInput& input) {
  if (!input.experiment.message.empty()) return input.experiment.message;
  return absl::StrCat("dvc: commit experiment ", input.report.experiment_hash);
}

}  // namespace

absl::StatusOr<experiment::CommitId> CommitResult(const fs::FileReader& fs, const git::Repository& repository,
                                                  const ResultInput& input) {
  std::string workspace = input.slot.workspace();
  std::set<std::string> paths;
  for (const git::TreeFile& touched : input.slot.Touched()) paths.insert(touched.path);
  // One that git does not know yet was made by an override.
  for (std::string& path : OverriddenFiles(input.experiment)) paths.insert(std::move(path));
  for (const std::string& tracked : input.report.tracked_files) {
    std::string path = fs::Normalize(fs::Join(input.dvc_root, tracked));
    // As in DVC, a .gitignore file that is new to git stays with the workspace.
    if (fs::Basename(path) == ".gitignore" && !input.slot.IsTracked(path)) continue;
    RETURN_IF_ERROR(AddFiles(fs, workspace, path, &paths));
  }
  std::vector<git::Change> changes;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(git::Change change, ReadChange(fs, workspace, path));
    // What neither is there nor was: an output that a stage did not make.
    if (!change.bytes && !input.slot.IsTracked(path)) continue;
    changes.push_back(std::move(change));
  }
  return repository.CommitChanges(input.experiment.snapshot.value, changes, {input.experiment.baseline},
                                  Message(input));
}

}  // namespace expq::agent
