#include "cli/submission.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/capture.h"
#include "cli/composition.h"
#include "cli/dvc_config.h"
#include "cli/grid.h"
#include "cli/local_house.h"
#include "cli/planned_files.h"
#include "cli/remote_supply.h"
#include "cli/report.h"
#include "cli/results.h"
#include "cli/spelled_targets.h"
#include "cli/upload.h"
#include "common/params/params.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"
#include "common/submission/message.h"

namespace expq::cli {
namespace {

using experiment::Experiment;

// How often generated names are made again when somebody else has taken them in between.
constexpr int kNameRounds = 20;

absl::StatusOr<std::pair<std::string, std::string>> KeyValue(absl::string_view option, const std::string& text,
                                                             bool value_needed) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts[0].empty() || (value_needed && parts.size() < 2)) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " ", text, ": not ", value_needed ? "KEY=VALUE" : "KEY[=VALUE]"));
  }
  return std::make_pair(parts[0], parts.size() > 1 ? parts[1] : "");
}

absl::StatusOr<experiment::RunOptions> RunOptionsOf(const Place& place, const SubmitOptions& options) {
  experiment::RunOptions run;
  run.targets = options.targets;
  run.subdir = place.subdir;
  run.force = options.force;
  run.single_item = options.single_item && !options.whole_pipelines && !options.all_pipelines;
  run.downstream = options.downstream && !options.whole_pipelines && !options.all_pipelines;
  run.keep_going = options.keep_going;
  run.no_run_cache = options.no_run_cache;
  run.ignore_errors = options.ignore_errors;
  run.force_downstream = options.force_downstream;
  run.allow_missing = options.allow_missing;
  run.pull = options.pull;
  run.stage_jobs = options.stage_jobs;
  for (const std::string& text : options.env) {
    ASSIGN_OR_RETURN(auto pair, KeyValue("-e", text, true));
    run.env.push_back(std::move(pair));
  }
  return run;
}

absl::StatusOr<experiment::Resources> NeedOf(const SubmitOptions& options) {
  experiment::Resources need{.cpus = options.cpus, .memory = options.memory, .gpus = options.gpus, .labels = {}};
  for (const std::string& text : options.labels) {
    ASSIGN_OR_RETURN(auto pair, KeyValue("--label", text, false));
    need.labels.insert(std::move(pair));
  }
  return need;
}

// Which stages the experiments are about.
pipeline::ExecuteOptions SelectionOf(const Place& place, const experiment::RunOptions& run) {
  pipeline::ExecuteOptions selection;
  selection.targets = run.targets;
  selection.subdir = place.dvc_subdir;
  selection.single_item = run.single_item;
  selection.downstream = run.downstream;
  selection.allow_missing = run.allow_missing;
  selection.pull = run.pull;
  return selection;
}

// What every experiment of the submission has in common.
absl::StatusOr<Experiment> Template(Connection& connection, const SubmitOptions& options) {
  Experiment e;
  e.project = connection.project;
  e.message = options.message;
  e.priority = options.priority;
  e.retries = options.retries;
  e.timeout = options.timeout;
  e.force_name = options.force;
  ASSIGN_OR_RETURN(e.options, RunOptionsOf(*connection.place, options));
  ASSIGN_OR_RETURN(e.need, NeedOf(options));
  if (!options.after.empty()) {
    ASSIGN_OR_RETURN(auto first,
                     connection.house->queue().List({.project = connection.project, .selectors = options.after}));
    for (const Experiment& one : first) e.after.push_back(one.id);
  }
  return e;
}

// One pipeline, with what submit must refuse: nothing to run, unknown targets, and all that Load refuses.
absl::StatusOr<pipeline::Pipeline> LoadPipeline(const Context& context, const fs::FileReader& files, const Place& place,
                                                const SubmitOptions& options) {
  ASSIGN_OR_RETURN(pipeline::Pipeline pipeline, pipeline::Load(files, place.dvc_root));
  const std::string file = fs::Join(place.dvc_subdir, "dvc.yaml");
  if (options.targets.empty() && !options.all_pipelines && !context.fs.Exists(fs::Join(place.dvc_root, file))) {
    return status::WithHint(
        absl::NotFoundError(absl::StrCat("no dvc.yaml in ", place.subdir.empty() ? "." : place.subdir)),
        "write one that says how your code runs, or name a target");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> targets, SpelledTargets(pipeline, place.dvc_subdir, options));
  ASSIGN_OR_RETURN(const std::vector<int> selected, pipeline::SelectTargets(pipeline, targets, place.dvc_subdir));
  if (selected.empty()) return absl::NotFoundError(absl::StrCat(file, ": no stages to run"));
  RETURN_IF_ERROR(CheckParamsFiles(files, place.dvc_root, pipeline));
  return pipeline;
}

// The pipelines of a grid: the first point's, and those of points that change what ${…} in a dvc.yaml reads.
absl::StatusOr<std::vector<pipeline::Pipeline>> LoadPipelines(const Context& context, const Place& place,
                                                              const SubmitOptions& options,
                                                              const std::vector<params::GridPoint>& points) {
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, place.dvc_root));
  const auto load = [&](const params::GridPoint& point) {
    const PlannedFiles planned(context.fs, place.root, point.overrides, VariablesOf(context.environment));
    return LoadPipeline(context, planned.reader(), place, options);
  };
  std::vector<pipeline::Pipeline> pipelines;
  ASSIGN_OR_RETURN(pipelines.emplace_back(), load(points[0]));
  std::vector<std::vector<params::ParamOverride>> overrides;
  for (const params::GridPoint& point : points) overrides.push_back(point.overrides);
  for (const size_t i : PointsWithOwnPipeline(overrides, pipelines[0].variables)) {
    if (i == 0) continue;
    absl::StatusOr<pipeline::Pipeline> pipeline = load(points[i]);
    if (!pipeline.ok()) {
      return status::WithHint(pipeline.status(), absl::StrCat("with -S ", absl::StrJoin(points[i].texts, " -S ")));
    }
    pipelines.push_back(*std::move(pipeline));
  }
  SayWarnings(context, config.warnings);
  SayWarnings(context, pipelines[0].warnings);
  return pipelines;
}

// Given names: NAME, or NAME-1 … NAME-n.
absl::Status GiveNames(const std::string& name, std::vector<Experiment>* experiments) {
  RETURN_IF_ERROR(params::CheckName(name));
  for (size_t i = 0; i < experiments->size(); ++i) {
    (*experiments)[i].name = experiments->size() == 1 ? name : absl::StrCat(name, "-", i + 1);
  }
  return absl::OkStatus();
}

// Unique within the submission: after a few collisions in a large grid a number is added.
void GenerateNames(random::Random& random, std::vector<Experiment>* experiments) {
  std::set<std::string> used;
  for (Experiment& e : *experiments) {
    e.name = params::GenerateName(random);
    for (int tries = 0; tries < 3 && used.contains(e.name); ++tries) e.name = params::GenerateName(random);
    const std::string base = e.name;
    for (int number = 2; used.contains(e.name); ++number) e.name = absl::StrCat(base, "-", number);
    used.insert(e.name);
  }
}

// Only once it is queued: a refused submit has recorded nothing.
void SayRecorded(const Context& context, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    context.terminal.Talk(absl::StrCat("data changed since it was added: ", file, " is recorded as it is now"));
  }
}

absl::StatusOr<experiment::CommitId> CommitDraft(const Place& place, Draft* draft) {
  ASSIGN_OR_RETURN(const experiment::CommitId commit,
                   place.repository->CommitSnapshot(draft->tree, draft->head,
                                                    submission::WriteMessage(draft->id, draft->experiments)));
  for (Experiment& e : draft->experiments) e.snapshot = commit;
  return commit;
}

}  // namespace

absl::StatusOr<Draft> MakeDraft(const Context& context, Connection& connection, const SubmitOptions& options) {
  if (!connection.place) return absl::NotFoundError(absl::StrCat(context.cwd, ": not a git repository"));
  const Place& place = *connection.place;
  if (!options.name.empty()) RETURN_IF_ERROR(params::CheckName(options.name));
  ASSIGN_OR_RETURN(std::vector<params::GridPoint> points, ParseGrid(options.overrides, place.subdir));

  Draft draft;
  draft.force = options.force;
  draft.generated_names = options.name.empty();
  draft.id.value = random::HexId(context.random, 16);
  ASSIGN_OR_RETURN(draft.head, HeadOf(place));
  if (!options.no_hydra) RETURN_IF_ERROR(ComposePoints(context, place, points));
  ASSIGN_OR_RETURN(const std::vector<pipeline::Pipeline> pipelines, LoadPipelines(context, place, options, points));
  if (options.pull) RETURN_IF_ERROR(CheckRemote(context, place.dvc_root));
  ASSIGN_OR_RETURN(draft.tree, place.repository->SnapshotTree());
  ASSIGN_OR_RETURN(Experiment common, Template(connection, options));
  ASSIGN_OR_RETURN(common.options.targets, SpelledTargets(pipelines[0], place.dvc_subdir, options));
  ASSIGN_OR_RETURN(draft.recorded,
                   CaptureData(context, connection, pipelines, SelectionOf(place, common.options), &draft.tree));
  RETURN_IF_ERROR(SettleOverrides(*place.repository, draft.tree.tree, context.environment, points));

  common.submission = draft.id;
  common.baseline = draft.head;
  ParamsFiller filler(place, draft.tree.tree,
                      pipeline::ReadValues(context.fs, place.dvc_root, pipelines[0]).params_json);
  for (params::GridPoint& point : points) {
    Experiment e = common;
    e.id.value = random::HexId(context.random, 16);
    e.params_json = filler.Fill(point);
    e.overrides = std::move(point.texts);
    draft.experiments.push_back(std::move(e));
  }
  if (draft.generated_names) {
    GenerateNames(context.random, &draft.experiments);
  } else {
    RETURN_IF_ERROR(GiveNames(options.name, &draft.experiments));
  }
  return draft;
}

absl::StatusOr<experiment::Submission> Queue(const Context& context, Connection& connection, Draft draft) {
  for (int round = 0;; ++round) {
    ASSIGN_OR_RETURN(const experiment::CommitId commit, CommitDraft(*connection.place, &draft));
    RETURN_IF_ERROR(UploadSnapshot(context, connection, commit, draft.head));
    if (round == 0) {
      const pipeline::ExecuteOptions selection = SelectionOf(*connection.place, draft.experiments[0].options);
      RETURN_IF_ERROR(UploadData(context, connection, commit, draft.experiments, selection));
    }
    auto submission = connection.house->queue().Submit({.project = connection.project,
                                                        .id = draft.id,
                                                        .commit = commit,
                                                        .experiments = draft.experiments,
                                                        .force = draft.force});
    const bool taken = absl::IsAlreadyExists(submission.status());
    if (!taken || !draft.generated_names || round == kNameRounds) {
      // Nobody will repeat it: what a refused submit left behind goes too. (A remote one may still be under way.)
      LocalHouse* local = connection.house->local();
      if (!submission.ok() && local != nullptr) local->ForgetSubmission(connection.project, draft.id);
      if (submission.ok()) SayRecorded(context, draft.recorded);
      return submission;
    }
    GenerateNames(context.random, &draft.experiments);
  }
}

}  // namespace expq::cli
