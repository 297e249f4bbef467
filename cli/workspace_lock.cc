#include "cli/workspace_lock.h"

#include "absl/strings/str_cat.h"
#include "cli/dvc_config.h"
#include "cli/local_layout.h"
#include "common/process/identity.h"
#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<std::unique_ptr<dvclock::WorkspaceLock>> LockWorkspace(const Context& context, const Place& place,
                                                                      const sync::StopToken& stop) {
  const std::string dvc = fs::Join(place.dvc_root, ".dvc");
  dvclock::LockPlace locks{.dir = LocalLayout(place.repository->common_dir()).Temporary()};
  if (context.fs.Exists(dvc)) {
    locks.dir = fs::Join(dvc, "tmp");
    ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, place.dvc_root));
    locks.hardlink = config.core.hardlink_lock;
  }
  const auto say = [&context](const absl::Status& busy) {
    context.terminal.Talk(absl::StrCat("waiting: ", busy.message()));
  };
  return dvclock::WorkspaceLock::Open(context.fs, std::move(locks), process::CommandLineOf(process::SelfPid()), say,
                                      stop);
}

}  // namespace expq::cli
