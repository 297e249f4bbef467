// Disks that are full, on the agent's machine and on the scheduler's: nothing that was computed is lost, and no more is
// begun than can end well.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "common/status/status.h"
#include "tests/common/process/stage_script.h"
#include "tests/simulation/agent_world.h"
#include "tests/simulation/one_stage.h"
#include "tests/simulation/running_agent.h"
#include "tests/support/faulty_filesystem.h"

namespace expq::testing {
namespace {

using experiment::Cause;
using experiment::State;
using process::Fifo;

class FullDisk : public ::testing::TestWithParam<Distance> {
 protected:
  AgentWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Agent, FullDisk, ::testing::Values(Distance::kLocal, Distance::kRemote),
                         [](const auto& info) { return info.param == Distance::kLocal ? "Local" : "Remote"; });

// The same tools over another disk.
agent::Tools On(fs::Filesystem& disk, const agent::Tools& tools) {
  return {.dispatcher = tools.dispatcher,
          .snapshots = tools.snapshots,
          .blobs = tools.blobs,
          .fs = disk,
          .clock = tools.clock,
          .random = tools.random,
          .runner = tools.runner,
          .places = tools.places};
}

TEST_P(FullDisk, StopsARunAndLeavesTheRestInTheQueue) {
  OneStage(world_.repo, kTrain);
  world_.Submit({{"units=1"}, {"units=2"}, {"units=3"}});
  FaultyFilesystem disk(world_.fs);
  disk.Inject({.when = [](FsCall call, const std::string& path) {
    bool writes = call == FsCall::kWrite || call == FsCall::kLink || call == FsCall::kMakeDirs ||
                  call == FsCall::kRename || call == FsCall::kAppend;
    return writes && absl::StrContains(path, "cache/files/md5");
  }});
  agent::Options options = world_.AgentOptions();
  options.total.slots = 1;
  options.exit_when_empty = true;
  agent::Summary summary = RunningAgent(On(disk, world_.AgentTools()), options).Join();
  EXPECT_TRUE(absl::StrContains(summary.disk_full, "cache is full")) << summary.disk_full;
  EXPECT_EQ(summary.failed, 0);
  EXPECT_EQ(summary.left, 3);
  experiment::Experiment hit = world_.Get("x0");
  EXPECT_EQ(hit.state, State::kQueued);
  EXPECT_EQ(hit.failures, 0);
  EXPECT_EQ(hit.cause, Cause::kInfrastructure);
  EXPECT_TRUE(world_.fs.Exists(hit.workspace + "/model.bin")) << "what was computed is kept";
  EXPECT_EQ(world_.Get("x1").attempt, 0);
  EXPECT_EQ(world_.RunAll().succeeded, 3);
  EXPECT_EQ(world_.Get("x0").attempt, 2);
}

// A disk whose room the test decides.
class RoomyOrNot : public fs::PosixFilesystem {
 public:
  absl::StatusOr<int64_t> FreeBytes(const std::string&) const override { return room.load(); }
  std::atomic<int64_t> room = 0;
};

TEST_P(FullDisk, KeepsAnAgentFromTakingMoreUntilThereIsRoom) {
  OneStage(world_.repo, kTrain);
  world_.Submit({{}});
  RoomyOrNot disk;
  RunningAgent agent(On(disk, world_.AgentTools()), world_.AgentOptions());
  const auto closed = [&] {
    auto agents = world_.scheduler->Agents();
    return agents.ok() && agents->size() == 1 && !agents->front().free.closed.empty();
  };
  while (!closed()) std::this_thread::yield();
  EXPECT_EQ(world_.Get("x0").state, State::kQueued);
  disk.room = int64_t{1} << 30;
  for (int64_t seen = 0; world_.Get("x0").state != State::kSucceeded;) {
    auto events = world_.scheduler->Watch(world_.project, seen, absl::Seconds(30));
    ASSERT_TRUE(events.ok() && !events->empty()) << "it does not go on";
    seen = events->back().sequence;
  }
  EXPECT_FALSE(closed());
  EXPECT_EQ(world_.Get("x0").attempt, 1);
  agent.drain.Stop();
  agent.Join();
}

// A scheduler whose disk is full for a while.
class HubWithoutRoom : public experiment::Dispatcher, public blob::BlobStore {
 public:
  HubWithoutRoom(experiment::Dispatcher& dispatcher, blob::BlobStore& blobs) : dispatcher_(dispatcher), blobs_(blobs) {}

  absl::StatusOr<experiment::SyncOrders> Sync(const experiment::SyncReport& report) override {
    RETURN_IF_ERROR(Take(&refused_syncs));
    return dispatcher_.Sync(report);
  }
  absl::Status AppendLog(const experiment::LogAppend& append) override {
    RETURN_IF_ERROR(Take(&refused_logs));
    return dispatcher_.AppendLog(append);
  }
  absl::Status ReportProgress(const std::vector<experiment::Progress>& progress) override {
    return dispatcher_.ReportProgress(progress);
  }
  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override {
    return blobs_.Missing(project, digests);
  }
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override {
    RETURN_IF_ERROR(Take(&refused_blobs));
    return blobs_.Put(project, digest, bytes);
  }
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override {
    return blobs_.Get(project, digest, sink);
  }

  std::atomic<bool> full = false;
  std::atomic<int> refused_syncs = 0, refused_logs = 0, refused_blobs = 0;

 private:
  absl::Status Take(std::atomic<int>* refused) {
    if (!full) return absl::OkStatus();
    ++*refused;
    return absl::ResourceExhaustedError("the hub: no space left on the disk");
  }

  experiment::Dispatcher& dispatcher_;
  blob::BlobStore& blobs_;
};

TEST(FullHub, IsWaitedForWithAllThatThereIsForIt) {
  AgentWorld world(Distance::kRemote);
  Fifo fifo(world.data / "fifo");
  Fifo go(world.data / "go");
  OneStage(world.repo, "echo > " + (world.data / "fifo") + "; read x < " + (world.data / "go") + "; " + kTrain);
  world.Submit({{"units=1"}});
  const agent::Tools tools = world.AgentTools();
  HubWithoutRoom hub(tools.dispatcher, tools.blobs);
  agent::Options options = world.AgentOptions();
  options.adopt = true;
  RunningAgent agent({.dispatcher = hub,
                      .snapshots = tools.snapshots,
                      .blobs = hub,
                      .fs = tools.fs,
                      .clock = tools.clock,
                      .random = tools.random,
                      .runner = world.outliving,
                      .places = tools.places},
                     options);
  fifo.Line();
  hub.full = true;
  std::ofstream(world.data / "go") << "on\n";
  while (hub.refused_syncs < 2 || hub.refused_blobs < 2) std::this_thread::yield();
  hub.full = false;
  for (int64_t seen = 0; world.Get("x0").state != State::kSucceeded;) {
    auto events = world.scheduler->Watch(world.project, seen, absl::Seconds(30));
    ASSERT_TRUE(events.ok() && !events->empty()) << "it does not come through";
    seen = events->back().sequence;
  }
  EXPECT_EQ(world.Get("x0").attempt, 1);
  EXPECT_EQ(world.Log("x0"), "[train]\ntraining 1\n");
  agent.drain.Stop();
  agent.Join();
}

}  // namespace
}  // namespace expq::testing
