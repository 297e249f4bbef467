#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/data_checkout.h"
#include "cli/data_remote.h"
#include "cli/json.h"
#include "cli/quantity.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class PushCommand : public Command {
 public:
  void Declare(OptionTable& table) override { options_.Declare(table, "push"); }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kRead));
    ASSIGN_OR_RETURN(const TransferResult result, MoveData(context, *site, Direction::kPush, options_));
    RETURN_IF_ERROR(site->Close());
    const absl::Status failure = FailureOf(result, Direction::kPush);
    if (context.globals.json && !failure.ok()) return failure;
    if (context.globals.json) {
      value::Map root = Versioned();
      root.Set("pushed", result.files);
      root.Set("bytes", result.bytes);
      context.terminal.Out(JsonLine(std::move(root)));
    } else {
      context.terminal.Out(result.files == 0 ? "everything is up to date\n"
                                             : absl::StrCat(CountedFiles(result.files, "pushed"), "\n"));
    }
    RETURN_IF_ERROR(failure);
    return ExitCode::kDone;
  }

 private:
  RemoteOptions options_;
};

}  // namespace

CommandInfo PushInfo() {
  return {.name = "push",
          .summary = "send data from the cache to a DVC remote",
          .details =
              "Sends what the remote lacks of the data that dvc.lock and .dvc files record; every byte is checked. A "
              "push that was interrupted goes on where it was. Remotes that are folders only.",
          .examples = {"expq push", "expq push -r backup data/images train", "expq push -A --run-cache"},
          .group = Group::kData,
          .formats = Formats::kJson,
          .make = &Make<PushCommand>};
}

}  // namespace expq::cli
