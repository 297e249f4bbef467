// What each row of `show` was made from: the hashes in its dvc.lock, by the dependency's path. Nothing is hashed.
//
// An experiment's commit is seldom listed, nor its pipeline read: where its pipeline files are those of its baseline or
// of the workspace and its dvc.lock fits them, the stages are the same. There may be 10,000 of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/context.h"
#include "cli/place.h"
#include "common/experiment/experiment.h"
#include "common/pipeline/recorded.h"

namespace expq::cli {

// Not thread-safe. The place outlives it. What cannot be read has no hashes.
class DependencyHashes {
 public:
  DependencyHashes(const Context& context, const Place& place);

  pipeline::RecordedDeps OfWorkspace() const;
  // Why hashes of the workspace are missing, if a dvc.lock does not parse.
  const absl::Status& workspace_problem() const { return workspace_problem_; }
  pipeline::RecordedDeps OfBaseline(const experiment::CommitId& commit);
  // Of its result; before there is one, of what was submitted.
  pipeline::RecordedDeps OfExperiment(const experiment::Experiment& e);

 private:
  using Locks = std::map<std::string, pipeline::Lock>;
  struct Model {
    pipeline::Pipeline pipeline;
    std::map<std::string, std::string> files;                   // every dvc.yaml: its bytes
    std::map<std::string, std::set<std::string>> locked_names;  // by dvc.lock
  };

  Model Understand(const fs::FileReader& fs, const std::string& root, Locks* locks,
                   absl::Status* problem = nullptr) const;
  // None when the stages may be others there.
  std::optional<pipeline::RecordedDeps> Fitting(const Model& model, const experiment::CommitId& commit) const;
  pipeline::RecordedDeps Read(const experiment::CommitId& commit, Model* model) const;
  const Model& ModelOf(const experiment::CommitId& commit);

  const Place& place_;
  Model workspace_;
  absl::Status workspace_problem_;
  Locks workspace_locks_;
  std::map<experiment::CommitId, Model> models_;                  // of baselines
  std::map<experiment::CommitId, pipeline::RecordedDeps> known_;  // of commits that several rows have
};

}  // namespace expq::cli
