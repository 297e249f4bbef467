// A whole expq in one process: a user's repository, the real scheduler, and agents that run real stages. Local: all
// share the repository and its cache. Remote: the agent has its own mirror and cache, and everything travels.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/agent.h"
#include "common/blob/cache.h"
#include "common/git/repository.h"
#include "common/git/stores.h"
#include "common/process/runners.h"
#include "scheduler/scheduler.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/support/temp_repo.h"

namespace expq::testing {

enum class Distance { kLocal, kRemote };
enum StorePlace { kInMemory, kOnDisk };  // on disk, another process may have it too

// A cache with what it needs.
struct OwnedCache {
  explicit OwnedCache(const std::string& root) : index(fs, ""), cache(fs, root, index) {}
  fs::PosixFilesystem fs;
  blob::HashIndex index;
  blob::Cache cache;
};

class AgentWorld {
 public:
  explicit AgentWorld(Distance distance = Distance::kLocal, StorePlace place = kInMemory) : distance_(distance) {
    Open(place == kInMemory ? ":memory:" : data / "queue.db");
  }
  // The local world that another process has made, with its store in <data>/queue.db.
  AgentWorld(const std::string& repo_path, const std::string& data_path)
      : distance_(Distance::kLocal), repo_path_(repo_path), data_path_(data_path) {
    Open(data_path + "/queue.db");
  }
  ~AgentWorld() { scheduler->Stop(); }

  git::Repository& repository() {
    if (git_ == nullptr) git_ = *git::Repository::Open(repo.path());
    return *git_;
  }

  // One submission of the workspace as it is: an experiment for each list of overrides, named x0, x1, ….
  std::vector<experiment::Experiment> Submit(const std::vector<std::vector<std::string>>& overrides,
                                             const experiment::Experiment& like = {}) {
    experiment::CommitId head = *repository().Head();
    auto tree = repository().SnapshotTree();
    EXPECT_TRUE(tree.ok()) << tree.status();
    experiment::SubmitRequest request{.project = project, .id = {random::HexId(*random, 16)}};
    request.commit = *repository().CommitSnapshot(*tree, head, "submission");
    for (const std::vector<std::string>& each : overrides) {
      experiment::Experiment experiment = like;
      experiment.id = {random::HexId(*random, 16)};
      experiment.project = project;
      experiment.submission = request.id;
      experiment.name = absl::StrCat("x", submitted_++);
      experiment.baseline = head;
      experiment.snapshot = request.commit;
      experiment.overrides = each;
      request.experiments.push_back(std::move(experiment));
    }
    Travel(request.commit);
    auto submission = scheduler->Submit(request);
    EXPECT_TRUE(submission.ok()) << submission.status();
    return submission->experiments;
  }

  agent::Options AgentOptions(const std::string& name = "box") {
    agent::Options options;
    options.name = name;
    options.session = {random::HexId(*random, 16)};
    options.data_dir = data_path_ + "/" + name;
    if (distance_ == Distance::kLocal) options.log_dir = data_path_ + "/logs";
    options.total = {.slots = 2, .cpus = 8, .memory = int64_t{1} << 34};
    options.grace = absl::Seconds(5);
    options.progress_every = absl::Milliseconds(20);
    options.env = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"};
    return options;
  }

  agent::Tools AgentTools(experiment::Dispatcher& dispatcher) { return AgentTools(dispatcher, runner); }
  agent::Tools AgentTools() { return AgentTools(*scheduler); }
  agent::Tools AgentTools(experiment::Dispatcher& dispatcher, process::ProcessRunner& with) {
    auto places = [this](const experiment::ProjectName&) -> absl::StatusOr<agent::ProjectPlaces> {
      if (distance_ == Distance::kLocal) return agent::ProjectPlaces{repo_path_, repo_path_ + "/.dvc/cache", {}, ""};
      std::string mirror = data / "mirror.git";
      auto made = git::Repository::OpenBare(mirror);
      if (!made.ok()) return made.status();
      return agent::ProjectPlaces{mirror, data / "agent-cache", {}, ""};
    };
    return {.dispatcher = dispatcher,
            .snapshots = *snapshots,
            .blobs = HubBlobs(),
            .fs = fs,
            .clock = clock,
            .random = *random,
            .runner = with,
            .places = places};
  }

  // An agent that drains the queue and leaves.
  agent::Summary RunAll() {
    agent::Options options = AgentOptions();
    options.exit_when_empty = true;
    agent::Agent agent(AgentTools(), options);
    auto summary = agent.Run(sync::StopToken(), sync::StopToken());
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.value_or(agent::Summary());
  }

  experiment::Experiment Get(const std::string& name) {
    auto found = scheduler->List({.project = project, .selectors = {name}});
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && !found->empty() ? found->front() : experiment::Experiment();
  }

  // What a file holds in the result of an experiment.
  std::string ResultFile(const std::string& name, const std::string& path) {
    experiment::Experiment experiment = Get(name);
    auto hub = git::Repository::Open(Hub());
    EXPECT_TRUE(hub.ok()) << hub.status();
    auto revision = (*hub)->Resolve(git::ResultRef(experiment.baseline, experiment.name));
    EXPECT_TRUE(revision.ok()) << revision.status();
    if (!revision.ok()) return "";
    EXPECT_EQ(*revision, experiment.revision);
    auto bytes = (*hub)->ReadFile(revision->value, path);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.value_or("");
  }

  // All segments of the latest attempt, "[stage]\n" before each.
  std::string Log(const std::string& name) {
    experiment::Experiment experiment = Get(name);
    auto segments = scheduler->Segments(project, experiment.id);
    EXPECT_TRUE(segments.ok()) << segments.status();
    std::string text;
    for (const experiment::LogSegment& segment : *segments) {
      if (segment.attempt != experiment.attempt) continue;
      absl::StrAppend(&text, "[", segment.stage, "]\n",
                      *scheduler->ReadLog(project, experiment.id, segment, 0, 1 << 20));
    }
    return text;
  }

  const experiment::ProjectName project{"digits"};
  TempRepo repo;
  TempDir data;
  fs::PosixFilesystem fs;
  clock::SystemClock clock;
  std::unique_ptr<random::Random> random = random::NewSystemRandom();
  process::SupervisedRunner runner{{.program = EXPQ_BIN_DIR "/expq-supervise"}};
  process::SupervisedRunner outliving{{.program = EXPQ_BIN_DIR "/expq-supervise", .outlive = true}};
  std::unique_ptr<OwnedCache> users_cache, hub_cache;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<git::LocalSnapshotStore> snapshots;
  std::unique_ptr<git::LocalRecords> records;
  std::unique_ptr<scheduler::Scheduler> scheduler;

 private:
  void Open(const std::string& store_file) {
    users_cache = std::make_unique<OwnedCache>(repo_path_ + "/.dvc/cache");
    hub_cache = std::make_unique<OwnedCache>(data_path_ + "/hub/cache");
    auto opened = store::OpenSqlite(store_file);
    EXPECT_TRUE(opened.ok()) << opened.status();
    store = *std::move(opened);
    auto repository_of = [this](const experiment::ProjectName&) { return absl::StatusOr<std::string>(Hub()); };
    snapshots = std::make_unique<git::LocalSnapshotStore>(repository_of);
    records = std::make_unique<git::LocalRecords>(repository_of);
    scheduler::Options options;
    options.log_dir = data_path_ + "/logs";
    scheduler = std::make_unique<scheduler::Scheduler>(*store, clock, *random, *records, HubBlobs(), options);
  }

  // Where results and snapshots are kept: the user's repository, or the scheduler's.
  std::string Hub() const { return distance_ == Distance::kLocal ? repo_path_ : data / "hub.git"; }
  blob::Cache& HubBlobs() { return distance_ == Distance::kLocal ? users_cache->cache : hub_cache->cache; }

  // The commit to the scheduler, as the client would send it.
  void Travel(const experiment::CommitId& commit) {
    if (distance_ == Distance::kLocal) return;
    std::vector<std::string> pieces;
    absl::Status packed = repository().WritePack({commit}, {}, [&](absl::string_view piece) {
      pieces.emplace_back(piece);
      return absl::OkStatus();
    });
    EXPECT_TRUE(packed.ok()) << packed;
    size_t next = 0;
    absl::Status put = snapshots->PutPack(
        project, {commit}, [&]() -> absl::StatusOr<std::string> { return next < pieces.size() ? pieces[next++] : ""; });
    EXPECT_TRUE(put.ok()) << put;
  }

  const Distance distance_;
  const std::string repo_path_ = repo.path();
  const std::string data_path_ = data.path();
  std::unique_ptr<git::Repository> git_;
  int submitted_ = 0;
};

}  // namespace expq::testing
