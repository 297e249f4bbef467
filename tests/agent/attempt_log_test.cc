#include "agent/attempt_log.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/temp_dir.h"

namespace expq::agent {
namespace {

// Keeps what it is sent, as the scheduler would.
class LogKeeper : public experiment::Dispatcher {
 public:
  absl::StatusOr<experiment::SyncOrders> Sync(const experiment::SyncReport&) override {
    return absl::UnimplementedError("only logs");
  }
  absl::Status ReportProgress(const std::vector<experiment::Progress>&) override {
    return absl::UnimplementedError("only logs");
  }
  absl::Status AppendLog(const experiment::LogAppend& append) override {
    if (!answer.ok()) return answer;
    largest = std::max(largest, append.bytes.size());
    std::string& bytes = segments[append.index];
    stages[append.index] = append.stage;
    if (append.offset > static_cast<int64_t>(bytes.size())) return absl::FailedPreconditionError("a gap");
    bytes.replace(static_cast<size_t>(append.offset), std::string::npos, append.bytes);
    return absl::OkStatus();
  }

  absl::Status answer;
  size_t largest = 0;
  std::map<int, std::string> segments;
  std::map<int, std::string> stages;
};

class AttemptLogTest : public ::testing::Test {
 protected:
  AttemptLog Log(bool resumed = false) { return AttemptLog(fs_, layout_, key_, &keeper_, resumed); }
  void Write(const std::string& file, const std::string& bytes) { ASSERT_TRUE(fs_.Append(file, bytes).ok()); }

  testing::TempDir dir_;
  fs::PosixFilesystem fs_;
  experiment::LogLayout layout_{dir_ / "logs"};
  AttemptKey key_{{"0123456789abcdef"}, 2};
  LogKeeper keeper_;
  static constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
};

TEST_F(AttemptLogTest, NumbersStagesInTheOrderOfTheirStart) {
  AttemptLog log = Log();
  EXPECT_EQ(log.FileOf("prepare"), layout_.File(key_.experiment, 2, 1, "prepare"));
  log.Say("hello");
  EXPECT_EQ(log.FileOf("sub/dvc.yaml:train"), layout_.File(key_.experiment, 2, 2, "sub/dvc.yaml:train"));
  EXPECT_EQ(log.FileOf("prepare"), layout_.File(key_.experiment, 2, 1, "prepare"));
  EXPECT_EQ(*fs_.Read(layout_.File(key_.experiment, 2, 0, "setup")), "hello\n");
}

TEST_F(AttemptLogTest, SendsOnlyWhatIsNew) {
  AttemptLog log = Log();
  std::string train = log.FileOf("train");
  ASSERT_TRUE(log.Send(kAll).ok());
  Write(train, "epoch 1\n");
  ASSERT_TRUE(log.Send(kAll).ok());
  keeper_.segments[1] = "EPOCH 1\n";  // so that a repeat would show
  Write(train, "epoch 2\n");
  ASSERT_TRUE(log.Send(kAll).ok());
  EXPECT_EQ(keeper_.segments[1], "EPOCH 1\nepoch 2\n");
  EXPECT_EQ(keeper_.stages[1], "train");
}

TEST_F(AttemptLogTest, SendsMuchInPiecesAndInShares) {
  AttemptLog log = Log();
  std::string bytes(5 << 20, 'x');
  Write(log.FileOf("train"), bytes);
  ASSERT_TRUE(log.Send(2 << 20).ok());
  EXPECT_EQ(keeper_.segments[1].size(), 2u << 20);
  ASSERT_TRUE(log.Send(kAll).ok());
  EXPECT_EQ(keeper_.segments[1], bytes);
  EXPECT_LE(keeper_.largest, 1u << 20);
}

TEST_F(AttemptLogTest, GoesOnWhereItWasWhenTheSchedulerIsBack) {
  AttemptLog log = Log();
  Write(log.FileOf("train"), "one\n");
  keeper_.answer = absl::UnavailableError("away");
  EXPECT_TRUE(absl::IsUnavailable(log.Send(kAll)));
  keeper_.answer = absl::OkStatus();
  ASSERT_TRUE(log.Send(kAll).ok());
  EXPECT_EQ(keeper_.segments[1], "one\n");
}

TEST_F(AttemptLogTest, StopsSendingWhatIsNotWanted) {
  AttemptLog log = Log();
  Write(log.FileOf("train"), "one\n");
  keeper_.answer = absl::NotFoundError("no such experiment");
  EXPECT_TRUE(log.Send(kAll).ok());
  keeper_.answer = absl::OkStatus();
  EXPECT_TRUE(log.Send(kAll).ok());
  EXPECT_TRUE(keeper_.segments.empty());
}

TEST_F(AttemptLogTest, FindsItsSegmentsAgainAfterARestart) {
  {
    AttemptLog log = Log();
    log.Say("begun");
    Write(log.FileOf("prepare"), "1");
    Write(log.FileOf("train"), "2");
  }
  AttemptLog log = Log(true);
  EXPECT_EQ(log.FileOf("train"), layout_.File(key_.experiment, 2, 2, "train"));
  EXPECT_EQ(log.FileOf("evaluate"), layout_.File(key_.experiment, 2, 3, "evaluate"));
  ASSERT_TRUE(log.Send(kAll).ok());
  EXPECT_EQ(keeper_.segments, (std::map<int, std::string>{{0, "begun\n"}, {1, "1"}, {2, "2"}}));
}

TEST_F(AttemptLogTest, RemovesOnlyFilesThatAreNotTheSchedulersOwn) {
  AttemptLog sent = Log();
  sent.Say("x");
  sent.Forget();
  EXPECT_FALSE(fs_.Exists(layout_.ExperimentDir(key_.experiment)));
  AttemptLog direct(fs_, layout_, key_, nullptr, false);
  direct.Say("x");
  EXPECT_TRUE(direct.Send(kAll).ok());
  direct.Forget();
  EXPECT_TRUE(fs_.Exists(layout_.File(key_.experiment, 2, 0, "setup")));
}

}  // namespace
}  // namespace expq::agent
