#include "agent/project.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "agent/pack_file.h"
#include "common/log/log.h"
#include "common/pipeline/data_ignore.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

using experiment::CommitId;

// The submissions that one agent works on at the same time; a listing of a large repository takes a few megabytes.
constexpr size_t kTrees = 8;
// What we say that we have when asking for a pack: recent snapshots are enough for small packs.
constexpr size_t kHaves = 64;
// Keeps fetched commits alive in the mirror; room git's refs live elsewhere.
constexpr char kKeepRefs[] = "refs/expq/fetched/";

blob::CacheOptions OptionsFor(const ProjectPlaces& places) {
  blob::CacheOptions options;
  if (!places.link_kinds.empty()) options.link_kinds = places.link_kinds;
  return options;
}

}  // namespace

Project::Project(experiment::ProjectName name, ProjectPlaces places, fs::Filesystem& fs, AgentLayout layout)
    : name_(std::move(name)),
      places_(std::move(places)),
      fs_(fs),
      layout_(std::move(layout)),
      hash_index_(fs, places_.hash_index),
      cache_(fs, places_.cache, hash_index_, OptionsFor(places_)),
      single_flight_(pipeline::NewFileSingleFlight(layout_.Locks())) {}

std::unique_ptr<blob::Cache> Project::CacheAt(const std::string& dvc_root, const std::string& cache_dir) {
  blob::CacheOptions options = OptionsFor(places_);
  options.ignored = pipeline::DataIgnore(fs_, dvc_root);
  return std::make_unique<blob::Cache>(fs_, cache_dir, hash_index_, std::move(options));
}

absl::Status Project::FetchCommit(const git::Repository& repository, experiment::SnapshotStore& from,
                                  const CommitId& commit) {
  if (repository.HasCommit(commit)) return absl::OkStatus();
  sync::MutexLock lock(fetching_);
  if (repository.HasCommit(commit)) return absl::OkStatus();
  std::vector<CommitId> haves;
  ASSIGN_OR_RETURN(auto kept, repository.Refs(kKeepRefs));
  for (const auto& [ref, id] : kept) {
    if (haves.size() < kHaves) haves.push_back(id);
  }
  RETURN_IF_ERROR(fs_.MakeDirs(layout_.Packs()));
  PackFile pack(fs_, absl::StrCat(layout_.Packs(), "/in-", commit.value));
  RETURN_IF_ERROR(from.GetPack(name_, {commit}, haves, pack.Sink()));
  RETURN_IF_ERROR(repository.ReadPack(pack.Source()));
  return repository.SetRef(kKeepRefs + commit.value, commit);
}

absl::Status Project::SendCommit(const git::Repository& repository, experiment::SnapshotStore& to,
                                 const CommitId& commit, const std::vector<CommitId>& haves) {
  ASSIGN_OR_RETURN(std::vector<CommitId> missing, to.Missing(name_, {commit}));
  if (missing.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(fs_.MakeDirs(layout_.Packs()));
  PackFile pack(fs_, absl::StrCat(layout_.Packs(), "/out-", commit.value));
  RETURN_IF_ERROR(repository.WritePack({commit}, haves, pack.Sink()));
  return to.PutPack(name_, {commit}, pack.Source());
}

absl::StatusOr<std::shared_ptr<const TreeFiles>> Project::Tree(const git::Repository& repository,
                                                               const CommitId& commit) {
  {
    sync::MutexLock lock(mutex_);
    for (const auto& [id, files] : trees_) {
      if (id == commit.value) return files;
    }
  }
  ASSIGN_OR_RETURN(TreeFiles files, repository.ListTree(commit.value));
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  auto shared = std::make_shared<const TreeFiles>(std::move(files));
  sync::MutexLock lock(mutex_);
  trees_.emplace_front(commit.value, shared);
  if (trees_.size() > kTrees) trees_.pop_back();
  return shared;
}

void Project::SaveHashIndex() {
  absl::Status saved = hash_index_.Save();
  if (!saved.ok()) log::Warning(absl::StrCat("hash index ", places_.hash_index, ": ", saved.message()));
}

absl::StatusOr<Project*> Projects::Get(const experiment::ProjectName& name) {
  sync::MutexLock lock(mutex_);
  auto it = projects_.find(name);
  if (it == projects_.end()) {
    ASSIGN_OR_RETURN(ProjectPlaces places, tools_.places(name));
    auto project = std::make_unique<Project>(name, std::move(places), tools_.fs, layout_);
    it = projects_.emplace(name, std::move(project)).first;
  }
  return it->second.get();
}

void Projects::SaveHashIndexes() {
  sync::MutexLock lock(mutex_);
  for (auto& [name, project] : projects_) project->SaveHashIndex();
}

}  // namespace expq::agent
