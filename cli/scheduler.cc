#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/interrupts.h"
#include "cli/upkeep.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "scheduler/rpc/serve.h"

namespace expq::cli {
namespace {

class SchedulerCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Text("--listen", "ADDR", &options_.listen, "host:port (port 0 = any) or unix:PATH (default 127.0.0.1:7070)");
    table.Text("--data", "DIR", &options_.data_dir,
               "queue, snapshots, cache and logs (default ~/.local/share/expq/scheduler)");
    table.Text("--cache-dir", "DIR", &options_.cache_dir,
               "one DVC cache for all projects (default: one each below --data)");
    table.Text("--info-file", "FILE", &options_.info_file, "write address and pid there as JSON, once it serves");
    table.Duration("--lease", &options_.lease, "how long a silent agent keeps its work (default 60s)");
    table.Positionals("rebuild|check|backup FILE", &words_,
                      "instead of serving: make the queue anew from git's refs; compare it with them; copy it", 0);
    table.Refused("--tls-cert", "FILE", "TLS is not supported yet: only loopback and unix sockets are served");
    table.Refused("--tls-key", "FILE", "TLS is not supported yet: only loopback and unix sockets are served");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    if (!words_.empty()) return Upkeep(context);
    options_.data_dir = DataFolder(context, options_.data_dir, "scheduler");
    if (!options_.cache_dir.empty()) options_.cache_dir = fs::Join(context.cwd, options_.cache_dir);
    if (!options_.info_file.empty()) options_.info_file = fs::Join(context.cwd, options_.info_file);
    options_.ready = [&context](const std::string& address) {
      context.terminal.Out(absl::StrCat("listening on ", address, "\n"));
    };
    log::SetLevel(context.globals.quiet     ? log::Level::kError
                  : context.globals.verbose ? log::Level::kDebug
                                            : log::Level::kInfo);
    Interrupts interrupts(nullptr);
    RETURN_IF_ERROR(rpc::Serve(options_, interrupts.drain()));
    return ExitCode::kDone;
  }

 private:
  absl::StatusOr<ExitCode> Upkeep(Context& context) const {
    const UpkeepOptions options{.data_dir = options_.data_dir, .cache_dir = options_.cache_dir};
    const std::string& word = words_[0];
    if (word == "token") {
      return absl::UnimplementedError("not supported yet: scheduler token (only loopback is served, without tokens)");
    }
    if (word == "rebuild" && words_.size() == 1) return RebuildQueue(context, options);
    if (word == "check" && words_.size() == 1) return CheckQueue(context, options);
    if (word == "backup" && words_.size() == 2) return BackUpQueue(context, options, words_[1]);
    return status::WithHint(
        absl::InvalidArgumentError(absl::StrCat("scheduler ", absl::StrJoin(words_, " "), ": unknown")),
        "expq scheduler, or expq scheduler rebuild, check, backup FILE");
  }

  rpc::ServeOptions options_;
  std::vector<std::string> words_;
};

}  // namespace

CommandInfo SchedulerInfo() {
  return {.name = "scheduler",
          .summary = "serve the queue of many projects to people and agents",
          .details =
              "`rebuild`, `check` and `backup FILE` look after the queue of --data, or without it after this "
              "repository's own. A rebuilt queue knows what git's refs know: what was submitted and which results "
              "there are; what had failed or was cancelled is queued again, and the old database is kept beside. "
              "Only loopback addresses and unix sockets are served in this version. SIGTERM or Ctrl-C ends it; "
              "nothing is lost.",
          .examples = {"expq scheduler --listen 127.0.0.1:7070 --data /srv/expq",
                       "expq scheduler backup --data /srv/expq /backup/expq.db", "expq scheduler check",
                       "expq scheduler rebuild"},
          .group = Group::kDaemons,
          .make = &Make<SchedulerCommand>};
}

}  // namespace expq::cli
