#include "cli/local_agent.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/neighbours.h"
#include "cli/remote_supply.h"
#include "common/log/log.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

constexpr absl::string_view kRunLabel = "expq.run/";

// What processes of `expq run` that are gone have left in the queue, by their labels; and our own.
absl::StatusOr<std::map<std::string, std::string>> OwnLabels(const Context& context, Connection& connection,
                                                             const Session& session) {
  std::map<std::string, std::string> labels = {{RunLabel(session.id()), ""}};
  ASSIGN_OR_RETURN(const auto queued, connection.house->queue().List(
                                          {.project = connection.project, .states = {experiment::State::kQueued}}));
  for (const experiment::Experiment& e : queued) {
    for (const auto& [key, text] : e.need.labels) {
      if (!absl::StartsWith(key, kRunLabel)) continue;
      const experiment::SessionId owner{key.substr(kRunLabel.size())};
      if (!SessionAlive(context.fs, connection.house->local()->layout(), owner)) labels.emplace(key, text);
    }
  }
  return labels;
}

// Each DVC repository below `root` has its own cache, wherever this command was started.
agent::ProjectPlaces Places(const Context& context, const LocalHouse& house, const Place& place) {
  const std::string root = place.root;
  auto cache_of = [&context, &house, root](const std::string& dvc_root) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(CacheSettings settings, ReadCacheSettings(context.fs, context.environment,
                                                               fs::Join(root, dvc_root), house.layout().Cache()));
    return std::move(settings.dir);
  };
  return {.repository = root,
          .cache = house.cache_settings().dir,
          .link_kinds = house.cache_settings().attempt_link_kinds,
          .hash_index = house.layout().Hashes(),
          .cache_of = std::move(cache_of),
          .neighbours_of = [&context,
                            &place](const std::string& dvc_root) { return NeighbourCaches(context, place, dvc_root); },
          .supply_of =
              [&context, root](const std::string& dvc_root, const std::string&, blob::Cache& cache,
                               const sync::StopToken& stop) {
                return SupplyOf(context, fs::Join(root, dvc_root), cache, stop);
              },
          .group_shared = house.cache_settings().shared};
}

}  // namespace

std::string RunLabel(const experiment::SessionId& session) { return absl::StrCat(kRunLabel, session.value); }

absl::StatusOr<agent::Summary> RunLocalAgent(const Context& context, Connection& connection, const Session& session,
                                             const LocalAgentOptions& options, agent::Observer& observer,
                                             const sync::StopToken& drain, const sync::StopToken& stop) {
  LocalHouse& house = *connection.house->local();
  process::SupervisorOptions supervisor;
  ASSIGN_OR_RETURN(supervisor.program, process::FindSupervisor());
  process::SupervisedRunner runner(std::move(supervisor));
  process::DirectRunner direct;

  agent::Options agent_options;
  agent_options.name = absl::StrCat(HostName(), "-", session.id().value.substr(0, 6));
  agent_options.session = session.id();
  agent_options.data_dir = house.layout().AgentData();
  agent_options.log_dir = house.layout().Logs();
  agent_options.total = agent::DiscoverHost();
  agent_options.total.slots = options.jobs;
  RETURN_IF_ERROR(context.fs.MakeDirs(house.layout().Temporary()));
  auto gpus = agent::DiscoverGpus(options.gpus, direct, context.environment.variables(), house.layout().Temporary());
  // A broken driver must not keep from running what needs no GPU.
  const bool asked_for = options.gpus != LocalAgentOptions().gpus;
  if (!gpus.ok() && asked_for) return gpus.status();
  if (!gpus.ok()) log::Warning(absl::StrCat("no GPUs are given away: ", gpus.status().message()));
  if (gpus.ok()) agent_options.total.gpu_ids = *std::move(gpus);
  ASSIGN_OR_RETURN(agent_options.total.labels, OwnLabels(context, connection, session));
  agent_options.projects = {connection.project};
  agent_options.stage_jobs = options.stage_jobs;
  agent_options.exit_when_empty = true;
  agent_options.env = context.environment.variables();

  const agent::ProjectPlaces places = Places(context, house, *connection.place);
  agent::Agent agent(
      {.dispatcher = house.dispatcher(),
       .snapshots = house.snapshots(),
       .blobs = house.blobs(),
       .fs = context.fs,
       .clock = context.clock,
       .random = context.random,
       .runner = runner,
       .places = [&places](const experiment::ProjectName&) -> absl::StatusOr<agent::ProjectPlaces> { return places; },
       .observer = &observer},
      std::move(agent_options));
  return agent.Run(drain, stop);
}

}  // namespace expq::cli
