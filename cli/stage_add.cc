#include "cli/stage_add.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/data_site.h"
#include "cli/git_stage.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/gitignore.h"
#include "common/pipeline/overlay.h"
#include "common/pipeline/stage_writer.h"
#include "common/process/runners.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::cli {
namespace {

// The words as one line for a shell, as DVC puts them together: one word is a line already.
std::string CommandLine(const std::vector<std::string>& words) {
  if (words.size() == 1) return words[0];
  return absl::StrJoin(words, " ", [](std::string* out, const std::string& word) {
    const bool quote = word.empty() || (absl::StrContains(word, ' ') && !absl::StrContains(word, '"'));
    absl::StrAppend(out, quote ? absl::StrCat("\"", word, "\"") : word);
  });
}

absl::Status CheckName(const std::string& name) {
  if (name.empty()) return absl::InvalidArgumentError("a stage needs a name: -n NAME");
  for (const char c : name) {
    if (c == '-' || c == '_' || !absl::ascii_ispunct(static_cast<unsigned char>(c))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("-n '", name, "': of punctuation a stage's name may only have '-' and '_'"));
  }
  return absl::OkStatus();
}

// What the stage reads and makes, once each.
absl::Status CheckPaths(const pipeline::StageDraft& draft) {
  std::set<std::string> deps, outs;
  for (const std::string& dep : draft.deps) {
    if (!deps.insert(fs::Normalize(dep)).second) {
      return absl::InvalidArgumentError(absl::StrCat("'", dep, "' is named more than once"));
    }
  }
  for (const pipeline::Output& out : draft.outs) {
    const std::string path = fs::Normalize(out.path);
    if (deps.contains(path)) {
      return absl::InvalidArgumentError(absl::StrCat("'", out.path, "' is named as a dependency and as an output"));
    }
    if (!outs.insert(path).second) {
      return absl::InvalidArgumentError(absl::StrCat("'", out.path, "' is named more than once"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFolder(const Context& context, const std::string& folder) {
  const auto info = context.fs.Stat(fs::Join(context.cwd, folder));
  if (!info.ok()) return absl::NotFoundError(absl::StrCat("-w '", folder, "' does not exist"));
  if (info->kind == fs::Kind::kDirectory) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("-w '", folder, "' is not a folder"));
}

// The stage of that name in the file, or null.
const pipeline::Stage* FindStage(const pipeline::Pipeline& pipeline, const std::string& file, const std::string& name) {
  const auto found = std::find_if(pipeline.stages.begin(), pipeline.stages.end(), [&](const pipeline::Stage& stage) {
    return stage.file == file && (stage.name == name || absl::StartsWith(stage.name, name + "@"));
  });
  return found == pipeline.stages.end() ? nullptr : &*found;
}

// What the cache keeps git must not have, or the stage could not run.
absl::Status CheckNotTracked(const DataSite& site, const pipeline::Stage& stage) {
  for (const pipeline::Output& out : stage.outs) {
    if (!out.cache || !site.place().repository->IsTracked(site.place().TreePath(out.root_path))) continue;
    return status::WithHint(
        absl::FailedPreconditionError(absl::StrCat("output '", out.root_path, "' is tracked by git")),
        absl::StrCat("git rm -r --cached '", out.root_path, "', or -O instead of -o to keep it there"));
  }
  return absl::OkStatus();
}

absl::Status RunStage(const Context& context, DataSite& site, const pipeline::Pipeline& pipeline,
                      const std::string& name) {
  process::DirectRunner runner(/*foreground=*/true);
  const pipeline::Tools tools{.fs = context.fs, .cache = site.cache(), .runner = runner};
  pipeline::ExecuteOptions options;
  options.targets = {name};
  options.subdir = site.place().dvc_subdir;
  options.single_item = true;
  options.force = true;
  options.env = context.environment.variables();
  ASSIGN_OR_RETURN(const pipeline::ExecuteReport report,
                   pipeline::Execute(tools, site.root(), pipeline, options, site.interrupts().drain()));
  const pipeline::StageOutcome* failed = report.FirstFailure();
  if (failed == nullptr) return absl::OkStatus();
  if (!failed->error.ok()) return failed->error;
  return absl::UnknownError(absl::StrCat("stage '", failed->address, "': ", failed->exit.Describe()));
}

// In .gitignore, in the order of DVC. A folder that does not exist yet gets its entry when the stage runs.
absl::StatusOr<std::vector<std::string>> Ignore(const Context& context, const DataSite& site,
                                                const pipeline::Stage& stage, const pipeline::StageDraft& draft) {
  pipeline::GitIgnoreBook ignored(context.fs, site.root());
  for (const pipeline::Output& out : draft.outs) {
    const auto made = std::find_if(stage.outs.begin(), stage.outs.end(),
                                   [&](const pipeline::Output& other) { return other.path == out.path; });
    if (!out.cache || made == stage.outs.end()) continue;
    const absl::Status status = ignored.Ignore(made->root_path);
    if (absl::IsNotFound(status)) {
      context.terminal.Talk(absl::StrCat("warning: '", out.path, "' gets its .gitignore entry when the stage runs"));
      continue;
    }
    RETURN_IF_ERROR(status);
  }
  const std::set<std::string> changed = ignored.Changed();
  return std::vector<std::string>(changed.begin(), changed.end());
}

}  // namespace

void StageAdd::Declare(OptionTable& table) {
  table.Text("-n,--name", "NAME", &name_, "add: what the stage is called");
  table.Repeated("-d,--deps", "PATH", &deps_, "add: what it reads");
  table.Repeated("-p,--params", "[FILE:]KEY,...", &params_, "add: params that it reads; 'FILE:' for all of a file");
  table.Repeated("-o,--outs", "PATH", &outs_, "add: what it makes");
  table.Repeated("-O,--outs-no-cache", "PATH", &outs_no_cache_, "add: the same, not kept in the cache");
  table.Repeated("--outs-persist", "PATH", &outs_persist_, "add: an output that is not deleted before the stage runs");
  table.Repeated("--outs-persist-no-cache", "PATH", &outs_persist_no_cache_, "add: the same, not kept in the cache");
  table.Repeated("-m,--metrics", "PATH", &metrics_, "add: a metrics file that it makes");
  table.Repeated("-M,--metrics-no-cache", "PATH", &metrics_no_cache_, "add: the same, not kept in the cache");
  table.Repeated("--plots", "PATH", &plots_, "add: a plot file or folder that it makes");
  table.Repeated("--plots-no-cache", "PATH", &plots_no_cache_, "add: the same, not kept in the cache");
  table.Text("-w,--wdir", "DIR", &wdir_, "add: where it runs, and where its paths begin");
  table.Text("--desc", "TEXT", &desc_, "add: words about it");
  table.Flag("--always-changed", &always_changed_, "add: it runs each time");
  table.Flag("-f,--force", &force_, "add: replace a stage of that name");
  table.Flag("--run", &run_, "add: run it at once");
  table.Refused("--external", "", "outputs outside of the repository are not cached since DVC 3: use -O");
}

absl::StatusOr<pipeline::StageDraft> StageAdd::Draft(const std::vector<std::string>& command) const {
  using pipeline::OutputKind;
  RETURN_IF_ERROR(CheckName(name_));
  pipeline::StageDraft draft{.name = name_, .desc = desc_, .command = CommandLine(command), .wdir = wdir_};
  if (draft.command.empty()) return absl::InvalidArgumentError("a stage needs a command: expq stage add -n NAME CMD…");
  draft.deps = deps_;
  draft.params = params_;
  draft.always_changed = always_changed_;
  const auto add = [&draft](const std::vector<std::string>& paths, OutputKind kind, bool cache, bool persist) {
    for (const std::string& path : paths) {
      draft.outs.push_back(pipeline::Output{.path = path, .kind = kind, .cache = cache, .persist = persist});
    }
  };
  // DVC's order: .gitignore gets its lines in it.
  add(outs_persist_, OutputKind::kOut, true, true);
  add(outs_persist_no_cache_, OutputKind::kOut, false, true);
  add(metrics_, OutputKind::kMetric, true, false);
  add(metrics_no_cache_, OutputKind::kMetric, false, false);
  add(plots_, OutputKind::kPlot, true, false);
  add(plots_no_cache_, OutputKind::kPlot, false, false);
  add(outs_no_cache_, OutputKind::kOut, false, false);
  add(outs_, OutputKind::kOut, true, false);
  RETURN_IF_ERROR(CheckPaths(draft));
  return draft;
}

absl::Status StageAdd::Run(const Context& context, const std::vector<std::string>& command) const {
  ASSIGN_OR_RETURN(const pipeline::StageDraft draft, Draft(command));
  if (!wdir_.empty()) RETURN_IF_ERROR(CheckFolder(context, wdir_));
  ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
  const std::string file = fs::Normalize(fs::Join(site->place().dvc_subdir, "dvc.yaml"));
  if (!force_ && FindStage(site->pipeline(), file, name_) != nullptr) {
    return status::WithHint(absl::AlreadyExistsError(absl::StrCat(file, " has a stage '", name_, "' already")),
                            "--force replaces it");
  }
  absl::StatusOr<std::string> text = context.fs.Read(site->PathOf(file));
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  ASSIGN_OR_RETURN(const std::string changed,
                   pipeline::WithStage(text.ok() ? *text : "", file, name_, pipeline::DefinitionOf(draft)));
  const pipeline::OverlayReader after(context.fs, site->PathOf(file), changed);
  ASSIGN_OR_RETURN(const pipeline::Pipeline pipeline, pipeline::Load(after, site->root(), &site->config().parsing));
  RETURN_IF_ERROR(CheckNotTracked(*site, *FindStage(pipeline, file, name_)));
  RETURN_IF_ERROR(context.fs.Write(site->PathOf(file), changed, fs::Durability::kAtomic));
  context.terminal.Talk(absl::StrCat("added stage '", name_, "' in ", file));
  ASSIGN_OR_RETURN(std::vector<std::string> files, Ignore(context, *site, *FindStage(pipeline, file, name_), draft));
  files.push_back(file);
  RETURN_IF_ERROR(TellGit(context, *site, std::move(files)));
  const absl::Status ran = run_ ? RunStage(context, *site, pipeline, name_) : absl::OkStatus();
  RETURN_IF_ERROR(site->Close());
  return ran;
}

}  // namespace expq::cli
