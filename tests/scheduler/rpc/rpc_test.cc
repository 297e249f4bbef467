// The corridor itself: what goes in at one end of an interface comes out at the other, over real gRPC on loopback.
#include <unistd.h>

#include "common/status/status.h"
#include "common/wire/client.h"
#include "common/wire/limits.h"
#include "gtest/gtest.h"
#include "scheduler/rpc/projects.h"
#include "scheduler/rpc/server.h"
#include "tests/support/memory_blob_store.h"

namespace expq::rpc {
namespace {

using experiment::CommitId;
using experiment::Experiment;
using experiment::ProjectName;

const ProjectName kProject{"digits"};

// Remembers what it was asked and answers what it was told to.
class RecordingHouse : public experiment::Queue,
                       public experiment::LogReader,
                       public experiment::Fleet,
                       public experiment::Dispatcher,
                       public experiment::SnapshotStore {
 public:
  absl::Status refuse;
  std::vector<std::string> calls;
  std::string pack;
  std::string sent_pack;
  experiment::SyncReport report;
  sync::StopToken release;

  absl::StatusOr<experiment::Submission> Submit(const experiment::SubmitRequest& request) override {
    if (!refuse.ok()) return refuse;
    calls.push_back("submit " + request.project.value);
    return experiment::Submission{.id = request.id, .commit = request.commit, .experiments = request.experiments};
  }
  absl::StatusOr<std::vector<Experiment>> List(const experiment::ListRequest& request) override {
    calls.push_back("list " + request.project.value);
    return std::vector<Experiment>{{.name = "one"}, {.name = "two"}};
  }
  absl::StatusOr<std::vector<experiment::Event>> Watch(const ProjectName&, int64_t after,
                                                       absl::Duration timeout) override {
    release.WaitFor(timeout);
    return std::vector<experiment::Event>{{.sequence = after + 1, .what = "started"}};
  }
  absl::StatusOr<std::vector<Experiment>> Cancel(const experiment::Selection& selection) override {
    calls.push_back("cancel " + selection.selectors.at(0));
    return std::vector<Experiment>{{.name = selection.selectors.at(0)}};
  }
  absl::StatusOr<std::vector<Experiment>> Retry(const experiment::Selection& selection) override {
    calls.push_back(selection.all_failed ? "retry failed" : "retry");
    return std::vector<Experiment>{};
  }
  absl::StatusOr<std::vector<Experiment>> Remove(const experiment::Selection& selection) override {
    calls.push_back(selection.all_queued ? "remove queued" : "remove");
    return std::vector<Experiment>{};
  }
  absl::StatusOr<Experiment> Update(const experiment::UpdateRequest& request) override {
    calls.push_back("update " + request.name.value_or("-") + " " + (request.priority ? "priority" : "-"));
    return Experiment{.name = request.selector};
  }
  absl::StatusOr<std::vector<experiment::LogSegment>> Segments(const ProjectName&,
                                                               const experiment::ExperimentId&) override {
    return std::vector<experiment::LogSegment>{{.attempt = 2, .index = 1, .stage = "train", .size = 5}};
  }
  absl::StatusOr<std::string> ReadLog(const ProjectName&, const experiment::ExperimentId&,
                                      const experiment::LogSegment& segment, int64_t offset, int64_t) override {
    return absl::StrCat(segment.stage, "@", offset, std::string("\0\xff", 2));
  }
  absl::StatusOr<std::vector<experiment::AgentInfo>> Agents() override {
    return std::vector<experiment::AgentInfo>{{.name = "box", .state = "alive"}};
  }
  absl::Status Drain(const std::string& agent) override {
    calls.push_back("drain " + agent);
    return absl::OkStatus();
  }
  absl::StatusOr<experiment::SyncOrders> Sync(const experiment::SyncReport& r) override {
    report = r;
    return experiment::SyncOrders{.queued = 7};
  }
  absl::Status AppendLog(const experiment::LogAppend& append) override {
    calls.push_back(absl::StrCat("append ", append.offset, " ", append.bytes.size()));
    return absl::AbortedError("attempt 1 is not the current one");
  }
  absl::Status ReportProgress(const std::vector<experiment::Progress>& progress) override {
    calls.push_back(absl::StrCat("progress ", progress.size()));
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<CommitId>> Missing(const ProjectName&, const std::vector<CommitId>& commits) override {
    return std::vector<CommitId>{commits.back()};
  }
  absl::Status PutPack(const ProjectName&, const std::vector<CommitId>&,
                       const experiment::ByteSource& source) override {
    while (true) {
      ASSIGN_OR_RETURN(std::string piece, source());
      if (piece.empty()) return absl::OkStatus();
      pack += piece;
    }
  }
  absl::Status GetPack(const ProjectName&, const std::vector<CommitId>& wants, const std::vector<CommitId>&,
                       const experiment::ByteSink& sink) override {
    if (wants.empty()) return absl::NotFoundError("nothing wanted");
    return sink(sent_pack);
  }
};

class RpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = Server::Start(
        "127.0.0.1:0",
        {.queue = house_, .logs = house_, .fleet = house_, .dispatcher = house_, .snapshots = house_, .blobs = blobs_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    auto client = wire::Client::Create(server_->address());
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = std::move(*client);
  }
  void TearDown() override {
    house_.release.Stop();
    client_.reset();
  }

  RecordingHouse house_;
  expq::testing::MemoryBlobStore blobs_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<wire::Client> client_;
};

TEST_F(RpcTest, CarriesASubmissionThereAndBack) {
  experiment::SubmitRequest request{.project = kProject, .id = {"0123456789abcdef"}, .commit = {std::string(40, 'a')}};
  request.experiments.push_back({.name = "rusty-otter", .overrides = {"units=1"}});
  auto submission = client_->queue().Submit(request);
  ASSERT_TRUE(submission.ok()) << submission.status();
  EXPECT_EQ(submission->id, request.id);
  ASSERT_EQ(submission->experiments.size(), 1u);
  EXPECT_EQ(submission->experiments[0].overrides, request.experiments[0].overrides);
  EXPECT_EQ(house_.calls, std::vector<std::string>{"submit digits"});
}

TEST_F(RpcTest, KeepsCodeMessageAndHintOfARefusal) {
  house_.refuse = status::WithHint(absl::AlreadyExistsError("name 'x' is taken"), "-f replaces a finished one");
  auto submission = client_->queue().Submit({.project = kProject});
  EXPECT_EQ(submission.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(submission.status().message(), "name 'x' is taken");
  EXPECT_EQ(status::Hint(submission.status()), "-f replaces a finished one");
}

TEST_F(RpcTest, CarriesAGridOfTenThousandInOneCall) {
  experiment::SubmitRequest request{.project = kProject};
  for (int i = 0; i < 10000; ++i) {
    request.experiments.push_back({.name = absl::StrCat("grid-", i), .params_json = std::string(1000, 'x')});
  }
  auto submission = client_->queue().Submit(request);
  ASSERT_TRUE(submission.ok()) << submission.status();
  EXPECT_EQ(submission->experiments.size(), 10000u);
}

TEST_F(RpcTest, CarriesEveryOtherCallOfPeople) {
  EXPECT_EQ(client_->queue().List({.project = kProject})->size(), 2u);
  EXPECT_EQ(client_->queue().Cancel({.project = kProject, .selectors = {"x"}})->at(0).name, "x");
  EXPECT_TRUE(client_->queue().Retry({.project = kProject, .all_failed = true}).ok());
  EXPECT_TRUE(client_->queue().Remove({.project = kProject, .all_queued = true}).ok());
  EXPECT_EQ(client_->queue().Update({.project = kProject, .selector = "x", .name = "y", .priority = 0})->name, "x");
  EXPECT_EQ(client_->fleet().Agents()->at(0).name, "box");
  EXPECT_TRUE(client_->fleet().Drain("box").ok());
  auto segments = client_->logs().Segments(kProject, {"id"});
  ASSERT_EQ(segments->size(), 1u);
  EXPECT_EQ(*client_->logs().ReadLog(kProject, {"id"}, segments->at(0), 3, 100), "train@3" + std::string("\0\xff", 2));
  EXPECT_EQ(house_.calls, (std::vector<std::string>{"list digits", "cancel x", "retry failed", "remove queued",
                                                    "update y priority", "drain box"}));
}

TEST_F(RpcTest, CarriesTheCallsOfAnAgent) {
  auto orders = client_->dispatcher().Sync({.session = {"s"}, .agent = "box", .wait = absl::Seconds(3)});
  ASSERT_TRUE(orders.ok()) << orders.status();
  EXPECT_EQ(orders->queued, 7);
  EXPECT_EQ(house_.report.wait, absl::Seconds(3));
  EXPECT_EQ(client_->dispatcher().AppendLog({.experiment = {"e"}, .offset = 9, .bytes = "abc"}).code(),
            absl::StatusCode::kAborted);
  EXPECT_TRUE(client_->dispatcher().ReportProgress({{.experiment = {"e"}}, {.experiment = {"f"}}}).ok());
  EXPECT_EQ(house_.calls, (std::vector<std::string>{"append 9 3", "progress 2"}));
}

TEST_F(RpcTest, StreamsAPackBothWays) {
  int pieces = 0;
  experiment::ByteSource source = [&]() -> absl::StatusOr<std::string> {
    return pieces++ < 5 ? std::string(wire::kPieceBytes, static_cast<char>('a' + pieces)) : std::string();
  };
  ASSERT_TRUE(client_->snapshots().PutPack(kProject, {{"tip"}}, source).ok());
  EXPECT_EQ(house_.pack.size(), 5 * wire::kPieceBytes);

  house_.sent_pack = std::string(3 * wire::kPieceBytes + 17, 'z');
  std::string received;
  ASSERT_TRUE(client_->snapshots()
                  .GetPack(kProject, {{"want"}}, {},
                           [&](absl::string_view piece) {
                             received.append(piece.data(), piece.size());
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_EQ(received, house_.sent_pack);
}

TEST_F(RpcTest, DoesNotTakeHalfAnUploadForTheWhole) {
  int pieces = 0;
  experiment::ByteSource source = [&]() -> absl::StatusOr<std::string> {
    if (pieces++ == 2) return absl::ResourceExhaustedError("disk on fire");
    return std::string("half of it");
  };
  const digest::Digest digest = digest::Md5Of("half of it half of it and the rest");
  EXPECT_EQ(client_->blobs().Put(kProject, digest, source).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(client_->blobs().Missing(kProject, {digest})->size(), 1u);
}

TEST_F(RpcTest, MovesBlobsByDigestAndVerifiesThem) {
  const std::string bytes(2500000, 'b');
  const digest::Digest digest = digest::Md5Of(bytes);
  EXPECT_EQ(client_->blobs().Missing(kProject, {digest})->size(), 1u);
  bool sent = false;
  experiment::ByteSource source = [&]() -> absl::StatusOr<std::string> {
    return std::exchange(sent, true) ? std::string() : bytes;
  };
  ASSERT_TRUE(client_->blobs().Put(kProject, digest, source).ok());
  EXPECT_TRUE(client_->blobs().Missing(kProject, {digest})->empty());
  std::string received;
  ASSERT_TRUE(client_->blobs()
                  .Get(kProject, digest,
                       [&](absl::string_view piece) {
                         received.append(piece.data(), piece.size());
                         return absl::OkStatus();
                       })
                  .ok());
  EXPECT_EQ(received, bytes);

  sent = false;
  EXPECT_EQ(client_->blobs().Put(kProject, digest::Md5Of("other"), source).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(
      client_->blobs().Get(kProject, digest::Md5Of("other"), [](absl::string_view) { return absl::OkStatus(); }).code(),
      absl::StatusCode::kNotFound);
}

TEST_F(RpcTest, SaysThatASchedulerIsGone) {
  server_->Shutdown(absl::ZeroDuration());
  auto list = client_->queue().List({.project = kProject});
  EXPECT_EQ(list.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(list.status().message(), "the scheduler at " + client_->address() + " cannot be reached");
}

TEST_F(RpcTest, RefusesASecondSchedulerOnTheSamePort) {
  auto second = Server::Start(
      server_->address(),
      {.queue = house_, .logs = house_, .fleet = house_, .dispatcher = house_, .snapshots = house_, .blobs = blobs_});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST(Address, MustBeLoopbackUntilThereIsTls) {
  for (const char* ok : {"127.0.0.1:7070", "localhost:1", "[::1]:7070", "unix:/tmp/x"}) {
    EXPECT_TRUE(wire::CheckLoopback(ok).ok()) << ok;
  }
  for (const char* refused : {"0.0.0.0:7070", "10.0.0.1:7070", "hub:7070", "[::]:7070", "127.example.org:7070",
                              "127.0.0.1:99999", "127.0.0.1:", "localhost:http", "127.0.0.1:-1", "[::1]:65536"}) {
    EXPECT_EQ(wire::CheckLoopback(refused).code(), absl::StatusCode::kInvalidArgument) << refused;
  }
  EXPECT_EQ(wire::Client::Create("nonsense").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ProjectNames, NeverLeaveTheirFolder) {
  for (const char* ok : {"digits", "a.b_c-1"}) EXPECT_TRUE(CheckProjectName(ok).ok()) << ok;
  for (const char* refused : {"", ".", "..", "a/b", "-x", ".git", "a b"}) {
    EXPECT_EQ(CheckProjectName(refused).code(), absl::StatusCode::kInvalidArgument) << refused;
  }
}

}  // namespace
}  // namespace expq::rpc
