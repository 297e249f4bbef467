#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/quantity.h"
#include "cli/report.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

constexpr int64_t kLargest = 1000000;

class PriorityCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME N", &words_, "the experiment, and its new priority (larger runs first)", 2, 2);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const int64_t priority, ParseInteger(words_[1]));
    if (priority > kLargest || priority < -kLargest) {
      return absl::InvalidArgumentError(absl::StrCat("priority ", priority, " is beyond ±", kLargest));
    }
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    ASSIGN_OR_RETURN(const experiment::Experiment changed,
                     connection.house->queue().Update({.project = connection.project,
                                                       .selector = words_[0],
                                                       .name = std::nullopt,
                                                       .priority = static_cast<int>(priority),
                                                       .properties = {}}));
    ReportChanged(context, absl::StrCat("priority ", priority, ":"), {changed});
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace

CommandInfo PriorityInfo() {
  return {.name = "priority",
          .summary = "change the priority of an experiment",
          .details = "",
          .examples = {"expq priority rusty-otter 10"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<PriorityCommand>};
}

}  // namespace expq::cli
