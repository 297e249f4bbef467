#include "common/status/status.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/workshop.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/line_ends.h"
#include "common/pipeline/selection.h"
#include "common/process/runners.h"

namespace expq::cli {
namespace {

using pipeline::Reason;

// A stage or `.dvc` file, with what is wrong with it.
struct Line {
  std::string name;
  std::vector<std::string> reasons;
};

class StatusCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &targets_, "stages, .dvc files or outputs (default: everything in the repository)");
    table.Flag("-d,--with-deps", &with_deps_, "also what the targets need");
    table.Flag("-R,--recursive", &recursive_, "a folder: everything defined in or below it");
    table.Flag("-s,--single-item", &single_item_, "only the targets, as without -d");
    table.Flag("--downstream", &downstream_, "the targets and everything after them");
    table.Flag("-P,--all-pipelines", &all_, "every stage of the repository");
    table.Refused("-c,--cloud", "",
                  "a remote is not compared yet: expq push sends what it lacks, dvc status -c says what");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    const bool everywhere = all_ || targets_.empty();
    ASSIGN_OR_RETURN(Workshop shop, OpenWorkshop(context, targets_, everywhere));
    pipeline::ExecuteOptions options;
    options.targets = targets_;
    options.subdir = shop.place.dvc_subdir;
    options.target_options = {.recursive = recursive_, .granular = true};
    options.downstream = downstream_;
    options.all_pipelines = everywhere;
    ASSIGN_OR_RETURN(std::vector<Line> lines, Sources(context, shop, options));
    ASSIGN_OR_RETURN(std::vector<Line> stages, Stages(context, shop, options));
    lines.insert(lines.end(), std::make_move_iterator(stages.begin()), std::make_move_iterator(stages.end()));
    // On a read-only repository the digests are computed again next time, and that is all.
    shop.hashes->Save().IgnoreError();
    return Report(context, lines);
  }

 private:
  // What is before the targets is looked at too: whether it would run is a reason for them to.
  absl::StatusOr<std::vector<Line>> Stages(const Context& context, const Workshop& shop,
                                           const pipeline::ExecuteOptions& options) const {
    process::DirectRunner runner;
    const pipeline::Tools tools{.fs = context.fs, .cache = *shop.cache, .runner = runner};
    ASSIGN_OR_RETURN(const auto statuses, pipeline::Status(tools, shop.place.dvc_root, shop.pipeline, options));
    std::vector<int> shown;
    if (!options.all_pipelines && !with_deps_ && !downstream_) {
      ASSIGN_OR_RETURN(shown, pipeline::SelectTargets(shop.pipeline, targets_, options.subdir, options.target_options));
    }
    std::vector<Line> lines;
    for (const pipeline::StageStatus& one : statuses) {
      const bool is_target = std::find(shown.begin(), shown.end(), one.stage) != shown.end();
      if (!options.all_pipelines && !with_deps_ && !downstream_ && !is_target) continue;
      Line line{.name = shop.pipeline.stages[static_cast<size_t>(one.stage)].Address()};
      for (const Reason& reason : one.reasons) line.reasons.push_back(reason.Text());
      lines.push_back(std::move(line));
    }
    return lines;
  }

  absl::StatusOr<std::vector<Line>> Sources(const Context& context, const Workshop& shop,
                                            const pipeline::ExecuteOptions& options) const {
    ASSIGN_OR_RETURN(const pipeline::Graph graph, pipeline::Graph::Build(shop.pipeline));
    std::vector<const pipeline::DataSource*> sources;
    if (options.all_pipelines || with_deps_) {
      ASSIGN_OR_RETURN(sources, pipeline::SelectSources(shop.pipeline, graph, options));
    } else {
      for (const pipeline::DataSource& source : shop.pipeline.sources) {
        if (IsTarget(source, options)) sources.push_back(&source);
      }
    }
    std::vector<Line> lines;
    for (const pipeline::DataSource* source : sources) {
      if (lines.empty() || lines.back().name != source->file) lines.push_back({.name = source->file});
      const absl::StatusOr<std::string> reason = WhatIsWrong(context, shop, *source);
      RETURN_IF_ERROR(reason.status());
      if (!reason->empty()) lines.back().reasons.push_back(*reason);
    }
    return lines;
  }

  bool IsTarget(const pipeline::DataSource& source, const pipeline::ExecuteOptions& options) const {
    return std::any_of(targets_.begin(), targets_.end(), [&](const std::string& target) {
      const std::string path = fs::Normalize(fs::Join(options.subdir, target));
      return source.file == path || fs::IsWithin(path, source.path) ||
             (recursive_ && (path == "." || fs::IsWithin(source.file, path)));
    });
  }

  static absl::StatusOr<std::string> WhatIsWrong(const Context& context, const Workshop& shop,
                                                 const pipeline::DataSource& source) {
    const auto reason = [&source](Reason::Kind kind) { return Reason{.kind = kind, .what = source.path}.Text(); };
    if (source.digest.has_value() && source.cache && !shop.cache->HasAll(*source.digest)) {
      return reason(Reason::Kind::kOutNotInCache);
    }
    const std::string path = fs::Join(shop.place.dvc_root, source.path);
    if (!context.fs.Exists(path)) return reason(Reason::Kind::kOutMissing);
    ASSIGN_OR_RETURN(const blob::Content content, shop.cache->Hash(path));
    if (!source.digest.has_value()) return reason(Reason::Kind::kOutModified);
    ASSIGN_OR_RETURN(const bool is_same,
                     pipeline::IsAsRecorded(context.fs, path, content, *source.digest, source.is_old));
    return is_same ? "" : reason(Reason::Kind::kOutModified);
  }

  static ExitCode Report(const Context& context, const std::vector<Line>& lines) {
    const bool clean = std::all_of(lines.begin(), lines.end(), [](const Line& line) { return line.reasons.empty(); });
    if (context.globals.json) {
      context.terminal.Out(Json(lines));
    } else if (!context.globals.quiet) {
      context.terminal.Out(Text(lines));
      if (clean) context.terminal.Talk("everything is up to date");
    }
    // As DVC: only -q, for scripts, tells it by the exit code.
    return context.globals.quiet && !clean ? ExitCode::kFailed : ExitCode::kDone;
  }

  static std::string Json(const std::vector<Line>& lines) {
    value::List list;
    for (const Line& line : lines) {
      value::List reasons;
      for (const std::string& reason : line.reasons) reasons.emplace_back(reason);
      value::Map map;
      map.Set("stage", line.name);
      map.Set("reasons", value::Value(std::move(reasons)));
      list.emplace_back(std::move(map));
    }
    value::Map root = Versioned();
    root.Set("stages", value::Value(std::move(list)));
    return JsonLine(std::move(root));
  }

  static std::string Text(const std::vector<Line>& lines) {
    std::string out;
    for (const Line& line : lines) {
      for (const std::string& reason : line.reasons) absl::StrAppend(&out, line.name, ": ", reason, "\n");
    }
    return StripControl(out);
  }

  std::vector<std::string> targets_;
  bool with_deps_ = false;
  bool recursive_ = false;
  bool single_item_ = false;
  bool downstream_ = false;
  bool all_ = false;
};

}  // namespace

CommandInfo StatusInfo() {
  return {.name = "status",
          .summary = "what would run in this workspace, and why",
          .details = "One line for each reason. With -q nothing is printed: the exit code is 1 when there is one.",
          .examples = {"expq status", "expq status train --json", "expq status -q && expq push"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<StatusCommand>};
}

}  // namespace expq::cli
