#include "agent/agent.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/data_folder.h"
#include "cli/interrupts.h"
#include "cli/place.h"
#include "cli/remote_supply.h"
#include "common/git/repository.h"
#include "common/log/log.h"
#include "common/process/runners.h"
#include "common/status/status.h"
#include "common/wire/client.h"

namespace expq::cli {
namespace {

constexpr uint32_t kGroupFolder = 02020;  // what is made in it is the group's, and the group may make something

// What a daemon says: one line to its log for each thing that happens.
class LogObserver : public agent::Observer {
 public:
  void AttemptStarts(const experiment::Assignment& a) override { log::Info(absl::StrCat(NameOf(a), " starts")); }
  void StageStarts(const experiment::Assignment& a, const std::string& stage) override {
    log::Debug(absl::StrCat(NameOf(a), ": ", stage, " starts"));
  }
  void StageEnds(const experiment::Assignment& a, const std::string& stage, const std::string& how) override {
    log::Debug(absl::StrCat(NameOf(a), ": ", stage, " ", how));
  }
  void AttemptEnds(const experiment::Assignment& a, const experiment::Outcome& outcome) override {
    log::Info(
        absl::StrCat(NameOf(a), " ", experiment::Name(outcome.kind), outcome.error.empty() ? "" : ": ", outcome.error));
  }
  void Unreachable(const absl::Status& status) override {
    log::Warning(absl::StrCat("the scheduler cannot be reached, trying again: ", status.message()));
  }
  void Closed(const std::string& why) override {
    if (why.empty()) {
      log::Info("there is room again: taking new experiments");
    } else {
      log::Warning(absl::StrCat("taking nothing new until there is room: ", why));
    }
  }

 private:
  static std::string NameOf(const experiment::Assignment& a) {
    return absl::StrCat(a.experiment.project.value, "/", a.experiment.name, " attempt ", a.attempt);
  }
};

class AgentCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Number("-j,--jobs", "N", &jobs_, "experiments at a time (default 1)", 1);
    table.Number("--stage-jobs", "N", &stage_jobs_, "stages at a time within each (default: as submitted)", 1);
    table.Text("--gpus", "all|none|LIST", &gpus_, "the GPUs to give away, by index or UUID (default all)");
    table.Number("--cpus", "N", &cpus_, "CPUs to give away (default: all)", 1);
    table.Size("--memory", &memory_, "memory to give away (default: all)");
    table.Repeated("--label", "KEY[=VALUE]", &labels_, "what experiments may ask for (repeatable)");
    table.Text("--name", "NAME", &name_, "how it is listed (default: this machine's name and a suffix)");
    table.Text("--data", "DIR", &data_, "workspaces, mirrors and spools (default ~/.local/share/expq/agent)");
    table.Text("--cache-dir", "DIR", &cache_dir_, "a DVC cache to use (default: one below --data)");
    table.Duration("--idle-exit", &idle_exit_, "end after being idle for so long");
    table.Duration("--grace", &grace_, "between SIGTERM and SIGKILL of what has to end (default 10s)");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    const absl::StatusOr<Place> place = FindPlace(context);
    const std::string address = SchedulerAddress(context, place.ok() ? &*place : nullptr);
    if (address.empty()) {
      return status::WithHint(absl::InvalidArgumentError("an agent needs a scheduler: --scheduler ADDR"),
                              "expq run-all runs this repository's own queue");
    }
    data_ = DataFolder(context, data_, "agent");
    RETURN_IF_ERROR(context.fs.MakeDirs(data_));
    ASSIGN_OR_RETURN(std::unique_ptr<wire::Client> client, wire::Client::Create(address));
    ASSIGN_OR_RETURN(agent::Options options, MakeOptions(context));
    process::SupervisorOptions supervisor{.program = "", .outlive = true};
    ASSIGN_OR_RETURN(supervisor.program, process::FindSupervisor());
    process::SupervisedRunner runner(std::move(supervisor));
    LogObserver observer;
    log::SetLevel(context.globals.quiet     ? log::Level::kError
                  : context.globals.verbose ? log::Level::kDebug
                                            : log::Level::kInfo);
    log::Info(absl::StrCat("agent ", options.name, " works for ", address));

    Interrupts interrupts([] { log::Info("draining: taking nothing new"); });
    agent::Agent agent({.dispatcher = client->dispatcher(),
                        .snapshots = client->snapshots(),
                        .blobs = client->blobs(),
                        .fs = context.fs,
                        .clock = context.clock,
                        .random = context.random,
                        .runner = runner,
                        .places = [this, &context](const experiment::ProjectName& p) { return PlacesOf(context, p); },
                        .observer = &observer},
                       std::move(options));
    const absl::Status ended = agent.Run(interrupts.drain(), interrupts.stop()).status();
    client->Shutdown();
    RETURN_IF_ERROR(ended);
    return ExitCode::kDone;
  }

 private:
  absl::StatusOr<agent::Options> MakeOptions(const Context& context) {
    agent::Options options;
    ASSIGN_OR_RETURN(options.name, AgentName(context));
    options.session.value = random::HexId(context.random, 16);
    options.data_dir = data_;
    options.total = agent::DiscoverHost();
    options.total.slots = jobs_;
    if (cpus_ > 0) options.total.cpus = cpus_;
    if (memory_ > 0) options.total.memory = memory_;
    process::DirectRunner direct;
    ASSIGN_OR_RETURN(options.total.gpu_ids, agent::DiscoverGpus(gpus_, direct, context.environment.variables(), data_));
    for (const std::string& label : labels_) {
      const std::pair<std::string, std::string> pair = absl::StrSplit(label, absl::MaxSplits('=', 1));
      if (pair.first.empty()) return absl::InvalidArgumentError(absl::StrCat("--label ", label, ": not KEY[=VALUE]"));
      options.total.labels[pair.first] = pair.second;
    }
    if (!context.globals.project.empty()) options.projects = {{context.globals.project}};
    options.stage_jobs = stage_jobs_;
    options.idle_exit = idle_exit_;
    options.grace = grace_;
    options.adopt = true;
    options.env = context.environment.variables();
    return options;
  }

  // A data folder keeps its name: a restarted agent is the same one.
  absl::StatusOr<std::string> AgentName(const Context& context) const {
    if (!name_.empty()) return name_;
    const std::string file = fs::Join(data_, "name");
    const auto kept = context.fs.Read(file);
    if (kept.ok() && !kept->empty()) return std::string(absl::StripAsciiWhitespace(*kept));
    const std::string name = absl::StrCat(HostName(), "-", random::HexId(context.random, 4));
    RETURN_IF_ERROR(context.fs.Write(file, name + "\n", fs::Durability::kDurable, 0666));
    return name;
  }

  // A bare mirror and a cache for each project below the data folder.
  absl::StatusOr<agent::ProjectPlaces> PlacesOf(const Context& context, const experiment::ProjectName& project) const {
    const std::string dir = fs::Join(fs::Join(data_, "projects"), project.value);
    agent::ProjectPlaces places;
    places.repository = dir + ".git";
    places.cache = cache_dir_.empty() ? fs::Join(dir, "cache") : fs::Normalize(fs::Join(context.cwd, cache_dir_));
    places.link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kHardlink, fs::LinkKind::kCopy};
    // A cache that was made for a group (`cache.shared = group`) stays one.
    const auto cache = context.fs.Stat(places.cache);
    places.group_shared = cache.ok() && (cache->mode & kGroupFolder) == kGroupFolder;
    places.hash_index = fs::Join(dir, "hashes");
    places.supply_of = [&context](const std::string&, const std::string& root, blob::Cache& cache,
                                  const sync::StopToken& stop) { return SupplyOf(context, root, cache, stop); };
    RETURN_IF_ERROR(context.fs.MakeDirs(dir));
    RETURN_IF_ERROR(git::Repository::OpenBare(places.repository).status());
    return places;
  }

  int jobs_ = 1;
  int stage_jobs_ = 0;
  std::string gpus_ = "all";
  int cpus_ = 0;
  int64_t memory_ = 0;
  std::vector<std::string> labels_;
  std::string name_;
  std::string data_;
  std::string cache_dir_;
  absl::Duration idle_exit_ = absl::InfiniteDuration();
  absl::Duration grace_ = absl::Seconds(10);
};

}  // namespace

CommandInfo AgentCommandInfo() {
  return {.name = "agent",
          .summary = "run a scheduler's experiments on this machine",
          .details =
              "Ctrl-C drains: it takes nothing new and ends when what runs has ended. SIGTERM hands running work back "
              "to the queue after the grace time.",
          .examples = {"expq agent --scheduler hub:7070 -j 2 --gpus all",
                       "expq agent --scheduler unix:/run/expq.sock --idle-exit 10m"},
          .group = Group::kDaemons,
          .make = &Make<AgentCommand>};
}

}  // namespace expq::cli
