#include "scheduler/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_format.h"
#include "common/fs/filesystem.h"
#include "common/status/status.h"
#include "scheduler/store/sqlite_connection.h"
#include "tests/support/temp_dir.h"

namespace expq::store {
namespace {

using core::Entry;
using core::Session;
using experiment::ProjectName;
using experiment::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ProjectName kProject{"p"};

Entry AnEntry(int n) {
  Entry entry;
  entry.id.value = absl::StrFormat("e%015x", n);
  entry.project = kProject;
  entry.submission.value = "a000000000000001";
  entry.name = absl::StrFormat("name-%d", n);
  entry.baseline.value = "b";
  entry.created = absl::FromUnixSeconds(1'700'000'000);
  return entry;
}

absl::Status InsertOne(Store& store, int n) {
  return store.Transact([&](Transaction& t) {
    std::vector<Entry> entries = {AnEntry(n)};
    return t.Insert(entries);
  });
}

std::vector<Entry> All(Store& store) {
  std::vector<Entry> entries;
  absl::Status status = store.Read([&](Reader& r) -> absl::Status {
    ASSIGN_OR_RETURN(entries, r.LoadProject(kProject, {}));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return entries;
}

// Everything that holds for the file holds for its twin in memory.
class AnyStore : public ::testing::TestWithParam<bool> {
 protected:
  testing::TempDir dir_;
  std::unique_ptr<Store> store_ = OpenSqlite(GetParam() ? ":memory:" : dir_ / "queue.db").value();
};
INSTANTIATE_TEST_SUITE_P(FileAndMemory, AnyStore, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Memory" : "File"; });

TEST_P(AnyStore, KeepsAllOfAnEntry) {
  Entry e = AnEntry(1);
  e.message = std::string("nul \0 and \xff", 11);
  e.overrides = {"a=1", ""};
  e.need = {.cpus = 1, .memory = 2, .gpus = 3, .labels = {{"k", "v"}}};
  e.after = {{"e1"}, {"e2"}};
  e.timeout = absl::Seconds(1.5);
  e.attempt = 4;
  e.session.value = "s";
  e.gpu_ids = {"GPU-1", "GPU-2"};
  e.suspect = true;
  e.ready = false;
  e.cause = experiment::Cause::kTimeout;
  e.properties = {{"a", "b"}};
  e.metrics_json = "{\"m\":1}";
  ASSERT_TRUE(store_
                  ->Transact([&](Transaction& t) {
                    std::vector<Entry> entries = {e};
                    return t.Insert(entries);
                  })
                  .ok());
  auto all = All(*store_);
  ASSERT_THAT(all, SizeIs(1));
  const Entry& got = all[0];
  EXPECT_EQ(got.sequence, 1);
  EXPECT_EQ(got.message, e.message);
  EXPECT_EQ(got.overrides, e.overrides);
  EXPECT_EQ(got.need, e.need);
  EXPECT_EQ(got.after, e.after);
  EXPECT_EQ(got.timeout, e.timeout);
  EXPECT_EQ(got.attempt, 4);
  EXPECT_EQ(got.session.value, "s");
  EXPECT_EQ(got.gpu_ids, e.gpu_ids);
  EXPECT_TRUE(got.suspect);
  EXPECT_FALSE(got.ready);
  EXPECT_EQ(got.cause, e.cause);
  EXPECT_EQ(got.properties, e.properties);
  EXPECT_EQ(got.metrics_json, e.metrics_json);
  EXPECT_EQ(got.created, e.created);
  EXPECT_EQ(got.finished, absl::InfinitePast());
}

TEST_P(AnyStore, DoesNothingOfARefusedOperation) {
  absl::Status status = store_->Transact([&](Transaction& t) -> absl::Status {
    std::vector<Entry> entries = {AnEntry(1)};
    RETURN_IF_ERROR(t.Insert(entries));
    return absl::AbortedError("changed my mind");
  });
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(All(*store_), IsEmpty());
  ASSERT_TRUE(InsertOne(*store_, 1).ok());
  EXPECT_EQ(All(*store_)[0].sequence, 1);
}

TEST_P(AnyStore, CommitsManyCallersTogetherAndUndoesOnlyTheRefused) {
  constexpr int kThreads = 8, kEach = 25;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        absl::Status status = store_->Transact([&](Transaction& t) -> absl::Status {
          std::vector<Entry> entries = {AnEntry(i * kEach + j)};
          RETURN_IF_ERROR(t.Insert(entries));
          std::vector<EventRow> events(1);
          events[0].project = kProject;
          RETURN_IF_ERROR(t.Append(events));
          return j % 5 == 0 ? absl::AbortedError("no") : absl::OkStatus();
        });
        if (!status.ok()) ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(refused, kThreads * kEach / 5);
  auto all = All(*store_);
  ASSERT_EQ(all.size(), static_cast<size_t>(kThreads * kEach * 4 / 5));
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, static_cast<int64_t>(i) + 1);
  ASSERT_TRUE(store_
                  ->Read([&](Reader& r) -> absl::Status {
                    auto events = r.Events(kProject, 0, 1000);
                    for (size_t i = 0; i < events->size(); ++i)
                      EXPECT_EQ((*events)[i].sequence, static_cast<int64_t>(i) + 1);
                    EXPECT_EQ(events->size(), all.size());
                    EXPECT_EQ(*r.LastEvent(), static_cast<int64_t>(all.size()));
                    auto tallies = r.Tallies();
                    EXPECT_THAT(*tallies, SizeIs(1));
                    EXPECT_EQ(tallies->front().count, static_cast<int64_t>(all.size()));
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(AnyStore, CountsEveryChangeOfState) {
  ASSERT_TRUE(InsertOne(*store_, 1).ok());
  ASSERT_TRUE(InsertOne(*store_, 2).ok());
  std::vector<Entry> all = All(*store_);
  ASSERT_TRUE(store_
                  ->Transact([&](Transaction& t) -> absl::Status {
                    all[0].state = State::kRunning;
                    RETURN_IF_ERROR(t.Update({{.from = State::kQueued, .entry = all[0]}}));
                    RETURN_IF_ERROR(t.Delete(std::vector{all[1]}));
                    auto tallies = t.Tallies();
                    EXPECT_THAT(*tallies, SizeIs(1));
                    EXPECT_EQ(tallies->front().state, State::kRunning);
                    EXPECT_EQ(tallies->front().count, 1);
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(AnyStore, GivesTheQueueInItsOrder) {
  std::vector<Entry> entries = {AnEntry(1), AnEntry(2), AnEntry(3), AnEntry(4), AnEntry(5)};
  entries[3].priority = 2;
  entries[2].attempt = 1;
  entries[4].ready = false;
  ASSERT_TRUE(store_
                  ->Transact([&](Transaction& t) -> absl::Status {
                    RETURN_IF_ERROR(t.Insert(entries));
                    auto queue = t.LoadQueue(kProject, {}, 10);
                    std::vector<int64_t> order;
                    for (const Entry& e : *queue) order.push_back(e.sequence);
                    EXPECT_THAT(order, ElementsAre(4, 3, 1, 2));
                    EXPECT_THAT(*t.LoadQueue(kProject, {}, 2), SizeIs(2));
                    EXPECT_THAT(*t.LoadQueue(kProject, {.gpus = 1}, 2), IsEmpty());
                    EXPECT_TRUE(std::ranges::is_sorted(*queue, core::Before));
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(AnyStore, ReleasesWhoeverWaitsForNothingElse) {
  std::vector<Entry> entries = {AnEntry(1), AnEntry(2), AnEntry(3)};
  entries[2].ready = false;
  ASSERT_TRUE(store_
                  ->Transact([&](Transaction& t) -> absl::Status {
                    RETURN_IF_ERROR(t.Insert(entries));
                    RETURN_IF_ERROR(t.Block({{entries[0].id, entries[2].id}, {entries[1].id, entries[2].id}}));
                    EXPECT_EQ(*t.Release({entries[0].id}), 0);
                    EXPECT_FALSE(t.Load({entries[2].id})->front().ready);
                    EXPECT_EQ(*t.Release({entries[1].id}), 1);
                    EXPECT_TRUE(t.Load({entries[2].id})->front().ready);
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(AnyStore, KeepsSessionsAndFindsThoseWhoseLeaseIsOver) {
  Session session;
  session.id.value = "s1";
  session.agent = "box";
  session.boot = "boot";
  session.lease_until = absl::Seconds(100);
  session.projects = {kProject};
  session.total = {.slots = 2, .cpus = 4, .memory = 9, .gpu_ids = {"g"}, .labels = {{"a", ""}}};
  ASSERT_TRUE(store_
                  ->Transact([&](Transaction& t) -> absl::Status {
                    RETURN_IF_ERROR(t.Put(session));
                    session.drain_requested = true;
                    RETURN_IF_ERROR(t.Put(session));
                    EXPECT_THAT(*t.Sessions(), SizeIs(1));
                    EXPECT_EQ((*t.FindSession({"s1"}))->total, session.total);
                    EXPECT_TRUE((*t.FindSession({"s1"}))->drain_requested);
                    EXPECT_EQ((*t.FindSession({"s1"}))->projects, session.projects);
                    EXPECT_THAT(*t.DueSessions("boot", absl::Seconds(100)), IsEmpty());
                    EXPECT_THAT(*t.DueSessions("boot", absl::Seconds(101)), SizeIs(1));
                    EXPECT_THAT(*t.DueSessions("other", absl::Seconds(1)), SizeIs(1));
                    return t.Delete(session.id);
                  })
                  .ok());
}

TEST_P(AnyStore, RefusesTheSameNameOnOneBaseline) {
  ASSERT_TRUE(InsertOne(*store_, 1).ok());
  Entry again = AnEntry(2);
  again.name = AnEntry(1).name;
  auto insert = [&] {
    return store_->Transact([&](Transaction& t) {
      std::vector<Entry> entries = {again};
      return t.Insert(entries);
    });
  };
  EXPECT_TRUE(absl::IsAlreadyExists(insert()));
  again.baseline.value = "other";
  EXPECT_TRUE(insert().ok());
}

TEST_P(AnyStore, NoticesChanges) {
  int64_t before = *store_->DataVersion();
  EXPECT_EQ(*store_->DataVersion(), before);
  ASSERT_TRUE(InsertOne(*store_, 1).ok());
  EXPECT_NE(*store_->DataVersion(), before);
}

TEST(SqliteStore, KeepsEverythingWhenOpenedAgain) {
  testing::TempDir dir;
  {
    auto store = OpenSqlite(dir / "queue.db");
    ASSERT_TRUE(InsertOne(**store, 1).ok());
  }
  auto store = OpenSqlite(dir / "queue.db", {.must_exist = true});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT(All(**store), SizeIs(1));
  EXPECT_TRUE(absl::IsNotFound(OpenSqlite(dir / "other.db", {.must_exist = true}).status()));
  EXPECT_TRUE(absl::IsNotFound(OpenSqlite(dir / "no/folder.db").status()));
}

TEST(SqliteStore, ItsLogDoesNotGrowWithCommandsThatWriteOnceAndEnd) {
  testing::TempDir dir;
  std::string path = dir / "queue.db";
  int64_t longest = 0;
  for (int n = 0; n < 8; ++n) {
    auto store = OpenSqlite(path).value();
    auto status = store->Transact([&](Transaction& t) {
      std::vector<Entry> entries = {AnEntry(n)};
      entries[0].params_json = std::string(1 << 20, 'x');
      return t.Insert(entries);
    });
    ASSERT_TRUE(status.ok()) << status;
    store.reset();
    longest = std::max(longest, fs::PosixFilesystem().Stat(path + "-wal")->size);
  }
  EXPECT_LT(longest, 5 << 20);
  EXPECT_THAT(All(*OpenSqlite(path).value()), SizeIs(8));
}

TEST(SqliteStore, IsMadeOnceByManyAtTheSameMoment) {
  testing::TempDir dir;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] {
      auto store = OpenSqlite(dir / "queue.db");
      ASSERT_TRUE(store.ok()) << store.status();
      EXPECT_TRUE(InsertOne(**store, i).ok());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(All(*OpenSqlite(dir / "queue.db").value()), SizeIs(20));
}

TEST(SqliteStore, ReadersDoNotWaitForAWriterOfAnotherProcess) {
  testing::TempDir dir;
  auto mine = OpenSqlite(dir / "queue.db", {.busy_timeout = absl::Milliseconds(50)}).value();
  auto theirs = OpenSqlite(dir / "queue.db").value();
  ASSERT_TRUE(InsertOne(*mine, 1).ok());
  absl::Status held = theirs->Transact([&](Transaction& t) -> absl::Status {
    std::vector<Entry> entries = {AnEntry(2)};
    RETURN_IF_ERROR(t.Insert(entries));
    EXPECT_THAT(All(*mine), SizeIs(1));
    absl::Status busy = InsertOne(*mine, 3);
    EXPECT_TRUE(absl::IsUnavailable(busy)) << busy;
    EXPECT_THAT(busy.message(), HasSubstr("queue.db"));
    return absl::OkStatus();
  });
  EXPECT_TRUE(held.ok());
  EXPECT_TRUE(InsertOne(*mine, 3).ok());
  EXPECT_THAT(All(*mine), SizeIs(3));
}

TEST(SqliteStore, RefusesADatabaseOfANewerVersion) {
  testing::TempDir dir;
  ASSERT_TRUE(OpenSqlite(dir / "queue.db").ok());
  {
    auto raw = Connection::Open(dir / "queue.db", absl::Seconds(1), Connection::Mode::kWrite);
    ASSERT_TRUE((*raw)->Execute("PRAGMA user_version = 7").ok());
  }
  absl::Status refused = OpenSqlite(dir / "queue.db").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(refused.message(), HasSubstr("was made by a newer expq (schema 7, this one knows 1): upgrade expq"));
}

TEST(SqliteStore, RefusesWhatIsNotItsDatabase) {
  testing::TempDir dir;
  dir.Write("text.db", std::string(5000, 'x'));
  absl::Status text = OpenSqlite(dir / "text.db").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(text)) << text;
  EXPECT_THAT(text.message(), HasSubstr("text.db: this is not an expq database"));
  EXPECT_NE(status::Hint(text), "");
  {
    auto raw = Connection::Open(dir / "other.db", absl::Seconds(1), Connection::Mode::kMake);
    ASSERT_TRUE((*raw)->Execute("CREATE TABLE t (x)").ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenSqlite(dir / "other.db").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenSqlite(dir.path()).status()));
}

// A small disk that only this process sees and that ends with it; false when that is not allowed here.
bool MountSmallDisk(const std::string& dir) {
  return unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", dir.c_str(), "tmpfs", 0, "size=512k") == 0;
}

TEST(SqliteStore, SaysWhenTheFileIsReadOnly) {
  testing::TempDir dir;
  if (!MountSmallDisk(dir.path())) GTEST_SKIP() << "may not mount";
  ASSERT_TRUE(OpenSqlite(dir / "queue.db").ok());
  ASSERT_EQ(mount("none", dir.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  absl::Status refused = OpenSqlite(dir / "queue.db").status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(OpenSqlite(dir / "new.db").status().message(), HasSubstr("cannot be written"));
  umount(dir.path().c_str());
}

TEST(SqliteStore, SaysWhenTheDiskIsFullAndGoesOnAfterwards) {
  testing::TempDir dir;
  if (!MountSmallDisk(dir.path())) GTEST_SKIP() << "may not mount";
  {
    auto store = OpenSqlite(dir / "queue.db").value();
    ASSERT_TRUE(InsertOne(*store, 1).ok());
    Entry large = AnEntry(2);
    large.message = std::string(1 << 20, 'x');
    absl::Status full = store->Transact([&](Transaction& t) {
      std::vector<Entry> entries = {large};
      return t.Insert(entries);
    });
    EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
    EXPECT_THAT(All(*store), SizeIs(1));
    EXPECT_TRUE(InsertOne(*store, 3).ok());
    EXPECT_THAT(All(*store), SizeIs(2));
  }
  umount(dir.path().c_str());
}

}  // namespace
}  // namespace expq::store
