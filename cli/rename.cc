#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/report.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class RenameCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME NEW", &names_, "the experiment, and its new name", 2, 2);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    RETURN_IF_ERROR(params::CheckName(names_[1]));
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    ASSIGN_OR_RETURN(const experiment::Experiment changed,
                     connection.house->queue().Update({.project = connection.project,
                                                       .selector = names_[0],
                                                       .name = names_[1],
                                                       .priority = std::nullopt,
                                                       .properties = {}}));
    ReportChanged(context, "renamed", {changed});
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

CommandInfo RenameInfo() {
  return {.name = "rename",
          .summary = "give an experiment another name",
          .details = "",
          .examples = {"expq rename rusty-otter best"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<RenameCommand>};
}

}  // namespace expq::cli
