#include "cli/local_house.h"

#include "absl/strings/str_cat.h"
#include "agent/agent_layout.h"
#include "cli/session.h"
#include "common/pipeline/data_ignore.h"
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
  options.forgotten = [&fs = context.fs, agent = agent::AgentLayout(layout.AgentData())](
                          const experiment::ExperimentId& id) { fs.RemoveTree(agent.KeptOf(id)).IgnoreError(); };
  return options;
}

}  // namespace

absl::StatusOr<LocalHouse::OpenedStore> LocalHouse::OpenCopy(const Context& context, const LocalLayout& layout) {
  const std::string base = context.environment.Get("TMPDIR");
  const std::string scratch =
      fs::Join(base.empty() ? "/tmp" : base, absl::StrCat("expq-queue-", random::HexId(context.random, 16)));
  RETURN_IF_ERROR(context.fs.MakeDirs(scratch));
  const std::string copy = fs::Join(scratch, "queue.db");
  // The log first: what is moved into the file meanwhile is then in both.
  for (const char* part : {"-wal", ""}) {
    const auto bytes = context.fs.Read(layout.Database() + part);
    if (!bytes.ok()) continue;
    RETURN_IF_ERROR(context.fs.Write(copy + part, *bytes, fs::Durability::kAtomic, 0600));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store, store::OpenSqlite(copy));
  return OpenedStore{std::move(store), scratch};
}

absl::StatusOr<LocalHouse::OpenedStore> LocalHouse::OpenStore(const Context& context, const LocalLayout& layout,
                                                              Access access) {
  const bool absent = access == Access::kRead && !context.fs.Exists(layout.Database());
  auto store = store::OpenSqlite(absent ? ":memory:" : layout.Database());
  if (store.ok()) return OpenedStore{*std::move(store), ""};
  if (access != Access::kRead || !absl::IsPermissionDenied(store.status())) return store.status();
  return OpenCopy(context, layout);
}

absl::StatusOr<std::unique_ptr<House>> LocalHouse::Open(const Context& context, const Place& place, Access access) {
  LocalLayout layout(place.repository->common_dir());
  ASSIGN_OR_RETURN(CacheSettings settings,
                   ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache()));
  if (access != Access::kRead) RETURN_IF_ERROR(context.fs.MakeDirs(layout.dir()));
  ASSIGN_OR_RETURN(OpenedStore opened, OpenStore(context, layout, access));
  std::unique_ptr<LocalHouse> house(
      new LocalHouse(context, place, access, std::move(layout), std::move(settings), std::move(opened)));
  house->NoticeDeadSessions();
  return house;
}

void LocalHouse::NoticeDeadSessions() {
  const auto agents = scheduler_->Agents();
  if (!agents.ok()) return;
  for (const experiment::AgentInfo& agent : *agents) {
    const bool settled = agent.running.empty() && (agent.state == "gone" || agent.state == "lost");
    if (settled || SessionAlive(fs_, layout_, agent.session)) continue;
    // It is only early: whoever runs something next does it in any case.
    scheduler_->Tick().IgnoreError();
    return;
  }
}

// The hash index is read only where something is hashed: a listing must not pay for it.
LocalHouse::LocalHouse(const Context& context, const Place& place, Access access, LocalLayout layout,
                       CacheSettings settings, OpenedStore opened)
    : fs_(context.fs),
      layout_(std::move(layout)),
      settings_(std::move(settings)),
      hashes_(context.fs, access == Access::kRun ? layout_.Hashes() : ""),
      cache_(context.fs, settings_.dir, hashes_,
             {.link_kinds = settings_.link_kinds,
              .ignored = pipeline::DataIgnore(context.fs, place.dvc_root),
              .group_shared = settings_.shared}),
      snapshots_(Always(place.root)),
      records_(Always(place.root)),
      opened_(std::move(opened)),
      scheduler_(std::make_unique<scheduler::Scheduler>(*opened_.store, context.clock, context.random, records_, cache_,
                                                        SchedulerOptions(context, layout_))) {}

void LocalHouse::ForgetSubmission(const experiment::ProjectName& project, const experiment::SubmissionId& id) {
  records_.Forget(project, {}, {id}).IgnoreError();
}

LocalHouse::~LocalHouse() {
  scheduler_->Stop();
  if (!opened_.scratch.empty()) fs_.RemoveTree(opened_.scratch).IgnoreError();
}

}  // namespace expq::cli
