#include "common/pipeline/executor.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "common/digest/digest.h"
#include "common/pipeline/plan.h"
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
        plan_(session_.pipeline, selection.graph, selection.stages,
              {.ordered = !session_.options.single_item,
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
      StageOutcome outcome = StageRun(session_, what, stop_).Run();
      if (session_.tools.observer != nullptr) session_.tools.observer->StageEnds(what, outcome);
      sync::MutexLock lock(mutex_);
      plan_.Finish(*stage, outcome.result);
      outcomes_[*stage] = std::move(outcome);
      changed_.NotifyAll();
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
  Plan plan_ ABSL_GUARDED_BY(mutex_);
  std::map<int, StageOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::vector<StageStatus>> Statuses(const Selection& selection) {
  Session& session = *selection.session;
  std::vector<bool> runs(session.pipeline.stages.size(), false);
  std::vector<StageStatus> statuses;
  for (const int index : selection.stages) {
    const Stage& stage = session.pipeline.stages[index];
    absl::StatusOr<View> view = session.Look(stage);
    if (!view.ok()) return AtStage(stage, view.status());
    std::vector<Reason> reasons = std::move(view->reasons);
    if (session.options.force && !stage.frozen) reasons.insert(reasons.begin(), {.kind = Reason::Kind::kForced});
    const bool first_time = !view->locked.has_value();  // says it all
    for (const int before : selection.graph.Upstream(index)) {
      if (!runs[before] || first_time || stage.frozen || session.options.single_item) continue;
      reasons.push_back({.kind = Reason::Kind::kUpstreamRan, .what = session.pipeline.stages[before].Address()});
    }
    runs[index] = !reasons.empty();
    statuses.push_back({.stage = index, .reasons = std::move(reasons)});
  }
  return statuses;
}

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
  std::set<std::string> files = session.ignored.Changed();
  for (const int index : selection.stages) {
    const Stage& stage = session.pipeline.stages[index];
    AddFiles(session, LockPath(stage), files);
    for (const Output& out : stage.outs) {
      if (!out.cache) AddFiles(session, out.root_path, files);
    }
  }
  return {files.begin(), files.end()};
}

void AddBlobs(const blob::Cache& cache, const digest::Digest& digest, std::set<digest::Digest>& blobs) {
  if (!cache.Has(digest) || !blobs.insert(digest).second || !digest.is_dir()) return;
  const auto entries = cache.ReadManifest(digest);
  if (!entries.ok()) return;
  for (const blob::ManifestEntry& entry : *entries) blobs.insert(entry.digest);
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
        AddBlobs(session.tools.cache, locked->content->digest, blobs);
      }
    }
  }
  return {blobs.begin(), blobs.end()};
}

absl::StatusOr<ExecuteReport> Rehearse(const Selection& selection) {
  ASSIGN_OR_RETURN(std::vector<StageStatus> statuses, Statuses(selection));
  ExecuteReport report;
  for (StageStatus& status : statuses) {
    report.stages.push_back({.address = selection.session->pipeline.stages[status.stage].Address(),
                             .result = status.reasons.empty() ? StageResult::kUpToDate : StageResult::kPlanned,
                             .reasons = std::move(status.reasons)});
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
  return Statuses(selection);
}

absl::StatusOr<ExecuteReport> Execute(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                      const ExecuteOptions& options, const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(Selection selection, OpenSelection(tools, root, pipeline, options));
  if (options.dry) return Rehearse(selection);
  ExecuteReport report{.stages = Execution(selection, stop).Run()};
  report.experiment_hash = ExperimentHash(selection, report.stages);
  report.tracked_files = TrackedFiles(selection);
  report.blobs = Blobs(selection);
  return report;
}

}  // namespace expq::pipeline
