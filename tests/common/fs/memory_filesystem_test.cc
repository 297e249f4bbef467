#include "tests/support/memory_filesystem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/faulty_filesystem.h"

namespace expq::testing {
namespace {

using ::testing::ElementsAre;

TEST(MemoryFilesystem, APowerCutTakesWhatWasNotSynced) {
  MemoryFilesystem disk;
  ASSERT_TRUE(disk.Write("/durable", "d", fs::Durability::kDurable).ok());
  ASSERT_TRUE(disk.Append("/durable", " and more").ok());
  ASSERT_TRUE(disk.Write("/atomic", "a", fs::Durability::kAtomic).ok());
  disk.PowerCut();
  EXPECT_THAT(disk.Files(), ElementsAre("/durable"));
  EXPECT_EQ(*disk.Read("/durable"), "d");
}

TEST(MemoryFilesystem, ARenameIsLostUntilItsFolderIsSynced) {
  MemoryFilesystem disk;
  ASSERT_TRUE(disk.Write("/a", "bytes", fs::Durability::kDurable).ok());
  ASSERT_TRUE(disk.Rename("/a", "/b").ok());
  disk.PowerCut();
  EXPECT_THAT(disk.Files(), ElementsAre("/a"));
  ASSERT_TRUE(disk.Rename("/a", "/b").ok());
  ASSERT_TRUE(disk.Sync("/").ok());
  disk.PowerCut();
  EXPECT_THAT(disk.Files(), ElementsAre("/b"));
}

TEST(FaultyFilesystem, BreaksTheCallsItWasToldToAndHeals) {
  MemoryFilesystem memory;
  FaultyFilesystem disk(memory);
  disk.Inject({.when = [](FsCall call, const std::string& path) { return call == FsCall::kAppend && path == "/log"; },
               .after = 1,
               .times = 1,
               .short_write = 2});
  EXPECT_TRUE(disk.Append("/log", "one").ok());
  EXPECT_TRUE(disk.Append("/other", "one").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(disk.Append("/log", "two")));
  EXPECT_EQ(*disk.Read("/log"), "onetw");
  EXPECT_TRUE(disk.Append("/log", "three").ok());
  EXPECT_EQ(disk.Struck(), 1);
  disk.Inject({.error = absl::InternalError("input/output error")});
  EXPECT_TRUE(absl::IsInternal(disk.Read("/log").status()));
  disk.Heal();
  EXPECT_TRUE(disk.Read("/log").ok());
}

}  // namespace
}  // namespace expq::testing
