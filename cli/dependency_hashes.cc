#include "cli/dependency_hashes.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/git/tree_reader.h"
#include "common/pipeline/lock_book.h"

namespace expq::cli {
namespace {

using experiment::CommitId;
using experiment::Experiment;
using pipeline::Lock;
using pipeline::RecordedDeps;

// Reads a file of the DVC root; none = it is not there.
using Reading = std::function<absl::StatusOr<std::string>(const std::string& path)>;

// One that does not parse is as good as none: the row has no hashes then, and `problem` says why.
std::map<std::string, Lock> ReadLocks(const pipeline::Pipeline& pipeline, const Reading& read,
                                      absl::Status* problem = nullptr) {
  std::map<std::string, Lock> locks;
  for (const pipeline::Stage& stage : pipeline.stages) {
    const std::string path = pipeline::LockPath(stage);
    if (locks.contains(path)) continue;
    const auto text = read(path);
    auto lock = Lock::Parse(text.ok() ? *text : "", path);
    if (problem != nullptr) problem->Update(lock.status());
    locks[path] = lock.ok() ? *std::move(lock) : Lock();
  }
  return locks;
}

bool HasDepsOf(const pipeline::LockEntry& entry, const pipeline::Stage& stage) {
  return std::all_of(stage.deps.begin(), stage.deps.end(),
                     [&](const pipeline::Dependency& dep) { return entry.FindDep(dep.path) != nullptr; });
}

}  // namespace

DependencyHashes::DependencyHashes(const Context& context, const Place& place) : place_(place) {
  workspace_ = Understand(context.fs, place.dvc_root, &workspace_locks_, &workspace_problem_);
}

RecordedDeps DependencyHashes::OfWorkspace() const {
  return pipeline::DepsRecordedIn(workspace_locks_, place_.dvc_root, workspace_.pipeline);
}

RecordedDeps DependencyHashes::OfBaseline(const CommitId& commit) {
  ModelOf(commit);
  return known_[commit];
}

RecordedDeps DependencyHashes::OfExperiment(const Experiment& e) {
  const CommitId& commit = e.revision.empty() ? e.snapshot : e.revision;
  const auto known = known_.find(commit);
  if (known != known_.end()) return known->second;
  if (commit.empty()) return {};
  // Of two that fit, the one with more files says more.
  const Model* models[] = {&ModelOf(e.baseline), &workspace_};
  if (models[0]->files.size() < models[1]->files.size()) std::swap(models[0], models[1]);
  std::optional<RecordedDeps> deps = Fitting(*models[0], commit);
  if (!deps) deps = Fitting(*models[1], commit);
  if (!deps) deps = Read(commit, nullptr);
  if (e.revision.empty()) known_[commit] = *deps;
  return *std::move(deps);
}

const DependencyHashes::Model& DependencyHashes::ModelOf(const CommitId& commit) {
  const auto [model, added] = models_.try_emplace(commit);
  if (added) known_[commit] = Read(commit, &model->second);
  return model->second;
}

DependencyHashes::Model DependencyHashes::Understand(const fs::FileReader& fs, const std::string& root, Locks* locks,
                                                     absl::Status* problem) const {
  Model model;
  auto pipeline = pipeline::Load(fs, root);
  if (!pipeline.ok()) return model;
  model.pipeline = *std::move(pipeline);
  const Reading read = [&](const std::string& path) { return fs.Read(fs::Join(root, path)); };
  for (const std::string& file : model.pipeline.files) {
    const auto text = read(file);
    if (text.ok()) model.files[file] = *text;
  }
  *locks = ReadLocks(model.pipeline, read, problem);
  for (const auto& [path, lock] : *locks) {
    const std::vector<std::string> names = lock.Names();
    model.locked_names[path].insert(names.begin(), names.end());
  }
  for (const pipeline::Stage& stage : model.pipeline.stages) {
    model.locked_names[pipeline::LockPath(stage)].insert(stage.name);
  }
  return model;
}

RecordedDeps DependencyHashes::Read(const CommitId& commit, Model* model) const {
  const auto reader = git::TreeReader::Open(*place_.repository, commit);
  if (!reader.ok()) return {};
  Locks locks;
  Model read = Understand(*reader, fs::Normalize(fs::Join(git::TreeReader::kRoot, place_.TreePath(""))), &locks);
  RecordedDeps deps = pipeline::DepsRecordedIn(locks, place_.dvc_root, read.pipeline);
  if (model != nullptr) *model = std::move(read);
  return deps;
}

std::optional<RecordedDeps> DependencyHashes::Fitting(const Model& model, const CommitId& commit) const {
  const Reading read = [&](const std::string& path) {
    return place_.repository->ReadFile(commit.value, place_.TreePath(path));
  };
  if (model.files.empty()) return std::nullopt;
  for (const auto& [file, bytes] : model.files) {
    const auto text = read(file);
    if (!text.ok() || *text != bytes) return std::nullopt;
  }
  const Locks locks = ReadLocks(model.pipeline, read);
  // Params may change the stages then.
  if (!model.pipeline.variables.empty()) {
    for (const auto& [path, lock] : locks) {
      const std::set<std::string>& known = model.locked_names.at(path);
      for (const std::string& name : lock.Names()) {
        if (!known.contains(name)) return std::nullopt;
      }
    }
    for (const pipeline::Stage& stage : model.pipeline.stages) {
      const pipeline::LockEntry* entry = locks.at(pipeline::LockPath(stage)).Find(stage.name);
      if (entry != nullptr && !HasDepsOf(*entry, stage)) return std::nullopt;
    }
  }
  return pipeline::DepsRecordedIn(locks, place_.dvc_root, model.pipeline);
}

}  // namespace expq::cli
