#include "agent/attempt_runner.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/git_folder.h"
#include "agent/overrides.h"
#include "agent/result_commit.h"
#include "agent/stage_env.h"
#include "agent/verdict.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

using experiment::Cause;
using experiment::Outcome;
using experiment::OutcomeKind;

// Ids and names become folder names.
absl::Status CheckAssignment(const experiment::Assignment& assignment) {
  const experiment::Experiment& experiment = assignment.experiment;
  bool plain = std::all_of(experiment.id.value.begin(), experiment.id.value.end(), absl::ascii_isalnum);
  if (experiment.id.empty() || !plain || absl::StrContains(experiment.name, "/") || experiment.name == "..") {
    return absl::InvalidArgumentError(absl::StrCat("experiment '", experiment.name, "': malformed id or name"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RetryWhileUnavailable(const sync::StopToken& give_up, const std::function<absl::Status()>& f) {
  absl::Duration pause = absl::Milliseconds(100);
  for (;;) {
    absl::Status status = f();
    if (!absl::IsUnavailable(status) || give_up.WaitFor(pause)) return status;
    pause = std::min(pause * 2, absl::Seconds(5));
  }
}

// What stages say while they run: to the sync loop, the log and the person.
class AttemptRunner::StageWatch : public pipeline::Observer {
 public:
  // `resumed`: the folder holds what an earlier process started for this attempt.
  StageWatch(Workbench& bench, Attempt& attempt, std::string stages_dir, bool resumed)
      : fs_(bench.tools.fs),
        attempt_(attempt),
        observer_(bench.tools.observer),
        stages_dir_(std::move(stages_dir)),
        resumed_(resumed) {}

  void StageStarts(const pipeline::Stage& stage, const std::vector<pipeline::Reason>&) override {
    attempt_.SetStage(stage.Address());
    if (observer_ != nullptr) observer_->StageStarts(attempt_.assignment(), stage.Address());
  }
  void StageEnds(const pipeline::Stage& stage, const pipeline::StageOutcome& outcome) override {
    if (observer_ != nullptr) observer_->StageEnds(attempt_.assignment(), stage.Address(), How(outcome));
  }
  std::string OutputPath(const pipeline::Stage& stage) override { return attempt_.log().FileOf(stage.Address()); }
  std::string StateDir(const pipeline::Stage& stage) override {
    return fs::Join(stages_dir_, fs::Basename(attempt_.log().FileOf(stage.Address())));
  }
  bool UnderWay(const pipeline::Stage& stage) override {
    return resumed_ && fs_.Exists(fs::Join(StateDir(stage), "1"));
  }

 private:
  static std::string How(const pipeline::StageOutcome& outcome) {
    switch (outcome.result) {
      case pipeline::StageResult::kUpToDate:
        return "up to date";
      case pipeline::StageResult::kRan:
        return "ran";
      case pipeline::StageResult::kRestored:
        return "restored";
      case pipeline::StageResult::kFailed:
        return outcome.error.ok() ? outcome.exit.Describe() : std::string(outcome.error.message());
      case pipeline::StageResult::kSkipped:
        return "skipped";
      case pipeline::StageResult::kStopped:
        return "stopped";
      case pipeline::StageResult::kPlanned:
        return "planned";
    }
    return "";
  }

  const fs::FileReader& fs_;
  Attempt& attempt_;
  agent::Observer* const observer_;
  const std::string stages_dir_;
  const bool resumed_;
};

AttemptRunner::AttemptRunner(Workbench& bench, Attempt& attempt) : bench_(bench), attempt_(attempt) {}
AttemptRunner::~AttemptRunner() = default;

pipeline::Tools AttemptRunner::PipelineTools() {
  return {.fs = bench_.tools.fs,
          .cache = *cache_,
          .runner = bench_.tools.runner,
          .single_flight = &project_->single_flight(),
          .observer = watch_.get(),
          .supply = supply_.get()};
}

// The nearest folder with a `.dvc`, from where it was submitted upwards; without one, the repository itself.
void AttemptRunner::FindDvcRoot() {
  std::string dir = fs::Normalize(attempt_.experiment().options.subdir);
  for (; dir != "." && !dir.empty(); dir = fs::Dirname(dir)) {
    if (bench_.tools.fs.Exists(fs::Join(fs::Join(slot_->workspace(), dir), ".dvc"))) break;
  }
  dvc_root_ = dir == "." ? "" : dir;
}

absl::Status AttemptRunner::OpenCache() {
  const ProjectPlaces& places = project_->places();
  cache_dir_ = places.cache;
  if (places.cache_of) {
    ASSIGN_OR_RETURN(cache_dir_, places.cache_of(dvc_root_));
  }
  bench_.disks.Watch(cache_dir_);
  cache_ = project_->CacheAt(live_->root, cache_dir_);
  return absl::OkStatus();
}

// So that `dvc` in a stage finds what we have.
absl::Status AttemptRunner::WriteDvcConfig(const std::string& path) {
  std::string text = absl::StrCat("[cache]\n    dir = ", cache_dir_, "\n");
  auto present = bench_.tools.fs.Read(path);
  if (present.ok() && *present == text) return absl::OkStatus();
  return bench_.tools.fs.Write(path, text, fs::Durability::kAtomic);
}

absl::Status AttemptRunner::PrepareWorkspace() {
  const experiment::Experiment& experiment = attempt_.experiment();
  std::string objects_dir = repository_->common_dir() + "/objects";
  if (attempt_.resumed()) {
    auto resumed = bench_.slots.Resume(attempt_.key());
    if (resumed.ok()) {
      slot_ = *std::move(resumed);
      resumed_ = true;
      FindDvcRoot();
      return absl::OkStatus();
    }
  }
  ASSIGN_OR_RETURN(slot_, bench_.slots.Acquire(objects_dir));
  ASSIGN_OR_RETURN(std::shared_ptr<const TreeFiles> files, project_->Tree(*repository_, experiment.snapshot));
  RETURN_IF_ERROR(slot_->Materialize(*repository_, files));
  RETURN_IF_ERROR(WriteGitFolder(bench_.tools.fs, slot_->workspace(), objects_dir, experiment.baseline));
  RETURN_IF_ERROR(slot_->WriteIndex());
  FindDvcRoot();
  cause_ = Cause::kBadParams;
  RETURN_IF_ERROR(WriteOverrides(bench_.tools.fs, slot_->workspace(), experiment).status());
  cause_ = Cause::kSetup;
  return absl::OkStatus();
}

absl::Status AttemptRunner::LoadPipeline() {
  auto live = std::make_shared<LivePipeline>();
  live->root = fs::Join(slot_->workspace(), dvc_root_);
  ASSIGN_OR_RETURN(live->pipeline, pipeline::Load(bench_.tools.fs, live->root));
  for (const std::string& warning : live->pipeline.warnings) attempt_.log().Say(absl::StrCat("warning: ", warning));
  live_ = live;
  attempt_.SetLive(live_);
  return absl::OkStatus();
}

// Takes those out of `missing` that other worktrees had.
absl::Status AttemptRunner::AdoptFromNeighbours(std::vector<digest::Digest>* missing) {
  const ProjectPlaces& places = project_->places();
  if (!places.neighbours_of) return absl::OkStatus();
  for (const std::string& dir : places.neighbours_of(dvc_root_)) {
    if (dir == cache_dir_) continue;
    RETURN_IF_ERROR(cache_->Adopt(*missing, *project_->CacheAt(live_->root, dir)));
    ASSIGN_OR_RETURN(*missing, cache_->Missing(project_->name(), *missing));
    if (missing->empty()) break;
  }
  return absl::OkStatus();
}

// What the far side lacks too is either made by a stage, or missed by CheckoutSources, which names it.
absl::Status AttemptRunner::FetchBlobs(const std::vector<digest::Digest>& wanted) {
  const experiment::ProjectName& name = project_->name();
  ASSIGN_OR_RETURN(std::vector<digest::Digest> missing, cache_->Missing(name, wanted));
  if (!missing.empty()) RETURN_IF_ERROR(AdoptFromNeighbours(&missing));
  if (missing.empty()) return absl::OkStatus();
  return RetryWhileUnavailable(attempt_.stop(), [&]() -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<digest::Digest> nowhere, bench_.tools.blobs.Missing(name, missing));
    std::vector<digest::Digest> there;
    for (const digest::Digest& digest : missing) {
      if (std::find(nowhere.begin(), nowhere.end(), digest) == nowhere.end()) there.push_back(digest);
    }
    if (there.empty()) return absl::OkStatus();
    auto bytes = blob::Transfer(name, there, bench_.tools.blobs, *cache_);
    if (bytes.ok()) attempt_.log().Say(absl::StrCat("fetched ", *bytes, " bytes of data"));
    return absl::IsNotFound(bytes.status()) ? absl::OkStatus() : bytes.status();
  });
}

// What cannot be had there either is, as above, made by a stage or missed by CheckoutSources. A remote out of this
// machine's reach is one: what the submitter could reach has come with the submission.
absl::Status AttemptRunner::PullBlobs(const std::vector<digest::Digest>& wanted) {
  const experiment::RunOptions& run = attempt_.experiment().options;
  if (!run.pull || !project_->places().supply_of) return absl::OkStatus();
  const auto warn = [&](const absl::Status& why) {
    attempt_.log().Say(absl::StrCat("warning: not pulled: ", why.message()));
  };
  auto supply = project_->places().supply_of(dvc_root_, live_->root, *cache_, attempt_.stop());
  if (!supply.ok()) {
    warn(supply.status());
    return absl::OkStatus();
  }
  supply_ = *std::move(supply);
  const absl::Status runs = run.no_run_cache ? absl::OkStatus() : supply_->FetchRunCache();
  if (!runs.ok()) warn(runs);
  std::vector<digest::Digest> missing;
  for (const digest::Digest& digest : wanted) {
    if (!cache_->HasAll(digest)) missing.push_back(digest);
  }
  const absl::Status fetched = missing.empty() ? absl::OkStatus() : supply_->Fetch(missing);
  return absl::IsNotFound(fetched) ? absl::OkStatus() : fetched;
}

absl::Status AttemptRunner::PrepareData() {
  pipeline::ExecuteOptions options = StageOptions();
  std::vector<std::string> kept;
  for (const pipeline::DataSource& source : live_->pipeline.sources) {
    if (source.cache) kept.push_back(fs::Normalize(fs::Join(dvc_root_, source.path)));
  }
  std::string dvc = fs::Join(dvc_root_, ".dvc");
  if (bench_.tools.fs.Exists(fs::Join(slot_->workspace(), dvc))) {
    kept.push_back(fs::Join(dvc, "config.local"));
    RETURN_IF_ERROR(WriteDvcConfig(fs::Join(slot_->workspace(), kept.back())));
  }
  RETURN_IF_ERROR(slot_->KeepSources(kept));
  ASSIGN_OR_RETURN(std::vector<digest::Digest> wanted,
                   pipeline::WantedBlobs(bench_.tools.fs, live_->root, live_->pipeline, options));
  RETURN_IF_ERROR(FetchBlobs(wanted));
  RETURN_IF_ERROR(PullBlobs(wanted));
  return pipeline::CheckoutSources(PipelineTools(), live_->root, live_->pipeline, options);
}

absl::Status AttemptRunner::Prepare() {
  const experiment::Experiment& experiment = attempt_.experiment();
  RETURN_IF_ERROR(CheckAssignment(attempt_.assignment()));
  ASSIGN_OR_RETURN(project_, bench_.projects.Get(experiment.project));
  uses_snapshot_.emplace(*project_, experiment.snapshot);
  ASSIGN_OR_RETURN(repository_, git::Repository::Open(project_->places().repository));
  bench_.disks.Watch(repository_->common_dir());
  for (const experiment::CommitId& commit : {experiment.snapshot, experiment.baseline}) {
    RETURN_IF_ERROR(RetryWhileUnavailable(
        attempt_.stop(), [&] { return project_->FetchCommit(*repository_, bench_.tools.snapshots, commit); }));
  }
  RETURN_IF_ERROR(PrepareWorkspace());
  watch_ = std::make_unique<StageWatch>(bench_, attempt_, slot_->stages_dir(), resumed_);
  RETURN_IF_ERROR(LoadPipeline());
  RETURN_IF_ERROR(OpenCache());
  RETURN_IF_ERROR(PrepareData());
  if (!bench_.options.adopt) return absl::OkStatus();
  RETURN_IF_ERROR(slot_->SaveManifest());
  return slot_->MarkPrepared(attempt_.key());
}

pipeline::ExecuteOptions AttemptRunner::StageOptions() const {
  const experiment::RunOptions& run = attempt_.experiment().options;
  pipeline::ExecuteOptions options;
  options.targets = run.targets;
  std::string subdir = fs::Normalize(run.subdir);
  options.subdir = dvc_root_.empty() ? run.subdir : fs::Relative(subdir, dvc_root_);
  if (options.subdir == ".") options.subdir = "";
  options.force = run.force;
  options.single_item = run.single_item;
  options.downstream = run.downstream;
  options.keep_going = run.keep_going;
  options.no_run_cache = run.no_run_cache;
  options.ignore_errors = run.ignore_errors;
  options.force_downstream = run.force_downstream;
  options.allow_missing = run.allow_missing;
  options.pull = run.pull;
  options.put_back = true;
  options.jobs = std::max(1, bench_.options.stage_jobs > 0 ? bench_.options.stage_jobs : run.stage_jobs);
  options.env = StageEnv(bench_.options, attempt_.assignment(), live_->root);
  // As DVC has it for a queued run: the repository that it came from, where that is on this machine.
  std::string worktree = repository_->worktree();
  if (!worktree.empty()) options.dvc_root_env = fs::Join(worktree, dvc_root_);
  options.grace = bench_.options.grace;
  return options;
}

absl::StatusOr<pipeline::ExecuteReport> AttemptRunner::Execute() {
  executed_ = true;
  auto report = pipeline::Execute(PipelineTools(), live_->root, live_->pipeline, StageOptions(), attempt_.stop());
  attempt_.SetStage("");
  return report;
}

// While the far side cannot be reached; or, for what outlives us, while its disk is full: what was computed waits here,
// and its slot takes nothing else meanwhile.
absl::Status AttemptRunner::Insist(const std::function<absl::Status()>& deliver) {
  return RetryWhileUnavailable(bench_.give_up, [&] {
    absl::Status status = deliver();
    const bool far_side_is_full = absl::IsResourceExhausted(status) && !status::IsDiskFull(status);
    if (!bench_.options.adopt || !far_side_is_full || attempt_.stop().Stopped()) return status;
    return absl::UnavailableError(status.message());
  });
}

absl::Status AttemptRunner::Deliver(const pipeline::ExecuteReport& report, Outcome* outcome) {
  const experiment::Experiment& experiment = attempt_.experiment();
  ResultInput input{.experiment = experiment, .slot = *slot_, .dvc_root = dvc_root_, .report = report};
  ASSIGN_OR_RETURN(outcome->revision, CommitResult(bench_.tools.fs, *repository_, input));
  outcome->blobs = report.blobs;
  RETURN_IF_ERROR(
      Insist([&] { return blob::Transfer(project_->name(), report.blobs, *cache_, bench_.tools.blobs).status(); }));
  return Insist([&] {
    return project_->SendCommit(*repository_, bench_.tools.snapshots, outcome->revision,
                                {experiment.snapshot, experiment.baseline});
  });
}

Outcome AttemptRunner::RunPrepared() {
  auto report = Execute();
  if (!report.ok()) return SetupFailure(Cause::kSetup, report.status());
  const bool tolerated = attempt_.experiment().options.ignore_errors && AreTolerable(*report);
  if (!report->ok() && !tolerated) return StageFailure(*report);
  for (const pipeline::StageOutcome& stage : report->stages) {
    if (stage.result != pipeline::StageResult::kFailed) continue;
    attempt_.log().Say(absl::StrCat("warning: ", WhyFailed(stage)));
  }
  Outcome outcome;
  absl::Status delivered = Deliver(*report, &outcome);
  return delivered.ok() ? outcome : SetupFailure(Cause::kInfrastructure, delivered);
}

Outcome AttemptRunner::Finish(Outcome outcome) {
  const auto failed = [&] { return outcome.kind == OutcomeKind::kFailed || outcome.kind == OutcomeKind::kLost; };
  if (failed() && attempt_.end_reason() != EndReason::kNone) {
    outcome = Ended(attempt_.end_reason(), attempt_.experiment());
  }
  if (live_ != nullptr) {
    pipeline::Values values = pipeline::ReadValues(bench_.tools.fs, live_->root, live_->pipeline);
    outcome.params_json = std::move(values.params_json);
    outcome.metrics_json = std::move(values.metrics_json);
    for (const std::string& why : values.unreadable) attempt_.log().Say(absl::StrCat("not shown in tables: ", why));
    attempt_.SetLive(nullptr);
  }
  if (failed()) attempt_.log().Say(absl::StrCat("failed: ", outcome.error));
  if (slot_ == nullptr) return outcome;
  if (failed() && executed_) {
    auto kept = slot_->Keep(attempt_.experiment(), attempt_.assignment().attempt);
    if (kept.ok()) outcome.workspace = *kept;
    if (!kept.ok()) log::Warning(absl::StrCat("workspace is not kept: ", kept.status().message()));
  }
  bench_.slots.Release(std::move(slot_));
  return outcome;
}

Outcome AttemptRunner::Run() {
  if (attempt_.end_reason() != EndReason::kNone) return Ended(attempt_.end_reason(), attempt_.experiment());
  absl::Status prepared = Prepare();
  return Finish(prepared.ok() ? RunPrepared() : SetupFailure(cause_, prepared));
}

}  // namespace expq::agent
