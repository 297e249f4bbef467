// The agent: asks the dispatcher what it should do, runs attempts, reports what it is doing. Reconcile, don't command.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/clock/clock.h"
#include "common/experiment/interfaces.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/executor.h"
#include "common/process/process_runner.h"
#include "common/random/random.h"
#include "common/sync/sync.h"

namespace expq::agent {

// Where one project's git objects and cache are on this machine.
struct ProjectPlaces {
  std::string repository;  // the user's own repository (local mode), or the agent's bare mirror
  std::string cache;       // DVC cache root ("…/.dvc/cache")
  std::vector<fs::LinkKind> link_kinds;
  std::string hash_index;  // file of the HashIndex
  // Local mode: the cache of the DVC repository in that folder of the git repository ("" = its top), for there may be
  // several. Null = `cache` for all.
  std::function<absl::StatusOr<std::string>(const std::string& dvc_root)> cache_of;
  // Local mode: the caches of the same DVC repository in the git repository's other worktrees. What a submit captured
  // there is taken over from there. Null = none. Asked only when data is missing.
  std::function<std::vector<std::string>(const std::string& dvc_root)> neighbours_of;
  // Where `--pull` takes data from, into `cache`: what the DVC repository in that folder of the git repository, whose
  // files are at `root` now, calls its default remote. NotFound, Unimplemented as it says. Null = there is nothing.
  std::function<absl::StatusOr<std::unique_ptr<pipeline::DataSupply>>(
      const std::string& dvc_root, const std::string& root, blob::Cache& cache, const sync::StopToken& stop)>
      supply_of;
  bool group_shared = false;  // the cache's folders and records belong to the group (`cache.shared = group`)
};

struct Options {
  std::string name;               // unique among live agents
  experiment::SessionId session;  // new for every start
  std::string data_dir;           // absolute; work/, attempts/, locks/ live here (AgentLayout)
  // Local mode: the scheduler's own log folder; stage output is written straight into it. Empty: tailed and sent.
  std::string log_dir;
  experiment::Offer total;
  std::vector<experiment::ProjectName> projects;  // empty = any
  int stage_jobs = 0;                             // 0 = what the submission says
  // run-all: return when nothing is running anywhere any more and nothing is queued that this agent could ever run;
  // also when a disk is full and what runs here has ended.
  bool exit_when_empty = false;
  absl::Duration idle_exit = absl::InfiniteDuration();
  absl::Duration grace = absl::Seconds(10);
  absl::Duration progress_every = absl::Seconds(2);  // how often live metrics are read and logs are sent
  // Stages outlive this process (daemon): a restarted agent with the same data_dir goes on with them.
  bool adopt = false;
  std::vector<std::string> env;  // "KEY=VALUE": what stages inherit
};

// What happens, for a person to see. Called from several threads, one call at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void AttemptStarts(const experiment::Assignment&) {}
  virtual void StageStarts(const experiment::Assignment&, const std::string& /*stage*/) {}
  virtual void StageEnds(const experiment::Assignment&, const std::string& /*stage*/, const std::string& /*how*/) {}
  virtual void AttemptEnds(const experiment::Assignment&, const experiment::Outcome&) {}
  virtual void Unreachable(const absl::Status&) {}  // the dispatcher cannot be reached; it is tried again
  // Takes nothing new, and why: a disk is full. Empty: there is room again.
  virtual void Closed(const std::string& /*why*/) {}
};

// What the agent works with; all outlive it. `snapshots` and `blobs` are the far side: asked only for what the local
// repository and cache lack, given only what they have new.
struct Tools {
  experiment::Dispatcher& dispatcher;
  experiment::SnapshotStore& snapshots;
  blob::BlobStore& blobs;
  fs::Filesystem& fs;
  clock::Clock& clock;
  random::Random& random;
  process::ProcessRunner& runner;
  std::function<absl::StatusOr<ProjectPlaces>(const experiment::ProjectName&)> places;
  Observer* observer = nullptr;
};

struct Summary {
  int succeeded = 0;
  int failed = 0;
  int cancelled = 0;
  std::string disk_full;  // why it left early (exit_when_empty), "" = it did not
  int64_t left = 0;       // still queued when the agent left: when nothing else was running, it could never run them
};

class Agent {
 public:
  Agent(Tools tools, Options options);
  ~Agent();
  // Until nothing is left (exit_when_empty), the idle time passed, or `drain` stopped and running attempts ended.
  // `stop`: running attempts are ended with grace and handed back to the queue.
  absl::StatusOr<Summary> Run(const sync::StopToken& drain, const sync::StopToken& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// GPUs of this machine by UUID through `nvidia-smi`; empty when there is none. `spec`: "all", "none", or "0,1"/UUIDs.
absl::StatusOr<std::vector<std::string>> DiscoverGpus(const std::string& spec, process::ProcessRunner& runner,
                                                      const std::vector<std::string>& env,
                                                      const std::string& scratch_dir);
// cpus and memory of this machine.
experiment::Offer DiscoverHost();

}  // namespace expq::agent
