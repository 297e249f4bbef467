#include "scheduler/store/sqlite_files.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/support/temp_dir.h"

namespace expq::store {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

absl::Status InsertOne(Store& store, const std::string& name) {
  return store.Transact([&](Transaction& rows) {
    core::Entry entry;
    entry.id.value = name;
    entry.project.value = "p";
    entry.name = name;
    std::vector<core::Entry> entries = {entry};
    return rows.Insert(entries);
  });
}

std::vector<std::string> Names(Store& store) {
  std::vector<std::string> names;
  EXPECT_TRUE(store
                  .Read([&](Reader& rows) -> absl::Status {
                    auto found = rows.Names({"p"});
                    if (found.ok()) names = *found;
                    return found.status();
                  })
                  .ok());
  return names;
}

TEST(SqliteFiles, ACopyIsWholeWhileTheOriginalIsInUse) {
  const testing::TempDir dir;
  const auto store = OpenSqlite(dir / "queue.db");
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(InsertOne(**store, "early").ok());  // still in the log, not in the file
  const absl::Status copied = CopySqlite(dir / "queue.db", dir / "copy.db");
  ASSERT_TRUE(copied.ok()) << copied;
  ASSERT_TRUE(InsertOne(**store, "late").ok());
  const auto copy = OpenSqlite(dir / "copy.db", {.must_exist = true});
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_THAT(Names(**copy), ::testing::ElementsAre("early"));
}

TEST(SqliteFiles, WhatIsDamagedIsFound) {
  const testing::TempDir dir;
  {
    const auto store = OpenSqlite(dir / "queue.db");
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(InsertOne(**store, std::string(100, 'n') + std::to_string(i)).ok());
  }
  ASSERT_TRUE(CopySqlite(dir / "queue.db", dir / "copy.db").ok());
  EXPECT_THAT(*CheckSqlite(dir / "copy.db"), IsEmpty());
  std::string bytes = dir.Read("copy.db");
  bytes.replace(bytes.size() / 2, 8000, std::string(8000, '\x5a'));
  dir.Write("copy.db", bytes);
  const auto found = CheckSqlite(dir / "copy.db");
  EXPECT_TRUE(!found.ok() || !found->empty());
  dir.Write("garbage.db", std::string(5000, 'x'));
  EXPECT_FALSE(CheckSqlite(dir / "garbage.db").ok());
  EXPECT_TRUE(absl::IsNotFound(CheckSqlite(dir / "absent.db").status()));
}

}  // namespace
}  // namespace expq::store
