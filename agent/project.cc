#include "agent/project.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
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
// Fetched commits that nobody needs: when there are more than twice as many, the oldest of them go. Those that stay
// make packs small: what is fetched next is a neighbour of one of them.
constexpr size_t kSpare = 64;
// Keeps fetched commits alive in the mirror; room git's refs live elsewhere.
constexpr char kKeepRefs[] = "refs/expq/fetched/";

blob::CacheOptions OptionsFor(const ProjectPlaces& places) {
  blob::CacheOptions options{.group_shared = places.group_shared};
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
  ASSIGN_OR_RETURN(const Fetched fetched, repository.Refs(kKeepRefs));
  for (const auto& [ref, id] : fetched) haves.push_back(id);
  RETURN_IF_ERROR(fs_.MakeDirs(layout_.Packs()));
  PackFile pack(fs_, absl::StrCat(layout_.Packs(), "/in-", commit.value));
  RETURN_IF_ERROR(from.GetPack(name_, {commit}, haves, pack.Sink()));
  RETURN_IF_ERROR(repository.ReadPack(pack.Source()));
  RETURN_IF_ERROR(repository.SetRef(kKeepRefs + commit.value, commit));
  const absl::Status pruned = Prune(repository, fetched);
  if (!pruned.ok()) log::Warning(absl::StrCat("mirror ", places_.repository, ": ", pruned.message()));
  return absl::OkStatus();
}

// Of attempts, and of kept workspaces, whose `.git` borrows our objects.
std::set<CommitId> Project::Needed() {
  std::set<CommitId> needed;
  {
    sync::MutexLock lock(mutex_);
    needed.insert(in_use_.begin(), in_use_.end());
  }
  const auto experiments = fs_.List(layout_.KeptDir());
  if (!experiments.ok()) return needed;
  for (const fs::DirEntry& experiment : *experiments) {
    const std::string dir = layout_.KeptOf({experiment.name});
    const auto workspaces = fs_.List(dir);
    if (!workspaces.ok()) continue;
    for (const fs::DirEntry& workspace : *workspaces) {
      const auto head = fs_.Read(absl::StrCat(dir, "/", workspace.name, "/.git/HEAD"));
      if (head.ok()) needed.insert({std::string(absl::StripAsciiWhitespace(*head))});
    }
  }
  return needed;
}

absl::Status Project::Prune(const git::Repository& repository, const Fetched& fetched) {
  if (fetched.size() <= 2 * kSpare) return absl::OkStatus();
  const std::set<CommitId> needed = Needed();
  std::vector<std::pair<int64_t, std::string>> spare;  // when it was made, its ref
  for (const auto& [ref, id] : fetched) {
    const auto commit = repository.Commit(id);
    // A snapshot also keeps the baseline that it was made on.
    const bool is_needed =
        needed.contains(id) ||
        (commit.ok() && std::ranges::any_of(commit->parents, [&](auto& p) { return needed.contains(p); }));
    if (!is_needed) spare.emplace_back(commit.ok() ? commit->time : 0, ref);
  }
  if (spare.size() <= kSpare) return absl::OkStatus();
  std::ranges::sort(spare, std::greater<>());
  std::vector<std::string> refs;
  for (size_t i = kSpare; i < spare.size(); ++i) refs.push_back(std::move(spare[i].second));
  return repository.DeleteRefs(refs);
}

Project::Use::Use(Project& project, const CommitId& commit) : project_(project), commit_(commit) {
  sync::MutexLock lock(project_.mutex_);
  project_.in_use_.insert(commit_);
}

Project::Use::~Use() {
  sync::MutexLock lock(project_.mutex_);
  project_.in_use_.erase(project_.in_use_.find(commit_));
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
