// Bringing a workspace up to date: which stages must run and why, and running them side by side.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/clock/clock.h"
#include "common/dvclock/workspace_lock.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/pipeline.h"
#include "common/process/process_runner.h"
#include "common/sync/sync.h"

namespace expq::pipeline {

// Why a stage must run, as data.
struct Reason {
  enum class Kind {
    kNotLocked,
    kCommandChanged,
    kDepNew,
    kDepModified,
    kDepDeleted,
    kParamNew,
    kParamModified,
    kParamDeleted,
    kOutMissing,
    kOutModified,
    kOutNotInCache,
    kAlwaysChanged,
    kForced,
    kUpstreamRan,
    kRefused,  // Stage::refusal
  };
  Kind kind;
  std::string what;          // the path, the "params.yaml:key", the stage
  std::string Text() const;  // "dependency data/x.csv modified"
};

struct StageStatus {
  int stage = 0;
  std::vector<Reason> reasons;  // empty = up to date
  bool in_cache = false;        // what a run would give is in the cache already
};

struct ExecuteOptions {
  std::vector<std::string> targets;
  std::string subdir;  // "" = root
  TargetOptions target_options;
  bool force = false;
  bool single_item = false;
  bool downstream = false;
  bool whole_pipelines = false;  // everything connected with the targets; single_item and downstream mean nothing then
  bool all_pipelines = false;
  bool keep_going = false;
  bool ignore_errors = false;
  bool no_run_cache = false;
  bool no_commit = false;
  bool force_downstream = false;  // what directly follows a stage that ran is forced too
  bool allow_missing = false;     // a stage is up to date when all that is wrong is data that is not here
  bool pull = false;              // data that is not here comes from Tools::supply
  // For a fresh workspace, where no output is there yet: what dvc.lock records is put back also for stages without
  // dependencies or with persistent outputs, which `repro` runs again once an output is gone, and for stages that
  // allow_missing leaves alone.
  bool put_back = false;
  bool dry = false;
  int jobs = 1;                  // stages at a time
  std::vector<std::string> env;  // "KEY=VALUE", the whole environment; DVC_STAGE and DVC_ROOT are added
  std::string dvc_root_env;      // DVC_ROOT; empty = the root itself
  absl::Duration grace = absl::Seconds(10);

  // Only what the targets name, as single_item says; it means nothing for whole pipelines.
  bool OnlyTargets() const { return single_item && !whole_pipelines && !all_pipelines; }
};

enum class StageResult { kUpToDate, kRan, kRestored, kFailed, kSkipped, kStopped, kPlanned };

struct StageOutcome {
  std::string address;
  StageResult result = StageResult::kUpToDate;
  std::vector<Reason> reasons;
  process::ExitResult exit;  // of kFailed by its command
  size_t command = 0;        // the place of that one among the stage's commands
  absl::Status error;        // of kFailed otherwise (missing dependency, disk full)
  bool recorded = false;     // its entry of dvc.lock was written; not where outputs were only put back
  bool in_cache = false;     // of kPlanned: it would be restored, not run
};

// What a caller may want to see or decide while stages run. Called from stage threads, one call at a time a stage.
// StageStarts only when its commands do; StageEnds for every selected stage, also for those that never start.
class Observer {
 public:
  virtual ~Observer() = default;
  // Asked before a stage that is out of date is restored, run or, being frozen, recorded as it is: an error is its
  // failure.
  virtual absl::Status Approve(const Stage& /*stage*/, const std::vector<Reason>& /*reasons*/) {
    return absl::OkStatus();
  }
  virtual void StageStarts(const Stage& /*stage*/, const std::vector<Reason>& /*reasons*/) {}
  virtual void StageEnds(const Stage& /*stage*/, const StageOutcome& /*outcome*/) {}
  // Where the stage's output goes ("" = inherited) and where a supervisor keeps its state: command k of the stage, from
  // 1, in StateDir + "/k". Asked before it runs, perhaps in vain.
  virtual std::string OutputPath(const Stage& /*stage*/) { return ""; }
  virtual std::string StateDir(const Stage& /*stage*/) { return ""; }
  // True when an earlier process started its first command in StateDir: the stage is neither restored nor are its
  // outputs deleted, the runner just goes on.
  virtual bool UnderWay(const Stage& /*stage*/) { return false; }
};

// One computes, the others wait: keyed by the run-cache key. Holding the guard is the right to compute.
class SingleFlight {
 public:
  virtual ~SingleFlight() = default;
  // Blocks until this caller may go; Cancelled when stopped first. `*waited` says whether somebody else held it.
  virtual absl::StatusOr<std::unique_ptr<fs::FileLock>> Acquire(const std::string& key, const sync::StopToken& stop,
                                                                bool* waited) = 0;
};

// By flock on files in `dir`: works between threads and processes of one machine, and a dead holder lets go.
std::unique_ptr<SingleFlight> NewFileSingleFlight(std::string dir);

// Where data comes from that neither workspace nor cache has: a DVC remote. Thread-safe.
class DataSupply {
 public:
  virtual ~DataSupply() = default;
  // Puts what the cache lacks of these, and of the files in those that are directories, into the cache. NotFound names
  // what the supply lacks too.
  virtual absl::Status Fetch(const std::vector<digest::Digest>& digests) = 0;
  // Brings the earlier results of stages that it knows of into the run cache.
  virtual absl::Status FetchRunCache() = 0;
};

// Everything the executor works with; all outlive it.
struct Tools {
  fs::Filesystem& fs;
  blob::Cache& cache;
  process::ProcessRunner& runner;
  SingleFlight* single_flight = nullptr;   // may be null
  Observer* observer = nullptr;            // may be null
  DataSupply* supply = nullptr;            // may be null: then `pull` does nothing
  dvclock::WorkspaceLock* lock = nullptr;  // of a workspace where other programs work too; may be null
  // Whether version control has a (root-relative) path, which a cached output must not be; null = nobody knows.
  std::function<bool(const std::string& root_path)> tracked = nullptr;
};

struct ExecuteReport {
  std::vector<StageOutcome> stages;  // in graph order, all selected ones
  // sha256 over the lock entries that were written: DVC's "experiment hash".
  std::string experiment_hash;
  // Root-relative paths whose content belongs into the result commit: dvc.lock files, uncached outs, .gitignore files
  // that were changed.
  std::vector<std::string> tracked_files;
  // Every blob that the locks of the selected stages name (outs only), manifests included, files of manifests too.
  std::vector<digest::Digest> blobs;
  bool ok() const;
  const StageOutcome* FirstFailure() const;
};

// Why each selected stage (with its ancestors) would run, in graph order. Reads only.
absl::StatusOr<std::vector<StageStatus>> Status(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                                const ExecuteOptions& options);

// Runs what must run, `options.jobs` at a time; restores what the lock or the run cache has; writes dvc.lock after each
// stage; fills cache and run cache; first failure stops new ones unless keep_going. A missing dependency, a bad param,
// a full disk are a kFailed stage, not an error of the call; the call fails only before anything has run.
absl::StatusOr<ExecuteReport> Execute(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                      const ExecuteOptions& options, const sync::StopToken& stop);

// Checks out what the selected stages (and ancestors) read and none of them makes: data sources, and the recorded
// outputs of stages that are not selected; also their own persistent outputs. NotFound names what the cache lacks;
// with `allow_missing` that stays away.
absl::Status CheckoutSources(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                             const ExecuteOptions& options);

// The digests of all that, and of all outs recorded in the locks of the selected stages and ancestors: what an agent
// may want to fetch before running.
absl::StatusOr<std::vector<digest::Digest>> WantedBlobs(const fs::FileReader& fs, const std::string& root,
                                                        const Pipeline& pipeline, const ExecuteOptions& options);

// Params and metrics of a workspace as compact JSON {"file": {…}}: params files that stages or the top level name
// (params.yaml too when present), whole, in DVC's order, and what templates take from other files; metrics files that
// exist and parse. Files that do not parse are left out, and `unreadable` says where and why.
struct Values {
  std::string params_json;
  std::string metrics_json;
  std::vector<std::string> unreadable;
  std::vector<std::string> params_files, metrics_files;  // all that are named, in order; not all can be read
  // Of params files that are named by their keys only: those.
  std::map<std::string, std::set<std::string>> tracked;
  // Of all files that stages depend on or take values from: the keys, "*" = all.
  std::map<std::string, std::set<std::string>> depended;
};
Values ReadValues(const fs::FileReader& fs, const std::string& root, const Pipeline& pipeline);

}  // namespace expq::pipeline
