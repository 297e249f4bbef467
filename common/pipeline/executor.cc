#include "common/pipeline/executor.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "common/digest/digest.h"
#include "common/pipeline/plan.h"
#include "common/pipeline/selection.h"
#include "common/pipeline/session.h"
#include "common/pipeline/stage_run.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// Runs the stages of a selection on `jobs` threads, the calling one among them.
class Execution {
 public:
  Execution(Selection& selection, const sync::StopToken& stop)
      : selection_(selection),
        session_(*selection.session),
        stop_(stop),
        forced_(session_.pipeline.stages.size(), session_.options.force),
        plan_(session_.pipeline, session_.graph, selection.stages,
              {.ordered = !session_.options.OnlyTargets(),
               .keep_going = session_.options.keep_going,
               .ignore_errors = session_.options.ignore_errors}) {}

  // In the order of the selection.
  std::vector<StageOutcome> Run() {
    const size_t jobs = std::clamp<size_t>(session_.options.jobs, 1, std::max<size_t>(selection_.stages.size(), 1));
    std::vector<std::thread> others;
    for (size_t i = 1; i < jobs; ++i) others.emplace_back([this] { Work(); });
    Work();
    for (std::thread& other : others) other.join();
    return Collect();
  }

 private:
  void Work() {
    while (const std::optional<int> stage = NextStage()) {
      const Stage& what = session_.pipeline.stages[*stage];
      StageOutcome outcome = RunStage(what, IsForced(*stage));
      if (session_.tools.observer != nullptr) session_.tools.observer->StageEnds(what, outcome);
      sync::MutexLock lock(mutex_);
      plan_.Finish(*stage, outcome.result);
      if (session_.options.force_downstream) ForceAfter(*stage, outcome.result);
      outcomes_[*stage] = std::move(outcome);
      changed_.NotifyAll();
    }
  }

  StageOutcome RunStage(const Stage& stage, bool forced) {
    dvclock::WorkspaceLock* lock = session_.tools.lock;
    if (lock == nullptr) return StageRun(session_, stage, forced, stop_).Run();
    const absl::Status entered = lock->Enter(stop_);
    if (!entered.ok()) return {.address = stage.Address(), .result = StageResult::kStopped, .error = entered};
    StageOutcome outcome = StageRun(session_, stage, forced, stop_).Run();
    lock->Leave();
    return outcome;
  }

  bool IsForced(int stage) {
    sync::MutexLock lock(mutex_);
    return forced_[stage];
  }

  // Frozen stages do not look at what is before them.
  void ForceAfter(int stage, StageResult result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (session_.options.OnlyTargets() || (result != StageResult::kRan && result != StageResult::kRestored)) return;
    for (const int after : session_.graph.Downstream(stage)) {
      if (!session_.pipeline.stages[after].frozen) forced_[after] = true;
    }
  }

  // Waits while only running stages stand in the way; none = this thread is done.
  std::optional<int> NextStage() {
    sync::MutexLock lock(mutex_);
    while (!stop_.Stopped()) {
      if (const std::optional<int> stage = plan_.Next()) return stage;
      if (plan_.Done()) return std::nullopt;
      changed_.Wait(mutex_);
    }
    return std::nullopt;
  }

  std::vector<StageOutcome> Collect() {
    sync::MutexLock lock(mutex_);
    const StageResult never = stop_.Stopped() ? StageResult::kStopped : StageResult::kSkipped;
    for (const int stage : plan_.NeverStarted()) {
      const Stage& what = session_.pipeline.stages[stage];
      outcomes_[stage] = {.address = what.Address(), .result = never};
      if (session_.tools.observer != nullptr) session_.tools.observer->StageEnds(what, outcomes_[stage]);
    }
    std::vector<StageOutcome> outcomes;
    for (const int stage : selection_.stages) outcomes.push_back(std::move(outcomes_[stage]));
    return outcomes;
  }

  const Selection& selection_;
  Session& session_;
  const sync::StopToken& stop_;

  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::vector<bool> forced_ ABSL_GUARDED_BY(mutex_);  // by index of the pipeline
  Plan plan_ ABSL_GUARDED_BY(mutex_);
  std::map<int, StageOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

// What a run would do, stage by stage.
class Forecast {
 public:
  explicit Forecast(const Selection& selection)
      : selection_(selection), session_(*selection.session), runs_(session_.pipeline.stages.size(), false) {}

  absl::StatusOr<std::vector<StageStatus>> Stages() {
    std::vector<StageStatus> statuses;
    for (const int index : selection_.stages) {
      const Stage& stage = session_.pipeline.stages[index];
      if (!stage.refusal.ok()) {
        const Reason refused{.kind = Reason::Kind::kRefused, .what = std::string(stage.refusal.message())};
        statuses.push_back({.stage = index, .reasons = {refused}});
        runs_[index] = true;
        continue;
      }
      absl::StatusOr<View> view = session_.Look(stage);
      if (!view.ok()) return AtStage(stage, view.status());
      StageStatus status{.stage = index, .reasons = Reasons(index, *view)};
      status.in_cache = IsInCache(stage, status.reasons, *view);
      runs_[index] = !status.reasons.empty();
      statuses.push_back(std::move(status));
    }
    return statuses;
  }

 private:
  std::vector<int> RunningBefore(int index) const {
    std::vector<int> running;
    if (session_.pipeline.stages[index].frozen || session_.options.OnlyTargets()) return running;
    for (const int before : session_.graph.Upstream(index)) {
      if (runs_[before]) running.push_back(before);
    }
    return running;
  }

  std::vector<Reason> Reasons(int index, const View& view) const {
    const Stage& stage = session_.pipeline.stages[index];
    const std::vector<int> before = RunningBefore(index);
    const bool forced =
        (session_.options.force && !stage.frozen) || (session_.options.force_downstream && !before.empty());
    std::vector<Reason> reasons =
        session_.options.allow_missing && !forced ? session_.BesidesMissing(stage, view) : view.reasons;
    if (forced) reasons.insert(reasons.begin(), {.kind = Reason::Kind::kForced});
    if (!view.locked.has_value()) return reasons;  // "not run yet" says it all
    for (const int stage_before : before) {
      reasons.push_back({.kind = Reason::Kind::kUpstreamRan, .what = session_.pipeline.stages[stage_before].Address()});
    }
    return reasons;
  }

  // Its results need no run, as far as can be told before the stages above have run.
  bool IsInCache(const Stage& stage, const std::vector<Reason>& reasons, const View& view) const {
    const bool is_known = !reasons.empty() && std::none_of(reasons.begin(), reasons.end(), [](const Reason& reason) {
      return reason.kind == Reason::Kind::kForced || reason.kind == Reason::Kind::kUpstreamRan;
    });
    return is_known && IsRunCacheable(stage) && IsComplete(view.seen) && !session_.options.no_run_cache &&
           session_.run_cache.Find(InputsOf(stage, view.seen)).has_value();
  }

  const Selection& selection_;
  Session& session_;
  std::vector<bool> runs_;  // by index of the pipeline
};

// DVC's "experiment hash": what the stages that took part left in their locks.
std::string ExperimentHash(const Selection& selection, const std::vector<StageOutcome>& outcomes) {
  value::Map entries;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].recorded) continue;
    const Stage& stage = selection.session->pipeline.stages[selection.stages[i]];
    const std::optional<LockEntry> entry = selection.session->locks->Find(stage);
    if (entry.has_value()) entries.Set(stage.name, EncodeLockEntry(*entry));
  }
  return digest::Sha256Hex(value::ToJson(entries, {.sort_keys = true}));
}

void AddFiles(const Session& session, const std::string& root_path, std::set<std::string>& files) {
  const auto info = session.tools.fs.Lstat(session.PathOf(root_path));
  if (!info.ok() || fs::IsWithin(root_path, "..") || root_path.front() == '/') return;
  if (info->kind != fs::Kind::kDirectory) {
    files.insert(root_path);
    return;
  }
  const absl::Status walked =
      fs::Walk(session.tools.fs, session.PathOf(root_path), [&](const std::string& relative, fs::Kind) {
        files.insert(fs::Join(root_path, relative));
        return absl::OkStatus();
      });
  if (!walked.ok()) files.insert(root_path);  // who reads it will see why
}

std::vector<std::string> TrackedFiles(const Selection& selection) {
  const Session& session = *selection.session;
  std::set<std::string> files = session.ignored().Changed();
  for (const int index : selection.stages) {
    const Stage& stage = session.pipeline.stages[index];
    AddFiles(session, LockPath(stage), files);
    for (const Output& out : stage.outs) {
      if (!out.cache) AddFiles(session, out.root_path, files);
    }
  }
  return {files.begin(), files.end()};
}

// `partly`: a folder may lack some of its files.
void AddBlobs(const blob::Cache& cache, const digest::Digest& digest, bool partly, std::set<digest::Digest>& blobs) {
  if (!cache.Has(digest) || !blobs.insert(digest).second || !digest.is_dir()) return;
  const auto entries = cache.ReadManifest(digest);
  if (!entries.ok()) return;
  for (const blob::ManifestEntry& entry : *entries) {
    if (!partly || cache.Has(entry.digest)) blobs.insert(entry.digest);
  }
}

std::vector<digest::Digest> Blobs(const Selection& selection) {
  const Session& session = *selection.session;
  std::set<digest::Digest> blobs;
  for (const int index : selection.stages) {
    const Stage& stage = session.pipeline.stages[index];
    const std::optional<LockEntry> entry = session.locks->Find(stage);
    for (const Output& out : stage.outs) {
      const LockedPath* locked = entry.has_value() && out.cache ? entry->FindOut(out.path) : nullptr;
      if (locked != nullptr && locked->content.has_value()) {
        AddBlobs(session.tools.cache, locked->content->digest, session.options.allow_missing, blobs);
      }
    }
  }
  return {blobs.begin(), blobs.end()};
}

absl::StatusOr<ExecuteReport> Rehearse(const Selection& selection) {
  ASSIGN_OR_RETURN(std::vector<StageStatus> statuses, Forecast(selection).Stages());
  ExecuteReport report;
  for (StageStatus& status : statuses) {
    report.stages.push_back({.address = selection.session->pipeline.stages[status.stage].Address(),
                             .result = status.reasons.empty() ? StageResult::kUpToDate : StageResult::kPlanned,
                             .reasons = std::move(status.reasons),
                             .in_cache = status.in_cache});
  }
  return report;
}

}  // namespace

bool ExecuteReport::ok() const {
  return std::all_of(stages.begin(), stages.end(), [](const StageOutcome& stage) {
    return stage.result != StageResult::kFailed && stage.result != StageResult::kSkipped &&
           stage.result != StageResult::kStopped;
  });
}

const StageOutcome* ExecuteReport::FirstFailure() const {
  for (const StageOutcome& stage : stages) {
    if (stage.result == StageResult::kFailed) return &stage;
  }
  return nullptr;
}

absl::StatusOr<std::vector<StageStatus>> Status(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                                const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(const Selection selection, OpenSelection(tools, root, pipeline, options));
  return Forecast(selection).Stages();
}

absl::StatusOr<ExecuteReport> Execute(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                      const ExecuteOptions& options, const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(Selection selection, OpenSelection(tools, root, pipeline, options));
  RETURN_IF_ERROR(CheckSupported(pipeline, selection.stages));
  if (options.dry) return Rehearse(selection);
  ExecuteReport report{.stages = Execution(selection, stop).Run()};
  report.experiment_hash = ExperimentHash(selection, report.stages);
  report.tracked_files = TrackedFiles(selection);
  report.blobs = Blobs(selection);
  return report;
}

}  // namespace expq::pipeline
