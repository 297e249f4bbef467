#include "cli/local_house.h"

#include "cli/session.h"
#include "common/status/status.h"
#include "scheduler/store/sqlite_store.h"

namespace expq::cli {
namespace {

// How soon one command notices what another did, while it waits.
constexpr absl::Duration kPoll = absl::Milliseconds(100);

git::RepositoryOf Always(std::string root) {
  return [root = std::move(root)](const experiment::ProjectName&) -> absl::StatusOr<std::string> { return root; };
}

scheduler::Options SchedulerOptions(const Context& context, const LocalLayout& layout) {
  scheduler::Options options;
  options.log_dir = layout.Logs();
  options.poll = kPoll;
  options.session_alive = [&fs = context.fs, layout](const experiment::SessionId& id) {
    return SessionAlive(fs, layout, id);
  };
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<House>> LocalHouse::Open(const Context& context, const Place& place, Access access) {
  LocalLayout layout(place.repository->common_dir());
  ASSIGN_OR_RETURN(CacheSettings settings,
                   ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache()));
  std::string database = layout.Database();
  if (access != Access::kRead) {
    RETURN_IF_ERROR(context.fs.MakeDirs(layout.dir()));
  } else if (!context.fs.Exists(database)) {
    database = ":memory:";
  }
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store, store::OpenSqlite(database));
  std::unique_ptr<LocalHouse> house(
      new LocalHouse(context, place, access, std::move(layout), std::move(settings), std::move(store)));
  house->NoticeDeadSessions(context.fs);
  return house;
}

void LocalHouse::NoticeDeadSessions(const fs::FileReader& fs) {
  const auto agents = scheduler_->Agents();
  if (!agents.ok()) return;
  for (const experiment::AgentInfo& agent : *agents) {
    const bool settled = agent.running.empty() && (agent.state == "gone" || agent.state == "lost");
    if (settled || SessionAlive(fs, layout_, agent.session)) continue;
    // It is only early: whoever runs something next does it in any case.
    scheduler_->Tick().IgnoreError();
    return;
  }
}

// The hash index is read only where something is hashed: a listing must not pay for it.
LocalHouse::LocalHouse(const Context& context, const Place& place, Access access, LocalLayout layout,
                       CacheSettings settings, std::unique_ptr<store::Store> store)
    : layout_(std::move(layout)),
      settings_(std::move(settings)),
      hashes_(context.fs, access == Access::kRun ? layout_.Hashes() : ""),
      cache_(context.fs, settings_.dir, hashes_, {.link_kinds = settings_.link_kinds}),
      snapshots_(Always(place.root)),
      records_(Always(place.root)),
      store_(std::move(store)),
      scheduler_(std::make_unique<scheduler::Scheduler>(*store_, context.clock, context.random, records_, cache_,
                                                        SchedulerOptions(context, layout_))) {}

LocalHouse::~LocalHouse() { scheduler_->Stop(); }

}  // namespace expq::cli
