#include "scheduler/rpc/serve.h"

#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "common/git/stores.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/status/status.h"
#include "scheduler/rpc/projects.h"
#include "scheduler/rpc/server.h"
#include "scheduler/scheduler.h"
#include "scheduler/store/sqlite_store.h"

namespace expq::rpc {
namespace {

// How often leases are looked at: a lost agent is noticed at most this much after its lease ended.
constexpr absl::Duration kTick = absl::Seconds(1);
// What calls in flight may still take when the scheduler is told to stop.
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);

git::RepositoryOf RepositoryUnder(const DataLayout& layout) {
  return [layout](const experiment::ProjectName& project) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(CheckProjectName(project.value));
    std::string path = layout.Repository(project.value);
    RETURN_IF_ERROR(git::Repository::OpenBare(path).status());
    return path;
  };
}

absl::Status Announce(fs::Filesystem& fs, const ServeOptions& options, const std::string& address) {
  if (!options.info_file.empty()) {
    std::string info = absl::StrCat("{\"version\":1,\"address\":\"", address, "\",\"pid\":", getpid(), "}\n");
    RETURN_IF_ERROR(fs.Write(options.info_file, info, fs::Durability::kAtomic));
  }
  if (options.ready) options.ready(address);
  return absl::OkStatus();
}

// A damaged queue is made anew by a command that needs to know where it is.
absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const ServeOptions& options, const DataLayout& layout) {
  auto store = store::OpenSqlite(layout.Database(), {});
  if (!absl::StrContains(status::Hint(store.status()), "scheduler rebuild")) return store;
  return status::WithHint(store.status(), absl::StrCat("expq scheduler rebuild --data ", options.data_dir,
                                                       " moves it aside and makes it anew from git's refs"));
}

// What a crash left out of the queue. Nobody is served yet, so nothing can be on its way.
absl::Status ImportOrphans(scheduler::Scheduler& scheduler, const fs::FileReader& fs, const DataLayout& layout) {
  ASSIGN_OR_RETURN(const std::vector<recovery::Project> projects, ListProjects(fs, layout));
  for (const recovery::Project& project : projects) {
    const auto imported = recovery::ImportOrphans(scheduler, project);
    const std::string who = absl::StrCat("project ", project.name.value, ": ");
    if (!imported.ok()) {
      log::Warning(absl::StrCat(who, "looking for lost submissions: ", imported.status().message()));
      continue;
    }
    for (const std::string& line : imported->skipped) log::Warning(absl::StrCat(who, "left out: ", line));
    const int found = imported->queued + imported->succeeded;
    if (found > 0) log::Info(absl::StrCat(who, "found ", found, " experiments that were not in the queue"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<fs::FileLock>> LockData(fs::Filesystem& fs, const std::string& data_dir) {
  const DataLayout layout(data_dir, "");
  RETURN_IF_ERROR(fs.MakeDirs(layout.Projects()));
  RETURN_IF_ERROR(fs.MakeDirs(layout.Logs()));
  auto lock = fs::FileLock::TryLock(layout.Lock());
  if (absl::IsUnavailable(lock.status())) {
    return status::WithHint(absl::FailedPreconditionError(absl::StrCat("another scheduler serves ", data_dir)),
                            "stop it first, or give this one a folder of its own with --data");
  }
  return lock;
}

absl::Status Serve(const ServeOptions& options, const sync::StopToken& stop) {
  fs::PosixFilesystem fs;
  clock::SystemClock clock;
  std::unique_ptr<random::Random> random = random::NewSystemRandom();
  const DataLayout layout(options.data_dir, options.cache_dir);
  ASSIGN_OR_RETURN(auto lock, LockData(fs, options.data_dir));
  ASSIGN_OR_RETURN(auto store, OpenStore(options, layout));
  git::LocalSnapshotStore snapshots(RepositoryUnder(layout));
  git::LocalRecords records(RepositoryUnder(layout));
  ProjectBlobs blobs(fs, layout);
  scheduler::Scheduler scheduler(*store, clock, *random, records, blobs,
                                 {.log_dir = layout.Logs(), .lease = options.lease});
  RETURN_IF_ERROR(ImportOrphans(scheduler, fs, layout));
  ASSIGN_OR_RETURN(auto server, Server::Start(options.listen, {.queue = scheduler,
                                                               .logs = scheduler,
                                                               .fleet = scheduler,
                                                               .dispatcher = scheduler,
                                                               .snapshots = snapshots,
                                                               .blobs = blobs}));
  RETURN_IF_ERROR(Announce(fs, options, server->address()));
  while (!stop.WaitFor(kTick)) {
    absl::Status ticked = scheduler.Tick();
    if (!ticked.ok()) log::Error(absl::StrCat("looking at leases: ", ticked.message()));
  }
  scheduler.Stop();
  server->Shutdown(kShutdownGrace);
  return absl::OkStatus();
}

}  // namespace expq::rpc
