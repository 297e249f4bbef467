#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/data_site.h"
#include "cli/folder_part.h"
#include "cli/git_stage.h"
#include "cli/output_book.h"
#include "common/pipeline/data_file.h"
#include "common/pipeline/data_targets.h"
#include "common/pipeline/line_ends.h"
#include "common/pipeline/stage_commit.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class CommitCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &targets_.targets, "stages, outputs or .dvc files (default: all)");
    table.Flag("-f,--force", &force_, "also record what has changed");
    table.Flag("-d,--with-deps", &targets_.with_deps, "also what the stages among the targets need");
    table.Flag("-R,--recursive", &targets_.recursive, "a folder means all that is defined below it");
    table.Flag("--data-only", &data_only_, "only data that was added, not outputs of stages");
    table.Flag("--allow-missing", &allow_missing_, "pass over what is not there");
    table.Flag("--no-relink", &no_relink_, "do not replace the files by links to the cache");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    const absl::Status committed = CommitAll(context, *site);
    const absl::Status closed = site->Close();
    RETURN_IF_ERROR(committed);
    RETURN_IF_ERROR(closed);
    return ExitCode::kDone;
  }

 private:
  absl::Status CommitAll(const Context& context, DataSite& site) {
    targets_.subdir = site.place().dvc_subdir;
    ASSIGN_OR_RETURN(const std::vector<pipeline::DataTarget> chosen,
                     pipeline::SelectData(context.fs, site.root(), site.pipeline(), site.outs(), targets_));
    std::vector<int> stages;
    std::vector<ChosenSource> sources;
    for (const pipeline::DataTarget& target : chosen) {
      const pipeline::RecordedOut& out = site.outs()[static_cast<size_t>(target.out)];
      if (out.source >= 0) {
        if (sources.empty() || sources.back().out != &out) sources.push_back({.out = &out});
        if (!target.within.empty()) sources.back().parts.push_back(target.within);
      } else if (!data_only_ && (stages.empty() || stages.back() != out.stage)) {
        stages.push_back(out.stage);
      }
    }
    RETURN_IF_ERROR(CommitSources(context, site, sources));
    RETURN_IF_ERROR(CommitStages(context, site, stages));
    OutputBook book(context.fs, site.place());
    for (const pipeline::DataTarget& target : chosen) {
      const pipeline::RecordedOut& out = site.outs()[static_cast<size_t>(target.out)];
      if (out.cache && context.fs.Exists(site.PathOf(out.path))) book.Remember(out.path);
    }
    RETURN_IF_ERROR(book.Save());
    return TellGit(context, site, changed_);
  }

  struct ChosenSource {
    const pipeline::RecordedOut* out = nullptr;
    std::vector<std::string> parts;  // of a folder; none = all of it
  };

  // All are looked at before the first is recorded, so that a refusal leaves everything as it was.
  absl::Status CommitSources(const Context& context, DataSite& site, const std::vector<ChosenSource>& sources) {
    std::vector<ChosenSource> present;
    for (const ChosenSource& chosen : sources) {
      const pipeline::RecordedOut& out = *chosen.out;
      if (!context.fs.Exists(site.PathOf(out.path))) {
        if (allow_missing_) continue;
        return absl::NotFoundError(absl::StrCat(out.owner, ": '", out.path, "' does not exist"));
      }
      present.push_back(chosen);
      if (force_) continue;
      ASSIGN_OR_RETURN(const pipeline::DataRecord now, Look(context, site, chosen, Keeping::kHashOnly));
      ASSIGN_OR_RETURN(const bool same, IsSame(context, site, out, now));
      if (!same) return Refused(out.owner, absl::StrCat("'", out.path, "' has changed"));
    }
    for (const ChosenSource& chosen : present) RETURN_IF_ERROR(CommitSource(context, site, chosen));
    return absl::OkStatus();
  }

  static absl::StatusOr<pipeline::DataRecord> Look(const Context& context, DataSite& site, const ChosenSource& chosen,
                                                   Keeping how) {
    const pipeline::RecordedOut& out = *chosen.out;
    if (!chosen.parts.empty()) {
      return KeepParts(context, site, site.pipeline().sources[static_cast<size_t>(out.source)], chosen.parts, how);
    }
    ASSIGN_OR_RETURN(const blob::Content content, Keep(site, site.PathOf(out.path), how));
    return pipeline::DataRecord::Of(content);
  }

  // Also when DVC 2 would have recorded it as it did.
  static absl::StatusOr<bool> IsSame(const Context& context, DataSite& site, const pipeline::RecordedOut& out,
                                     const pipeline::DataRecord& now) {
    if (!out.content.has_value()) return false;
    if (out.content->digest == now.digest) return true;
    if (!out.content->is_old) return false;
    const std::string path = site.PathOf(out.path);
    ASSIGN_OR_RETURN(const blob::Content content, site.cache().Hash(path));
    return pipeline::IsAsRecorded(context.fs, path, content, out.content->digest, out.content->is_old);
  }

  absl::Status CommitSource(const Context& context, DataSite& site, const ChosenSource& chosen) {
    const pipeline::RecordedOut& out = *chosen.out;
    const pipeline::DataSource& source = site.pipeline().sources[static_cast<size_t>(out.source)];
    const Keeping how = !out.cache ? Keeping::kHashOnly : no_relink_ ? Keeping::kCopy : Keeping::kLink;
    ASSIGN_OR_RETURN(const pipeline::DataRecord record, Look(context, site, chosen, how));
    ASSIGN_OR_RETURN(const bool same, IsSame(context, site, out, record));
    const bool is_gone = source.digest.has_value() && IsGoneForDvc2(context, site, *source.digest, source.is_old);
    if (same && source.is_exec == record.is_exec && !is_gone) return absl::OkStatus();
    const std::string file = site.PathOf(source.file);
    ASSIGN_OR_RETURN(const std::string before, context.fs.Read(file));
    ASSIGN_OR_RETURN(const std::string text, pipeline::ChangeDataFile(source.file, before, source.out, record));
    changed_.push_back(source.file);
    return context.fs.Write(file, text, fs::Durability::kAtomic);
  }

  absl::Status CommitStages(const Context& context, DataSite& site, const std::vector<int>& stages) {
    process::DirectRunner runner;
    const pipeline::Tools tools{.fs = context.fs, .cache = site.cache(), .runner = runner};
    const pipeline::ExecuteOptions options{.all_pipelines = true};
    ASSIGN_OR_RETURN(const pipeline::Selection all,
                     pipeline::OpenSelection(tools, site.root(), site.pipeline(), options));
    pipeline::Session& session = *all.session;
    for (const int index : stages) {
      const pipeline::Stage& stage = site.pipeline().stages[static_cast<size_t>(index)];
      ASSIGN_OR_RETURN(const pipeline::StageCommit commit,
                       pipeline::CommitStage(session, stage, force_, allow_missing_));
      if (!commit.recorded) return Refused(absl::StrCat("stage '", stage.Address(), "'"), commit.changed[0].Text());
      changed_.push_back(pipeline::LockPath(stage));
    }
    for (const std::string& file : session.ignored().Changed()) changed_.push_back(file);
    return absl::OkStatus();
  }

  static absl::Status Refused(const std::string& what, const std::string& why) {
    return status::WithHint(absl::FailedPreconditionError(absl::StrCat(what, ": ", why)),
                            "--force records it as it is now");
  }

  pipeline::DataTargetOptions targets_;
  bool force_ = false;
  bool data_only_ = false;
  bool allow_missing_ = false;
  bool no_relink_ = false;
  std::vector<std::string> changed_;
};

}  // namespace

CommandInfo CommitInfo() {
  return {
      .name = "commit",
      .summary = "put what is in the workspace into the cache, without running anything",
      .details =
          "Stores outputs and added data, and records them in dvc.lock and .dvc files. What has changed since it was "
          "recorded needs --force: it says that the outputs are good as they are. A part of a folder that was added is "
          "recorded alone; an output of a stage, or a part of one, means the stage.",
      .examples = {"expq commit", "expq commit -f train"},
      .group = Group::kData,
      .make = &Make<CommitCommand>};
}

}  // namespace expq::cli
