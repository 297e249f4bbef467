#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/interrupts.h"
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
    table.Refused("--tls-cert", "FILE", "TLS is not supported yet: only loopback and unix sockets are served");
    table.Refused("--tls-key", "FILE", "TLS is not supported yet: only loopback and unix sockets are served");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
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
  rpc::ServeOptions options_;
};

}  // namespace

CommandInfo SchedulerInfo() {
  return {.name = "scheduler",
          .summary = "serve the queue of many projects to people and agents",
          .details =
              "Only loopback addresses and unix sockets are served in this version. SIGTERM or Ctrl-C ends it; "
              "nothing is lost.",
          .examples = {"expq scheduler --listen 127.0.0.1:7070 --data /srv/expq"},
          .group = Group::kDaemons,
          .make = &Make<SchedulerCommand>};
}

}  // namespace expq::cli
