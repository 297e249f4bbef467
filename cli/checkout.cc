#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/data_checkout.h"
#include "cli/data_site.h"
#include "cli/json.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class CheckoutCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("TARGET", &options_.targets, "outputs, parts of them, stages or .dvc files (default: all)");
    table.Flag("-f,--force", &options_.force, "also remove or replace files that the cache does not have");
    table.Flag("-d,--with-deps", &options_.with_deps, "also what the stages among the targets need");
    table.Flag("-R,--recursive", &options_.recursive, "a folder means all data that is defined below it");
    table.Flag("--relink", &options_.relink, "link files anew that are linked otherwise than cache.type says");
    table.Flag("--allow-missing", &options_.allow_missing, "pass over what the cache does not have");
    table.Flag("--summary", &summary_, "only count the changes");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    ASSIGN_OR_RETURN(const CheckoutReport report, CheckoutData(context, *site, options_));
    RETURN_IF_ERROR(site->Close());
    context.terminal.Out(context.globals.json ? CheckoutJson(report)
                         : summary_           ? absl::StrCat(Summary(report, "no changes"), "\n")
                                              : CheckoutLines(context, report));
    RETURN_IF_ERROR(FailureOf(report, options_));
    if (options_.relink) context.terminal.Talk("relinked");
    return ExitCode::kDone;
  }

 private:
  CheckoutOptions options_;
  bool summary_ = false;
};

}  // namespace

CommandInfo CheckoutInfo() {
  return {
      .name = "checkout",
      .summary = "put the data that is recorded into the workspace",
      .details =
          "Makes outputs hold what dvc.lock and .dvc files say, from the cache. Prints what was modified (M), added "
          "(A) and deleted (D). Files whose bytes the cache does not have are never removed without --force.",
      .examples = {"expq checkout", "expq checkout data/images/cats", "expq checkout --relink"},
      .group = Group::kData,
      .formats = Formats::kJson,
      .make = &Make<CheckoutCommand>};
}

}  // namespace expq::cli
