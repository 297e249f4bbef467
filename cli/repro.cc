#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/git_stage.h"
#include "cli/interrupts.h"
#include "cli/output_book.h"
#include "cli/question.h"
#include "cli/remote_supply.h"
#include "cli/stage_output.h"
#include "cli/workshop.h"
#include "cli/workspace_lock.h"
#include "common/pipeline/capture.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/selection.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using pipeline::StageResult;

absl::Status Agreed(const Context& context, const std::string& question, const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(const bool agreed, Confirm(context, question, stop));
  return agreed ? absl::OkStatus() : absl::FailedPreconditionError("not done: you said no");
}

// Says what runs, and shows what it writes: as it is when one runs at a time, else with the stage's name.
class Narrator : public pipeline::Observer {
 public:
  // Asks about each stage when `asked_until` is set, which ends the waiting for an answer.
  Narrator(const Context& context, StageOutput* output, const sync::StopToken* asked_until)
      : context_(context), output_(output), asked_until_(asked_until) {}

  absl::Status Approve(const pipeline::Stage& stage, const std::vector<pipeline::Reason>& reasons) override {
    if (asked_until_ == nullptr) return absl::OkStatus();
    return Agreed(context_,
                  absl::StrCat("bring '", stage.Address(), "' up to date",
                               reasons.empty() ? "" : absl::StrCat(" (", reasons[0].Text(), ")"), "?"),
                  *asked_until_);
  }

  void StageStarts(const pipeline::Stage& stage, const std::vector<pipeline::Reason>& reasons) override {
    context_.terminal.Talk(absl::StrCat(context_.terminal.PaintTalk(Style::kBold, "running "), stage.Address(),
                                        reasons.empty() ? "" : absl::StrCat(": ", reasons[0].Text())));
    for (const std::string& command : stage.commands) context_.terminal.Detail(absl::StrCat("  ", command));
  }

  void StageEnds(const pipeline::Stage& stage, const pipeline::StageOutcome& outcome) override {
    if (output_ != nullptr) output_->End(stage.Address());
    const std::string line = Line(stage, outcome);
    if (!line.empty()) context_.terminal.Talk(line);
  }

  std::string OutputPath(const pipeline::Stage& stage) override {
    return output_ == nullptr ? "" : output_->Begin(stage.Address());
  }

 private:
  // The command that failed.
  static std::string At(const pipeline::Stage& stage, const pipeline::StageOutcome& outcome) {
    return outcome.command < stage.commands.size() ? absl::StrCat(" at: ", stage.commands[outcome.command]) : "";
  }

  static std::string Line(const pipeline::Stage& stage, const pipeline::StageOutcome& outcome) {
    switch (outcome.result) {
      case StageResult::kUpToDate:
      case StageResult::kRan:
      case StageResult::kPlanned:
        return "";
      case StageResult::kRestored:
        return absl::StrCat("restored ", outcome.address, " from the cache");
      case StageResult::kFailed:
        return absl::StrCat("failed ", outcome.address, outcome.error.ok() ? At(stage, outcome) : "");
      case StageResult::kSkipped:
        return absl::StrCat("skipped ", outcome.address, ": something that it needs failed");
      case StageResult::kStopped:
        return absl::StrCat("stopped ", outcome.address);
    }
    return "";
  }

  const Context& context_;
  StageOutput* output_;
  const sync::StopToken* const asked_until_;
};

// One line about the first failure.
absl::Status FailureStatus(const pipeline::StageOutcome& failed) {
  if (!failed.error.ok()) return failed.error;
  return absl::UnknownError(absl::StrCat("stage '", failed.address, "': ", failed.exit.Describe()));
}

class ReproCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &options_.targets, "stages, with what they need (default: dvc.yaml of this folder)");
    table.Flag("-f,--force", &options_.force, "run stages even if nothing changed");
    table.Flag("-i,--interactive", &interactive_, "ask before each stage that has to run; no ends it all");
    table.Flag("-s,--single-item", &options_.single_item, "only the targets, not what they need");
    table.Flag("--downstream", &options_.downstream, "the targets and everything after them");
    table.Flag("--force-downstream", &options_.force_downstream, "also run what follows a stage that ran");
    table.Flag("-p,--pipeline", &options_.whole_pipelines, "everything connected with the targets");
    table.Flag("-P,--all-pipelines", &options_.all_pipelines, "every stage of the repository");
    table.Flag("-R,--recursive", &options_.target_options.recursive, "a folder: every stage defined in or below it");
    table.Flag("--glob", &options_.target_options.glob, "targets are patterns of stage names: 'train*'");
    table.Flag("-k,--keep-going", &options_.keep_going, "after a failure run what does not depend on it");
    table.Flag("--ignore-errors", &options_.ignore_errors,
               "after a failure run what depends on it too, and end with 0");
    table.Flag("--allow-missing", &options_.allow_missing, "leave stages alone whose data is missing but not changed");
    table.Flag("--pull", &options_.pull, "take missing data and earlier results from the default DVC remote");
    table.Flag("--dry", &options_.dry, "say what would run");
    table.Flag("--no-run-cache", &options_.no_run_cache, "do not look for earlier results of a stage");
    table.Flag("--no-commit", &options_.no_commit, "do not put outputs into the cache");
    table.Number("-j,--jobs", "N", &jobs_,
                 "stages at a time (default: one for each core; with 1 they have the terminal)", 1);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Workshop shop, OpenWorkshop(context, options_.targets, options_.all_pipelines));
    options_.subdir = shop.place.dvc_subdir;
    options_.env = context.environment.variables();
    RETURN_IF_ERROR(SettleQuestions(context, shop));
    ASSIGN_OR_RETURN(options_.jobs, JobsFor(shop));
    Interrupts interrupts(nullptr);
    std::unique_ptr<dvclock::WorkspaceLock> lock;
    if (!options_.dry) {
      ASSIGN_OR_RETURN(lock, LockWorkspace(context, shop.place, interrupts.drain()));
      RETURN_IF_ERROR(PrepareData(context, shop, interrupts.drain()));
    }
    ASSIGN_OR_RETURN(const pipeline::ExecuteReport report, Execute(context, shop, lock.get(), interrupts));
    const absl::Status saved = shop.hashes->Save();
    if (!saved.ok()) context.terminal.Error(absl::StrCat("warning: the hash index is not saved: ", saved.message()));
    if (!options_.no_commit) RememberOutputs(context, shop, report);
    if (interrupts.Interrupted()) return absl::CancelledError("interrupted");
    RETURN_IF_ERROR(StageInGit(context, shop, report));
    return Finish(context, shop, report);
  }

 private:
  // With core.autostage, as DVC: what repro itself has written, not what the stages have.
  absl::Status StageInGit(const Context& context, const Workshop& shop, const pipeline::ExecuteReport& report) const {
    if (!shop.autostage || options_.dry) return absl::OkStatus();
    std::vector<std::string> files = recorded_;
    for (const std::string& file : report.tracked_files) {
      const std::string name = fs::Basename(file);
      if (name == "dvc.lock" || name == ".gitignore") files.push_back(file);
    }
    const bool changed = std::any_of(report.stages.begin(), report.stages.end(),
                                     [](const pipeline::StageOutcome& one) { return one.recorded; });
    if (!changed && recorded_.empty()) return absl::OkStatus();
    for (std::string& file : files) file = fs::Join(shop.place.dvc_root, file);
    return AddToGit(context, files);
  }

  // So that a checkout of another branch takes away what is not recorded there.
  static void RememberOutputs(const Context& context, const Workshop& shop, const pipeline::ExecuteReport& report) {
    std::set<std::string> made;
    for (const pipeline::StageOutcome& one : report.stages) {
      const bool has_outputs = one.result == StageResult::kRestored || one.result == StageResult::kRan;
      if (has_outputs) made.insert(one.address);
    }
    if (made.empty()) return;
    OutputBook book(context.fs, shop.place);
    for (const pipeline::Stage& stage : shop.pipeline.stages) {
      if (!made.contains(stage.Address())) continue;
      for (const pipeline::Output& out : stage.outs) {
        if (out.cache && context.fs.Exists(fs::Join(shop.place.dvc_root, out.root_path))) book.Remember(out.root_path);
      }
    }
    const absl::Status saved = book.Save();
    if (saved.ok()) return;
    context.terminal.Error(absl::StrCat("warning: it is not remembered what was made here: ", saved.message()));
  }

  // Who is asked is asked about one stage at a time. `core.interactive` is as if -i were always given.
  absl::Status SettleQuestions(const Context& context, const Workshop& shop) {
    if (interactive_ && !options_.dry && !SomebodyIsThere()) {
      return status::WithHint(absl::InvalidArgumentError("--interactive: there is no terminal to ask at"),
                              "expq repro --dry says what would run");
    }
    ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, shop.place.dvc_root));
    interactive_ = (interactive_ || config.core.interactive) && !options_.dry;
    if (interactive_) jobs_ = 1;
    return absl::OkStatus();
  }

  // Stages that can only run one after the other have the terminal to themselves, as with -j 1.
  absl::StatusOr<int> JobsFor(const Workshop& shop) const {
    if (jobs_ > 0) return jobs_;
    ASSIGN_OR_RETURN(const pipeline::Graph graph, pipeline::Graph::Build(shop.pipeline));
    ASSIGN_OR_RETURN(const std::vector<int> stages, pipeline::SelectStages(shop.pipeline, graph, options_));
    if (pipeline::IsChain(graph, stages)) return 1;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }

  absl::Status PrepareData(const Context& context, Workshop& shop, const sync::StopToken& stop) {
    ASSIGN_OR_RETURN(const pipeline::Graph graph, pipeline::Graph::Build(shop.pipeline));
    ASSIGN_OR_RETURN(const std::vector<const pipeline::DataSource*> sources,
                     pipeline::SelectSources(shop.pipeline, graph, options_));
    if (options_.pull) {
      RETURN_IF_ERROR(Pull(context, shop, sources, stop));
    }
    return RecordSources(context, shop, sources, stop);
  }

  // Without a remote there is only what is here, as with DVC.
  absl::Status Pull(const Context& context, Workshop& shop, const std::vector<const pipeline::DataSource*>& sources,
                    const sync::StopToken& stop) {
    absl::StatusOr<std::unique_ptr<RemoteSupply>> supply =
        RemoteSupply::Open(context, shop.place.dvc_root, *shop.cache, stop);
    if (absl::IsNotFound(supply.status())) {
      context.terminal.Error(absl::StrCat("warning: nothing can be pulled: ", supply.status().message()));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(supply_, std::move(supply));
    const absl::Status runs = options_.no_run_cache ? absl::OkStatus() : supply_->FetchRunCache();
    if (!runs.ok()) context.terminal.Error(absl::StrCat("warning: no run cache: ", runs.message()));
    // Those that are needed come with the stages that need them.
    return options_.allow_missing && !options_.force ? absl::OkStatus() : supply_->FetchSources(sources);
  }

  // Changed data is recorded in its `.dvc` file, as by DVC, before the stages that read it run. What is missing they
  // will name.
  absl::Status RecordSources(const Context& context, const Workshop& shop,
                             const std::vector<const pipeline::DataSource*>& sources, const sync::StopToken& stop) {
    std::vector<const pipeline::DataSource*> missing;
    const auto depth = options_.no_commit ? pipeline::CaptureDepth::kLook
                       : interactive_     ? pipeline::CaptureDepth::kCopy  // nobody has agreed yet
                                          : pipeline::CaptureDepth::kPlace;
    ASSIGN_OR_RETURN(const std::vector<pipeline::SourceRecord> records,
                     pipeline::CaptureSources(context.fs, *shop.cache, shop.place.dvc_root, sources, depth, &missing));
    for (const pipeline::SourceRecord& record : records) {
      if (interactive_) {
        RETURN_IF_ERROR(Agreed(context, absl::StrCat("record in ", record.file, " what its data is now?"), stop));
      }
      const std::string path = fs::Join(shop.place.dvc_root, record.file);
      RETURN_IF_ERROR(context.fs.Write(path, record.text, fs::Durability::kAtomic));
      recorded_.push_back(record.file);
      context.terminal.Talk(
          absl::StrCat("data changed since it was added: ", record.file, " is recorded as it is now"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::ExecuteReport> Execute(const Context& context, Workshop& shop, dvclock::WorkspaceLock* lock,
                                                  const Interrupts& interrupts) {
    std::unique_ptr<StageOutput> output;
    if (options_.jobs > 1) {
      const std::string dir =
          fs::Join(shop.layout.Temporary(), absl::StrCat("repro-", random::HexId(context.random, 16)));
      RETURN_IF_ERROR(context.fs.MakeDirs(dir));
      output = std::make_unique<StageOutput>(context, dir);
    }
    Narrator narrator(context, output.get(), interactive_ ? &interrupts.drain() : nullptr);
    process::DirectRunner runner(/*foreground=*/options_.jobs == 1);
    sync::Mutex mutex;  // one thread at a time may ask git
    const auto tracked = [&](const std::string& path) {
      sync::MutexLock alone(mutex);
      return shop.place.repository->IsTracked(shop.place.TreePath(path));
    };
    const pipeline::Tools tools{.fs = context.fs,
                                .cache = *shop.cache,
                                .runner = runner,
                                .observer = &narrator,
                                .supply = supply_.get(),
                                .lock = lock,
                                .tracked = tracked};
    return pipeline::Execute(tools, shop.place.dvc_root, shop.pipeline, options_, interrupts.drain());
  }

  // With -v also the commands.
  static void SayPlan(const Context& context, const pipeline::Pipeline& pipeline,
                      const pipeline::ExecuteReport& report) {
    std::map<std::string, const pipeline::Stage*> stages;
    for (const pipeline::Stage& stage : pipeline.stages) stages.emplace(stage.Address(), &stage);
    for (const pipeline::StageOutcome& one : report.stages) {
      if (one.result != StageResult::kPlanned) continue;
      context.terminal.Out(absl::StrCat(one.in_cache ? "would restore " : "would run ", one.address,
                                        one.reasons.empty() ? "" : absl::StrCat(": ", one.reasons[0].Text()), "\n"));
      for (const std::string& command : stages.at(one.address)->commands) {
        context.terminal.Detail(absl::StrCat("  ", command));
      }
    }
  }

  absl::StatusOr<ExitCode> Finish(const Context& context, const Workshop& shop,
                                  const pipeline::ExecuteReport& report) const {
    if (options_.dry) SayPlan(context, shop.pipeline, report);
    const pipeline::StageOutcome* failed = report.FirstFailure();
    if (failed != nullptr) {
      const absl::Status why = FailureStatus(*failed);
      // It ran and failed, whatever the code of the error is: 1.
      if (!options_.ignore_errors) return status::WithHint(absl::UnknownError(why.message()), status::Hint(why));
      context.terminal.Error(absl::StrCat("warning: ", why.message()));
      return ExitCode::kDone;
    }
    int done = 0;
    for (const pipeline::StageOutcome& one : report.stages) done += one.result != StageResult::kUpToDate;
    if (done == 0) context.terminal.Talk("everything is up to date");
    return ExitCode::kDone;
  }

  pipeline::ExecuteOptions options_;
  int jobs_ = 0;                       // 0 = as many as make sense
  std::vector<std::string> recorded_;  // .dvc files that are up to date now
  bool interactive_ = false;
  std::unique_ptr<RemoteSupply> supply_;
};

}  // namespace

CommandInfo ReproInfo() {
  return {.name = "repro",
          .summary = "bring the pipeline up to date in this workspace",
          .details = "Runs what changed, restores what the cache has, and writes dvc.lock after each stage.",
          .examples = {"expq repro", "expq repro train -j 4", "expq repro --dry -P"},
          .group = Group::kQueue,
          .make = &Make<ReproCommand>};
}

}  // namespace expq::cli
