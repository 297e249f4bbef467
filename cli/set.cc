#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/report.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class SetCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("NAME KEY=VALUE", &words_, "the experiment, and its properties; KEY= removes one", 2);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    experiment::UpdateRequest request{
        .project = {}, .selector = words_[0], .name = std::nullopt, .priority = std::nullopt, .properties = {}};
    for (size_t i = 1; i < words_.size(); ++i) {
      const std::pair<std::string, std::string> pair = absl::StrSplit(words_[i], absl::MaxSplits('=', 1));
      if (pair.first.empty() || words_[i].find('=') == std::string::npos) {
        return absl::InvalidArgumentError(absl::StrCat("'", words_[i], "' is not KEY=VALUE"));
      }
      request.properties[pair.first] = pair.second;
    }
    ASSIGN_OR_RETURN(Connection connection, Connect(context, Access::kWrite));
    request.project = connection.project;
    ASSIGN_OR_RETURN(const experiment::Experiment changed, connection.house->queue().Update(request));
    ReportChanged(context, "set", {changed});
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace

CommandInfo SetInfo() {
  return {.name = "set",
          .summary = "set properties of an experiment: notes for you, never an input",
          .details = "",
          .examples = {"expq set rusty-otter reviewed=yes"},
          .group = Group::kQueue,
          .formats = Formats::kJson,
          .make = &Make<SetCommand>};
}

}  // namespace expq::cli
