// Books made from the refs of a real repository.
#include "scheduler/recovery/rebuild.h"

#include "common/git/repository.h"
#include "common/git/stores.h"
#include "common/submission/message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/recovery/check.h"
#include "scheduler/recovery/submissions.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_blob_store.h"
#include "tests/support/temp_repo.h"

namespace expq::recovery {
namespace {

using experiment::CommitId;
using experiment::Experiment;
using experiment::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const experiment::ProjectName kProject{"digits"};

class RebuildTest : public ::testing::Test {
 protected:
  RebuildTest() {
    repo_.Write("params.yaml", "units: 64  # wide\nlr: 0.5\n");
    repo_.Write("dvc.yaml", "metrics: [m.json]\n");
    repo_.Commit();
    repository_ = git::Repository::Open(repo_.path()).value();
  }

  Experiment AnExperiment(const std::string& id, const std::string& name, const std::string& override) const {
    Experiment e;
    e.id.value = id;
    e.name = name;
    e.baseline.value = repo_.Head();
    e.overrides = {override};
    return e;
  }
  // As a submit does it, but for the rows.
  CommitId LeaveRef(const std::string& id, const std::vector<Experiment>& experiments) const {
    const auto tree = repository_->SnapshotTree().value();
    const CommitId head = repository_->Head().value();
    const CommitId commit =
        repository_->CommitSnapshot(tree, head, submission::WriteMessage({id}, experiments)).value();
    EXPECT_TRUE(repository_->SetRef(git::SubmissionRef({id}), commit).ok());
    return commit;
  }
  CommitId LeaveResult(const Experiment& e, const std::string& metrics) const {
    const CommitId result =
        repository_->CommitChanges(e.baseline.value, {{.path = "m.json", .bytes = metrics}}, {e.baseline}, "r").value();
    EXPECT_TRUE(repository_->SetRef(git::ResultRef(e.baseline, e.name), result).ok());
    return result;
  }
  absl::StatusOr<Rebuilt> RebuildIt() {
    return Rebuild({.fs = fs_, .clock = clock_, .random = *random_, .records = records_, .blobs = blobs_}, Database(),
                   data_ / "logs", {Here()});
  }
  Project Here() const { return {.name = kProject, .repository = repo_.path()}; }
  std::string Database() const { return data_ / "queue.db"; }
  std::unique_ptr<store::Store> Open() const { return store::OpenSqlite(Database(), {.must_exist = true}).value(); }
  std::vector<Experiment> List(store::Store& store) {
    scheduler::Scheduler scheduler(store, clock_, *random_, records_, blobs_, {.log_dir = data_ / "logs"});
    return scheduler.List({.project = kProject}).value();
  }

  testing::TempRepo repo_;
  testing::TempDir data_;
  std::unique_ptr<git::Repository> repository_;
  fs::PosixFilesystem fs_;
  testing::FakeClock clock_;
  std::unique_ptr<random::Random> random_ = random::NewSeededRandom(1);
  git::LocalRecords records_{
      [this](const experiment::ProjectName&) -> absl::StatusOr<std::string> { return repo_.path(); }};
  testing::MemoryBlobStore blobs_;
};

const char kFirst[] = "aaaaaaaaaaaaaaaa";
const char kOne[] = "1111111111111111";
const char kTwo[] = "2222222222222222";

TEST_F(RebuildTest, TheBooksAreMadeFromTheRefsAlone) {
  const Experiment one = AnExperiment(kOne, "one", "units=1"), two = AnExperiment(kTwo, "two", "units=2");
  LeaveRef(kFirst, {one, two});
  const CommitId result = LeaveResult(one, "{\"acc\": 0.5}");
  const auto rebuilt = RebuildIt();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(rebuilt->aside, "");
  const auto store = Open();
  const std::vector<Experiment> all = List(*store);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].state, State::kSucceeded);
  EXPECT_EQ(all[0].revision, result);
  EXPECT_EQ(all[0].metrics_json, R"({"m.json":{"acc":0.5}})");
  EXPECT_EQ(all[1].state, State::kQueued);
  EXPECT_EQ(all[1].params_json, R"({"params.yaml":{"units":2,"lr":0.5}})");
  EXPECT_THAT(*Check(*store, {Here()}), IsEmpty());
}

TEST_F(RebuildTest, ADamagedDatabaseIsMovedAsideWithItsLogNotDeleted) {
  data_.Write("queue.db", "not a database");
  data_.Write("queue.db-wal", "its log");
  LeaveRef(kFirst, {AnExperiment(kOne, "one", "units=1")});
  const auto rebuilt = RebuildIt();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(fs_.Read(rebuilt->aside).value(), "not a database");
  EXPECT_EQ(fs_.Read(rebuilt->aside + "-wal").value(), "its log");
  EXPECT_EQ(List(*Open()).size(), 1u);
}

TEST_F(RebuildTest, ALogWhoseDatabaseIsGoneDoesNotComeBack) {
  data_.Write("queue.db-wal", "its log");
  ASSERT_TRUE(RebuildIt().ok());
  EXPECT_FALSE(fs_.Exists(data_ / "queue.db-wal"));
}

TEST_F(RebuildTest, AnErrorLeavesTheOldDatabaseWhereItIs) {
  data_.Write("queue.db", "precious");
  const auto rebuilt =
      Rebuild({.fs = fs_, .clock = clock_, .random = *random_, .records = records_, .blobs = blobs_}, Database(),
              data_ / "logs", {Here(), {.name = {"gone"}, .repository = data_ / "gone.git"}});
  EXPECT_THAT(rebuilt.status().message(), HasSubstr("project gone"));
  EXPECT_EQ(data_.Read("queue.db"), "precious");
  EXPECT_EQ(fs_.List(data_.path()).value().size(), 1u) << "and nothing lies about";
}

TEST_F(RebuildTest, ARefThatIsNoSubmissionIsNamedAndLeftOut) {
  ASSERT_TRUE(repository_->SetRef(git::SubmissionRef({kFirst}), repository_->Head().value()).ok());
  EXPECT_THAT(RebuildIt()->imported.skipped, ElementsAre(HasSubstr("refs/expq/queue/aaaaaaaaaaaaaaaa: submission")));
}

TEST_F(RebuildTest, AnOlderResultOfThatNameIsNotItsOwnWhenItWasToBeReplaced) {
  Experiment one = AnExperiment(kOne, "one", "units=1");
  const CommitId plain = LeaveRef(kFirst, {one});
  one.force_name = true;
  const CommitId forced = LeaveRef(kFirst, {one});
  // DVC made it long before.
  repo_.Write("old", "tree " + repo_.Git({"rev-parse", "HEAD^{tree}"}) +
                         "\nauthor a <a@b> 1000 +0000\ncommitter a <a@b> 1000 +0000\n\nold\n");
  const std::string old = repo_.Git({"hash-object", "-t", "commit", "-w", repo_ / "old"});
  repo_.Git({"update-ref", git::ResultRef(one.baseline, "one"), old});
  EXPECT_EQ(ReadSubmission(*repository_, {kFirst}, plain)->experiments[0].revision.value, old);
  EXPECT_EQ(ReadSubmission(*repository_, {kFirst}, forced)->experiments[0].revision.value, "");
}

TEST_F(RebuildTest, OrphansAreImportedUnlessTheyMayBeOnTheirWay) {
  LeaveRef(kFirst, {AnExperiment(kOne, "one", "units=1")});
  const auto store = store::OpenSqlite(":memory:").value();
  scheduler::Scheduler scheduler(*store, clock_, *random_, records_, blobs_, {.log_dir = data_ / "logs"});
  EXPECT_EQ(ImportOrphans(scheduler, Here(), absl::FromUnixSeconds(0))->queued, 0);
  EXPECT_EQ(ImportOrphans(scheduler, Here())->queued, 1);
  EXPECT_EQ(ImportOrphans(scheduler, Here())->queued, 0);
}

TEST_F(RebuildTest, CheckNamesWhatDoesNotAgree) {
  const Experiment one = AnExperiment(kOne, "one", "units=1"), two = AnExperiment(kTwo, "two", "units=2");
  LeaveRef(kFirst, {one});
  LeaveRef("bbbbbbbbbbbbbbbb", {two});
  LeaveResult(one, "{}");
  ASSERT_TRUE(RebuildIt().ok());
  const auto store = Open();
  const CommitId result = List(*store)[0].revision.empty() ? List(*store)[1].revision : List(*store)[0].revision;
  LeaveRef("cccccccccccccccc", {AnExperiment("3333333333333333", "three", "units=3")});
  ASSERT_TRUE(
      repository_->DeleteRefs({git::SubmissionRef({"bbbbbbbbbbbbbbbb"}), git::ResultRef(one.baseline, "one")}).ok());
  repo_.Git({"prune", "--expire=now"});
  repo_.Git({"gc", "-q", "--prune=now"});
  EXPECT_THAT(*Check(*store, {Here()}),
              ElementsAre("project digits: refs/expq/queue/cccccccccccccccc has no rows in the queue",
                          "project digits: submission bbbbbbbbbbbbbbbb is in the queue, but "
                          "refs/expq/queue/bbbbbbbbbbbbbbbb is not there",
                          "project digits: 'one' succeeded, but its result " + result.value + " is not there"));
  EXPECT_THAT(*Check(*store, {}), ElementsAre("project digits: in the queue, but it has no repository"));
}

}  // namespace
}  // namespace expq::recovery
