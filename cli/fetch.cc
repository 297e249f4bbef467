#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/data_checkout.h"
#include "cli/data_remote.h"
#include "cli/json.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class FetchCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    options_.Declare(table, "fetch");
    table.Size("--max-size", &options_.max_size, "only files and folders that are smaller");
    table.Repeated("--type", "metrics|plots", &options_.types, "only data that is, or holds, such files");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    for (const std::string& type : options_.types) {
      if (type == "metrics" || type == "plots") continue;
      return absl::InvalidArgumentError(absl::StrCat("--type ", type, ": expected metrics or plots"));
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kRead));
    ASSIGN_OR_RETURN(const TransferResult result, MoveData(context, *site, Direction::kFetch, options_));
    RETURN_IF_ERROR(site->Close());
    const absl::Status failure = FailureOf(result, Direction::kFetch);
    if (context.globals.json && !failure.ok()) return failure;
    if (context.globals.json) {
      value::Map root = Versioned();
      root.Set("fetched", result.files);
      root.Set("bytes", result.bytes);
      context.terminal.Out(JsonLine(std::move(root)));
    } else {
      context.terminal.Out(result.files == 0 ? "everything is up to date\n"
                                             : absl::StrCat(CountedFiles(result.files, "fetched"), "\n"));
    }
    RETURN_IF_ERROR(failure);
    return ExitCode::kDone;
  }

 private:
  RemoteOptions options_;
};

}  // namespace

CommandInfo FetchInfo() {
  return {.name = "fetch",
          .summary = "bring data from a DVC remote into the cache",
          .details =
              "Brings what the cache lacks of the data that dvc.lock and .dvc files record, and leaves the workspace "
              "as it is. Every byte is checked. Remotes that are folders only.",
          .examples = {"expq fetch", "expq fetch -a --run-cache"},
          .group = Group::kData,
          .formats = Formats::kJson,
          .make = &Make<FetchCommand>};
}

}  // namespace expq::cli
