// Runs one attempt from its assignment to its outcome, straight on: snapshot, workspace, overrides, data, stages,
// result commit, blobs. It reports nothing and keeps nothing for later: the sync loop does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/attempt.h"
#include "agent/disk_watch.h"
#include "agent/project.h"
#include "agent/slot_pool.h"
#include "common/git/repository.h"
#include "common/pipeline/executor.h"

namespace expq::agent {

// What attempts share; all outlive them.
struct Workbench {
  Tools& tools;
  const Options& options;
  Projects& projects;
  SlotPool& slots;
  DiskWatch& disks;
  // Stopped: do not wait for a scheduler that cannot be reached.
  sync::StopToken give_up;
};

// Calls `f` again while it says Unavailable, ever less often, until `give_up` stops.
absl::Status RetryWhileUnavailable(const sync::StopToken& give_up, const std::function<absl::Status()>& f);

// Used once, by one thread.
class AttemptRunner {
 public:
  AttemptRunner(Workbench& bench, Attempt& attempt);
  ~AttemptRunner();
  experiment::Outcome Run();

 private:
  class StageWatch;

  absl::Status Prepare();
  absl::Status PrepareWorkspace();
  absl::Status LoadPipeline();
  absl::Status OpenCache();
  absl::Status AdoptFromNeighbours(std::vector<digest::Digest>* missing);
  absl::Status FetchBlobs(const std::vector<digest::Digest>& wanted);
  absl::Status PullBlobs(const std::vector<digest::Digest>& wanted);
  absl::Status PrepareData();
  absl::Status WriteDvcConfig(const std::string& path);
  absl::StatusOr<pipeline::ExecuteReport> Execute();
  absl::Status Insist(const std::function<absl::Status()>& deliver);
  absl::Status Deliver(const pipeline::ExecuteReport& report, experiment::Outcome* outcome);
  experiment::Outcome RunPrepared();
  experiment::Outcome Finish(experiment::Outcome outcome);
  void FindDvcRoot();
  pipeline::ExecuteOptions StageOptions() const;
  pipeline::Tools PipelineTools();

  Workbench& bench_;
  Attempt& attempt_;
  // Why a failure of the present step is a failure.
  experiment::Cause cause_ = experiment::Cause::kSetup;
  bool executed_ = false;
  bool resumed_ = false;  // in the workspace that an earlier process prepared for this attempt
  Project* project_ = nullptr;
  std::optional<Project::Use> uses_snapshot_;
  std::unique_ptr<git::Repository> repository_;
  std::unique_ptr<Slot> slot_;
  std::string dvc_root_;  // relative to the workspace, "" = itself
  std::shared_ptr<const LivePipeline> live_;
  std::string cache_dir_;
  std::unique_ptr<blob::Cache> cache_;            // the project's or its DVC root's, as seen from this workspace
  std::unique_ptr<pipeline::DataSupply> supply_;  // of an experiment that pulls
  std::unique_ptr<StageWatch> watch_;
};

}  // namespace expq::agent
