// The cache on a disk that breaks: nothing half-written is visible, nothing of the user's is lost, and what Put
// acknowledged survives a power cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "tests/support/faulty_filesystem.h"
#include "tests/support/memory_filesystem.h"

namespace expq::blob {
namespace {

using testing::Fault;
using testing::FsCall;

const experiment::ProjectName kProject("p");

experiment::ByteSource SourceOf(std::vector<std::string> pieces) {
  std::reverse(pieces.begin(), pieces.end());
  return [pieces]() mutable -> absl::StatusOr<std::string> {
    if (pieces.empty()) return std::string();
    std::string piece = pieces.back();
    pieces.pop_back();
    return piece;
  };
}

class CacheFaultsTest : public ::testing::Test {
 protected:
  static constexpr int kFiles = 3;

  CacheFaultsTest() { Must(memory_.MakeDirs("/w/d")); }

  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  static std::string Name(int i) { return absl::StrCat("/w/d/", i); }
  static std::string Bytes(int i) { return absl::StrCat("bytes of ", i); }

  static CacheOptions With(fs::LinkKind kind) {
    CacheOptions options;
    options.link_kinds = {kind};
    options.hash_threads = 1;
    return options;
  }

  void WriteWorkspace() {
    for (int i = 0; i < kFiles; ++i) Must(memory_.Write(Name(i), Bytes(i), fs::Durability::kAtomic));
  }
  void ExpectWorkspaceIsWhole() {
    for (int i = 0; i < kFiles; ++i) EXPECT_EQ(*memory_.Read(Name(i)), Bytes(i));
  }
  void ExpectCacheIsSound() {
    for (const std::string& path : memory_.Files()) {
      if (!fs::IsWithin(path, "/cache")) continue;
      auto digest = digest::Digest::Parse(fs::Basename(fs::Dirname(path)) + fs::Basename(path));
      ASSERT_TRUE(digest.ok()) << path;
      EXPECT_EQ(digest::Md5Of(*memory_.Read(path), digest->is_dir()), *digest) << path;
      EXPECT_EQ(memory_.Stat(path)->mode, 0444u) << path;
    }
  }

  testing::MemoryFilesystem memory_;
  testing::FaultyFilesystem disk_{memory_};
  HashIndex index_{disk_, ""};
};

bool Writes(FsCall call) {
  return call == FsCall::kWrite || call == FsCall::kAppend || call == FsCall::kMakeDirs || call == FsCall::kLink ||
         call == FsCall::kRename || call == FsCall::kChmod;
}

// The disk is full from the n-th write on, for every n, with every kind of link.
TEST_F(CacheFaultsTest, AStoreOnAFullDiskLosesNothingAndWorksOnceThereIsRoom) {
  for (fs::LinkKind kind : {fs::LinkKind::kHardlink, fs::LinkKind::kCopy, fs::LinkKind::kSymlink}) {
    bool failed = true;
    for (int n = 0; failed; ++n) {
      ASSERT_LT(n, 100);
      WriteWorkspace();
      Cache cache(disk_, "/cache", index_, With(kind));
      disk_.Inject({.when = [](FsCall call, const std::string&) { return Writes(call); }, .after = n});
      absl::StatusOr<Content> stored = cache.Store("/w/d");
      failed = !stored.ok();
      EXPECT_TRUE(stored.ok() || absl::IsResourceExhausted(stored.status())) << stored.status();
      disk_.Heal();
      ExpectWorkspaceIsWhole();
      ExpectCacheIsSound();
      stored = cache.Store("/w/d");
      ASSERT_TRUE(stored.ok()) << stored.status();
      EXPECT_TRUE(cache.HasAll(stored->digest));
      ExpectWorkspaceIsWhole();
      Must(memory_.RemoveTree("/cache"));
      Must(memory_.RemoveTree("/w"));
      Must(memory_.MakeDirs("/w/d"));
    }
  }
}

TEST_F(CacheFaultsTest, ACheckoutOnAFullDiskCanBeRepeated) {
  WriteWorkspace();
  Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kCopy));
  digest::Digest digest = cache.Store("/w/d")->digest;
  bool failed = true;
  for (int n = 0; failed; ++n) {
    ASSERT_LT(n, 100);
    disk_.Inject({.when = [](FsCall call, const std::string&) { return Writes(call); }, .after = n});
    absl::Status checked_out = cache.Checkout(digest, "/v/d");
    failed = !checked_out.ok();
    EXPECT_TRUE(checked_out.ok() || absl::IsResourceExhausted(checked_out)) << checked_out;
    disk_.Heal();
    ExpectCacheIsSound();
    Must(cache.Checkout(digest, "/v/d"));
    EXPECT_EQ(cache.Hash("/v/d")->digest, digest);
    Must(memory_.RemoveTree("/v"));
  }
}

TEST_F(CacheFaultsTest, APutThatFailsHalfWayLeavesNothing) {
  Cache cache(disk_, "/cache", index_);
  digest::Digest digest = digest::Md5Of("first second");
  bool failed = true;
  for (int n = 0; failed; ++n) {
    ASSERT_LT(n, 100);
    disk_.Inject({.when = [](FsCall call, const std::string&) { return Writes(call) || call == FsCall::kSync; },
                  .after = n,
                  .short_write = 3});
    absl::Status put = cache.Put(kProject, digest, SourceOf({"first ", "second"}));
    failed = !put.ok();
    disk_.Heal();
    ExpectCacheIsSound();
    Must(memory_.RemoveTree("/cache"));
  }
}

TEST_F(CacheFaultsTest, APutSurvivesAPowerCut) {
  Cache cache(disk_, "/cache", index_);
  digest::Digest digest = digest::Md5Of("first second");
  Must(cache.Put(kProject, digest, SourceOf({"first ", "second"})));
  memory_.PowerCut();
  EXPECT_EQ(*memory_.Read(cache.ObjectPath(digest)), "first second");
}

TEST_F(CacheFaultsTest, APutFromASenderThatKeepsTheBytesWaitsForNoDisk) {
  Cache cache(disk_, "/cache", index_, {.received = fs::Durability::kAtomic});
  disk_.Inject({.when = [](FsCall call, const std::string&) { return call == FsCall::kSync; }});
  const digest::Digest digest = digest::Md5Of("bytes");
  Must(cache.Put(kProject, digest, SourceOf({"bytes"})));
  EXPECT_EQ(*memory_.Read(cache.ObjectPath(digest)), "bytes");
  EXPECT_EQ(disk_.Struck(), 0);
}

TEST_F(CacheFaultsTest, WhatWasReceivedIsNotReadAgainToCheckItOut) {
  Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kCopy));
  const digest::Digest digest = digest::Md5Of("bytes");
  Must(cache.Put(kProject, digest, SourceOf({"bytes"})));
  disk_.Inject({.when = [](FsCall call, const std::string&) { return call == FsCall::kRead; }});
  Must(cache.Checkout(digest, "/v"));
  EXPECT_EQ(*memory_.Read("/v"), "bytes");
  EXPECT_EQ(disk_.Struck(), 0);
}

TEST_F(CacheFaultsTest, ADurableStoreSurvivesAPowerCut) {
  for (fs::LinkKind kind : {fs::LinkKind::kHardlink, fs::LinkKind::kCopy}) {
    WriteWorkspace();
    CacheOptions options = With(kind);
    options.durability = fs::Durability::kDurable;
    Cache cache(disk_, "/cache", index_, options);
    digest::Digest digest = cache.Store("/w/d")->digest;
    memory_.PowerCut();
    HashIndex nothing(disk_, "");
    EXPECT_TRUE(Cache(disk_, "/cache", nothing).Checkout(digest, "/v").ok());
    Must(memory_.RemoveTree("/cache"));
    Must(memory_.RemoveTree("/v"));
  }
}

TEST_F(CacheFaultsTest, WhatAPowerCutDamagedIsFoundWhenItIsUsed) {
  WriteWorkspace();
  digest::Digest digest = digest::Md5Of(Bytes(0));
  {
    Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kCopy));
    Must(cache.Store(Name(0)).status());
    // The name reached the disk, the bytes did not.
    Must(memory_.Sync(fs::Dirname(cache.ObjectPath(digest))));
  }
  memory_.PowerCut();
  HashIndex nothing(disk_, "");
  Cache cache(disk_, "/cache", nothing);
  ASSERT_TRUE(cache.Has(digest));
  EXPECT_TRUE(absl::IsDataLoss(cache.Checkout(digest, "/v/0")));
  EXPECT_FALSE(cache.Has(digest));
}

TEST_F(CacheFaultsTest, WithoutHardLinksItCopies) {
  memory_.Forbid(fs::LinkKind::kReflink);
  memory_.Forbid(fs::LinkKind::kHardlink);
  WriteWorkspace();
  Cache cache(disk_, "/cache", index_);
  digest::Digest digest = cache.Store("/w/d")->digest;
  Must(cache.Checkout(digest, "/v"));
  EXPECT_EQ(memory_.Stat(Name(0))->mode, 0644u);
  EXPECT_EQ(memory_.Stat("/v/0")->mode, 0644u);
  ExpectCacheIsSound();
}

TEST_F(CacheFaultsTest, AReadErrorIsNotTakenForDamage) {
  WriteWorkspace();
  Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kCopy));
  digest::Digest digest = cache.Store("/w/d")->digest;
  HashIndex nothing(disk_, "");
  Cache fresh(disk_, "/cache", nothing);
  disk_.Inject({.when = [](FsCall call,
                           const std::string& path) { return call == FsCall::kRead && fs::IsWithin(path, "/cache"); },
                .error = absl::InternalError("input/output error")});
  EXPECT_TRUE(absl::IsInternal(fresh.Checkout(digest, "/v")));
  disk_.Heal();
  Must(fresh.Checkout(digest, "/v"));
}

// What was linked 10,000 times over is hashed once: afterwards it is only looked at.
TEST_F(CacheFaultsTest, ACheckoutByHardLinkAndItsHashReadNoFileAgain) {
  WriteWorkspace();
  memory_.Advance(HashIndex::kTickNs * 2);
  Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kHardlink));
  digest::Digest digest = cache.Store("/w/d")->digest;
  disk_.Inject(
      {.when = [](FsCall call, const std::string& path) { return call == FsCall::kRead && !path.ends_with(".dir"); }});
  for (const char* workspace : {"/v1", "/v2", "/v1"}) {
    Must(cache.Checkout(digest, workspace));
    EXPECT_EQ(cache.Hash(workspace)->digest, digest);
  }
  EXPECT_EQ(disk_.Struck(), 0);
}

TEST_F(CacheFaultsTest, ACopyThatWasCheckedOutIsKnownAndStays) {
  WriteWorkspace();
  memory_.Advance(HashIndex::kTickNs * 2);
  Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kCopy));
  digest::Digest digest = cache.Store("/w/d")->digest;
  Must(cache.Checkout(digest, "/v"));
  disk_.Inject({.when = [](FsCall call, const std::string&) { return Writes(call) && call != FsCall::kMakeDirs; }});
  Must(cache.Checkout(digest, "/v"));
  EXPECT_EQ(disk_.Struck(), 0);
}

TEST_F(CacheFaultsTest, ACopyThatReplacedAnotherIsKnownToo) {
  WriteWorkspace();
  memory_.Advance(HashIndex::kTickNs * 2);
  Cache cache(disk_, "/cache", index_, With(fs::LinkKind::kCopy));
  const digest::Digest digest = cache.Store("/w/d")->digest;
  Must(memory_.MakeDirs("/v"));
  Must(memory_.Write("/v/0", "something else", fs::Durability::kAtomic));
  Must(cache.Checkout(digest, "/v"));
  disk_.Inject(
      {.when = [](FsCall call, const std::string& path) { return call == FsCall::kRead && !path.ends_with(".dir"); }});
  EXPECT_EQ(cache.Hash("/v")->digest, digest);
  EXPECT_EQ(disk_.Struck(), 0);
}

}  // namespace
}  // namespace expq::blob
