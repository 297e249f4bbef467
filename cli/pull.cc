#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/data_checkout.h"
#include "cli/data_remote.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class PullCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    options_.Declare(table, "fetch");
    table.Flag("-f,--force", &force_, "also remove or replace files that the cache does not have");
    table.Flag("--allow-missing", &allow_missing_, "pass over what neither side has");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    ASSIGN_OR_RETURN(TransferResult fetched, MoveData(context, *site, Direction::kFetch, options_));
    const CheckoutOptions checkout{.targets = options_.targets,
                                   .force = force_,
                                   .with_deps = options_.with_deps,
                                   .recursive = options_.recursive,
                                   .allow_missing = allow_missing_};
    ASSIGN_OR_RETURN(CheckoutReport report, CheckoutData(context, *site, checkout));
    if (!report.failed.empty() && fetched.damaged == 0) {
      RETURN_IF_ERROR(Repair(context, *site, checkout, fetched, report));
    }
    RETURN_IF_ERROR(site->Close());
    Say(context, fetched, report);
    if (allow_missing_) fetched.missing.clear();
    RETURN_IF_ERROR(FailureOf(fetched, Direction::kFetch));
    RETURN_IF_ERROR(FailureOf(report, checkout));
    return ExitCode::kDone;
  }

 private:
  // What was damaged in the cache is known, and moved aside, only now: the remote may have it whole.
  absl::Status Repair(const Context& context, DataSite& site, const CheckoutOptions& checkout, TransferResult& fetched,
                      CheckoutReport& report) {
    ASSIGN_OR_RETURN(const TransferResult again, MoveData(context, site, Direction::kFetch, options_));
    fetched.missing = again.missing;
    if (again.files == 0) return absl::OkStatus();
    fetched.files += again.files;
    fetched.bytes += again.bytes;
    ASSIGN_OR_RETURN(const CheckoutReport rest, CheckoutData(context, site, checkout));
    report.Add(rest);
    return absl::OkStatus();
  }

  static void Say(const Context& context, const TransferResult& fetched, const CheckoutReport& report) {
    if (context.globals.json) return context.terminal.Out(CheckoutJson(report));
    const std::string count = CountedFiles(fetched.files, "fetched");
    const std::string summary = Summary(report, count.empty() ? "everything is up to date" : "");
    context.terminal.Out(absl::StrCat(CheckoutLines(context, report), count,
                                      !count.empty() && !summary.empty() ? ", " : "", summary, "\n"));
  }

  RemoteOptions options_;
  bool force_ = false;
  bool allow_missing_ = false;
};

}  // namespace

CommandInfo PullInfo() {
  return {.name = "pull",
          .summary = "bring data from a DVC remote into the workspace",
          .details = "What fetch and then checkout do.",
          .examples = {"expq pull", "expq pull data/images", "expq pull -r backup --allow-missing"},
          .group = Group::kData,
          .formats = Formats::kJson,
          .make = &Make<PullCommand>};
}

}  // namespace expq::cli
