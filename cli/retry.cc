#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/report.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class RetryCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME", &names_, "failed or cancelled experiments");
    table.Flag("--failed", &failed_, "all failed ones");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (names_.empty() != failed_) return absl::InvalidArgumentError("either names or --failed");
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    ASSIGN_OR_RETURN(
        const auto changed,
        connection.house->queue().Retry({.project = connection.project, .selectors = names_, .all_failed = failed_}));
    ReportChanged(context, "queued", changed);
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> names_;
  bool failed_ = false;
};

}  // namespace

CommandInfo RetryInfo() {
  return {.name = "retry",
          .summary = "queue failed or cancelled experiments again",
          .details = "",
          .examples = {"expq retry rusty-otter", "expq retry --failed"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<RetryCommand>};
}

}  // namespace expq::cli
