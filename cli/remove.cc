#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/report.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class RemoveCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME", &names_, "experiments to forget, with their logs and results");
    table.Flag("--queue", &queued_, "all that are queued");
    table.Flag("--failed", &failed_, "all that failed");
    table.Flag("--all", &all_, "all that are not running");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (!names_.empty() + queued_ + failed_ + all_ != 1) {
      return absl::InvalidArgumentError("either names, or one of --queue, --failed and --all");
    }
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    experiment::Selection selection{
        .project = connection.project, .selectors = names_, .all_failed = failed_, .all_queued = queued_, .all = all_};
    ASSIGN_OR_RETURN(const auto changed, connection.house->queue().Remove(selection));
    ReportChanged(context, "removed", changed);
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> names_;
  bool queued_ = false;
  bool failed_ = false;
  bool all_ = false;
};

}  // namespace

CommandInfo RemoveInfo() {
  return {.name = "remove",
          .summary = "forget experiments, their logs and their results",
          .details = "",
          .examples = {"expq remove rusty-otter", "expq remove --queue"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<RemoveCommand>};
}

}  // namespace expq::cli
