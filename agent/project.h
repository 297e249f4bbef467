// One project on this machine: its repository, its cache, and what attempts of it share.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "agent/agent.h"
#include "agent/agent_layout.h"
#include "agent/slot.h"
#include "common/blob/cache.h"
#include "common/git/repository.h"
#include "common/pipeline/executor.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Thread-safe.
class Project {
 public:
  // An attempt needs this commit: while it exists, a mirror keeps what it fetched of it. The project outlives it.
  class Use {
   public:
    Use(Project& project, const experiment::CommitId& commit);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Project& project_;
    const experiment::CommitId commit_;
  };

  Project(experiment::ProjectName name, ProjectPlaces places, fs::Filesystem& fs, AgentLayout layout);

  const experiment::ProjectName& name() const { return name_; }
  const ProjectPlaces& places() const { return places_; }
  blob::Cache& cache() { return cache_; }
  // The objects in `cache_dir`, seen from a workspace: what the `.dvcignore` files below `dvc_root` leave out is no
  // data there. The project outlives it.
  std::unique_ptr<blob::Cache> CacheAt(const std::string& dvc_root, const std::string& cache_dir);
  pipeline::SingleFlight& single_flight() { return *single_flight_; }

  // Brings the commit (with what it reaches) here when it is not; one at a time. What was fetched before goes when
  // there is much of it and neither an attempt nor a kept workspace needs it.
  absl::Status FetchCommit(const git::Repository& repository, experiment::SnapshotStore& from,
                           const experiment::CommitId& commit);
  // Gives the commit to the store when that lacks it.
  absl::Status SendCommit(const git::Repository& repository, experiment::SnapshotStore& to,
                          const experiment::CommitId& commit, const std::vector<experiment::CommitId>& haves);
  // The files of a commit, remembered for the last few.
  absl::StatusOr<std::shared_ptr<const TreeFiles>> Tree(const git::Repository& repository,
                                                        const experiment::CommitId& commit);
  void SaveHashIndex();

 private:
  using Fetched = std::map<std::string, experiment::CommitId>;  // by ref
  absl::Status Prune(const git::Repository& repository, const Fetched& fetched);
  std::set<experiment::CommitId> Needed();

  const experiment::ProjectName name_;
  const ProjectPlaces places_;
  fs::Filesystem& fs_;
  const AgentLayout layout_;
  blob::HashIndex hash_index_;
  blob::Cache cache_;
  const std::unique_ptr<pipeline::SingleFlight> single_flight_;
  sync::Mutex fetching_;
  sync::Mutex mutex_;
  std::multiset<experiment::CommitId> in_use_ ABSL_GUARDED_BY(mutex_);
  std::list<std::pair<std::string, std::shared_ptr<const TreeFiles>>> trees_ ABSL_GUARDED_BY(mutex_);
};

// All projects that this agent has met. Thread-safe.
class Projects {
 public:
  Projects(Tools& tools, AgentLayout layout) : tools_(tools), layout_(std::move(layout)) {}
  absl::StatusOr<Project*> Get(const experiment::ProjectName& name);
  void SaveHashIndexes();

 private:
  Tools& tools_;
  const AgentLayout layout_;
  sync::Mutex mutex_;
  std::map<experiment::ProjectName, std::unique_ptr<Project>> projects_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::agent
