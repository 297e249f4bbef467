#include "cli/git_stage.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::cli {

absl::Status AddToGit(const Context& context, const std::vector<std::string>& paths) {
  process::Command command{.argv = {"git", "add", "--"}, .cwd = context.cwd};
  command.argv.insert(command.argv.end(), paths.begin(), paths.end());
  command.env = context.environment.variables();
  process::DirectRunner runner;
  ASSIGN_OR_RETURN(const process::ExitResult exit, runner.Run(command, sync::StopToken()));
  if (exit.ok()) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat("git add: ", exit.Describe()));
}

absl::Status TellGit(const Context& context, const DataSite& site, std::vector<std::string> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  if (files.empty()) return absl::OkStatus();
  std::vector<std::string> paths;
  for (const std::string& file : files) paths.push_back(fs::Relative(site.PathOf(file), context.cwd));
  if (!site.config().core.autostage) {
    context.terminal.Talk(absl::StrCat("to keep it in git: git add ", absl::StrJoin(paths, " ")));
    return absl::OkStatus();
  }
  return AddToGit(context, paths);
}

}  // namespace expq::cli
