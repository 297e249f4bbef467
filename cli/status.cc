#include "common/status/status.h"

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/workshop.h"
#include "common/pipeline/executor.h"
#include "common/process/runners.h"

namespace expq::cli {
namespace {

class StatusCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &targets_, "stages, with what they need (default: dvc.yaml of this folder)");
    table.Flag("-s,--single-item", &single_item_, "only the targets, not what they need");
    table.Flag("--downstream", &downstream_, "the targets and everything after them");
    table.Flag("-P,--all-pipelines", &all_, "every stage of the repository");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(Workshop shop, OpenWorkshop(context, targets_, all_));
    pipeline::ExecuteOptions options;
    options.targets = targets_;
    options.subdir = shop.place.dvc_subdir;
    options.single_item = single_item_;
    options.downstream = downstream_;
    options.all_pipelines = all_;
    process::DirectRunner runner;
    const pipeline::Tools tools{.fs = context.fs, .cache = *shop.cache, .runner = runner};
    ASSIGN_OR_RETURN(const auto stages, pipeline::Status(tools, shop.place.dvc_root, shop.pipeline, options));
    // On a read-only repository the digests are computed again next time, and that is all.
    shop.hashes->Save().IgnoreError();
    context.terminal.Out(context.globals.json ? Json(shop, stages) : Text(context, shop, stages));
    return ExitCode::kDone;
  }

 private:
  static std::string Json(const Workshop& shop, const std::vector<pipeline::StageStatus>& stages) {
    value::List list;
    for (const pipeline::StageStatus& one : stages) {
      value::Map map;
      map.Set("stage", shop.pipeline.stages[static_cast<size_t>(one.stage)].Address());
      value::List reasons;
      for (const pipeline::Reason& reason : one.reasons) reasons.emplace_back(reason.Text());
      map.Set("reasons", value::Value(std::move(reasons)));
      list.emplace_back(std::move(map));
    }
    value::Map root = Versioned();
    root.Set("stages", value::Value(std::move(list)));
    return JsonLine(std::move(root));
  }

  static std::string Text(Context& context, const Workshop& shop, const std::vector<pipeline::StageStatus>& stages) {
    std::string out;
    for (const pipeline::StageStatus& one : stages) {
      for (const pipeline::Reason& reason : one.reasons) {
        absl::StrAppend(&out, shop.pipeline.stages[static_cast<size_t>(one.stage)].Address(), ": ", reason.Text(),
                        "\n");
      }
    }
    if (out.empty()) context.terminal.Talk("everything is up to date");
    return out;
  }

  std::vector<std::string> targets_;
  bool single_item_ = false;
  bool downstream_ = false;
  bool all_ = false;
};

}  // namespace

CommandInfo StatusInfo() {
  return {.name = "status",
          .summary = "what would run in this workspace, and why",
          .details = "",
          .examples = {"expq status", "expq status train --json"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<StatusCommand>};
}

}  // namespace expq::cli
