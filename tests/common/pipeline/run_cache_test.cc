#include "common/pipeline/run_cache.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/temp_dir.h"

namespace expq::pipeline {
namespace {

LockEntry ExecBit() {
  LockEntry entry{.cmd = "printf '#!/bin/sh\\n' > ex.sh; chmod +x ex.sh"};
  entry.deps = {
      {.path = "in.txt",
       .content = Fingerprint{.digest = *digest::Digest::Parse("b1946ac92492d2347c6235b4d2611184"), .size = 6}}};
  entry.outs = {
      {.path = "ex.sh",
       .content = Fingerprint{
           .digest = *digest::Digest::Parse("3e2b31c72181b87149ff995e7202c0e3"), .size = 10, .is_exec = true}}};
  return entry;
}

TEST(RunCacheKey, IsDvcs) {  // observed in DVC 3.64
  EXPECT_EQ(RunCacheKey(ExecBit()), "8b1cba18e9e851bd931ba17c277365ed74f1a19f03c5f16cdec608307c0ba272");
  EXPECT_EQ(RunCacheValue(ExecBit()), "41e442524c5992c2caa71286bfe281527c4c2945b42dca1bf15868d2f15c70ea");
}

TEST(RunCacheKey, LeavesOutParamsNamedSizeAsDvcDoes) {  // observed in DVC 3.67.1
  LockEntry entry{.cmd = "cat params.yaml > o.txt", .outs = {{.path = "o.txt"}}};
  value::Map inner, outer;
  inner.Set("size", 2);
  outer.Set("m", inner);
  outer.Set("size", 1);
  entry.params = {{.path = "params.yaml", .values = outer}};
  EXPECT_EQ(RunCacheKey(entry), "f3f8d414ee0f28cf90abbbdda42191b72d38ef2c0ec5d348a6cbc68a8d1c9033");
}

TEST(RunCacheKey, IsEmptyWhereDvcDoesNotCache) {
  LockEntry unknown = ExecBit();
  unknown.deps[0].content.reset();
  EXPECT_EQ(RunCacheKey(unknown), "");
  LockEntry empty_params = ExecBit();
  empty_params.params = {{.path = "empty.yaml"}};
  EXPECT_EQ(RunCacheKey(empty_params), "");
}

TEST(IsRunCacheable, NeedsInputsAndOutputsOfItsOwn) {
  const Stage good{
      .commands = {"x"}, .deps = {{.path = "d", .root_path = "d"}}, .outs = {{.path = "o", .root_path = "o"}}};
  EXPECT_TRUE(IsRunCacheable(good));
  Stage stage = good;
  stage.deps.clear();
  EXPECT_FALSE(IsRunCacheable(stage)) << "no inputs";
  stage.params = {{.path = "params.yaml", .root_path = "params.yaml"}};
  EXPECT_TRUE(IsRunCacheable(stage)) << "params are inputs";
  stage = good;
  stage.outs.clear();
  EXPECT_FALSE(IsRunCacheable(stage)) << "no outputs";
  stage = good;
  stage.outs[0].persist = true;
  EXPECT_FALSE(IsRunCacheable(stage)) << "persistent";
  stage = good;
  stage.always_changed = true;
  EXPECT_FALSE(IsRunCacheable(stage)) << "always changed";
  stage = good;
  stage.outs[0].root_path = "/outside";
  EXPECT_FALSE(IsRunCacheable(stage)) << "outside";
}

TEST(MayFillRunCache, NotWithAPlainOutputThatIsNotCached) {
  Stage stage{.commands = {"x"},
              .deps = {{.path = "d", .root_path = "d"}},
              .outs = {{.path = "o", .root_path = "o", .kind = OutputKind::kMetric, .cache = false}}};
  EXPECT_TRUE(MayFillRunCache(stage));
  stage.outs[0].kind = OutputKind::kOut;
  EXPECT_FALSE(MayFillRunCache(stage));
}

class RunCacheTest : public ::testing::Test {
 protected:
  LockEntry Entry(absl::string_view out) {
    LockEntry entry = ExecBit();
    entry.outs[0].content->digest = *cache_.StoreBytes(out, false);
    return entry;
  }
  std::string Folder() const {
    const std::string key = RunCacheKey(ExecBit());
    return dir_ / ("runs/" + key.substr(0, 2) + "/" + key);
  }

  expq::testing::TempDir dir_;
  fs::PosixFilesystem fs_;
  blob::HashIndex index_{fs_, ""};
  blob::Cache cache_{fs_, dir_.path(), index_};
  RunCache runs_{fs_, cache_};
};

TEST_F(RunCacheTest, GivesBackWhatWasSaved) {
  EXPECT_FALSE(runs_.Find(ExecBit()).has_value());
  const LockEntry entry = Entry("result");
  ASSERT_TRUE(runs_.Save(entry).ok());
  const auto found = runs_.Find(ExecBit());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->outs[0].content->digest, entry.outs[0].content->digest);
  EXPECT_EQ(found->outs[0].content->size, 10);
  EXPECT_TRUE(found->outs[0].content->is_exec);
}

TEST_F(RunCacheTest, PassesOverEntriesWhoseOutputsAreGone) {
  const LockEntry kept = Entry("kept"), lost = Entry("lost");
  ASSERT_TRUE(runs_.Save(kept).ok());
  ASSERT_TRUE(runs_.Save(lost).ok());
  ASSERT_TRUE(fs_.Remove(cache_.ObjectPath(lost.outs[0].content->digest)).ok());
  const auto found = runs_.Find(ExecBit());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->outs[0].content->digest, kept.outs[0].content->digest);
}

TEST_F(RunCacheTest, PassesOverFilesThatAreNotEntries) {
  ASSERT_TRUE(runs_.Save(Entry("result")).ok());
  for (const char* junk : {"", "- a list\n", "cmd: [unclosed\n", "cmd: other\n", "outs:\n- path: x\n"}) {
    ASSERT_TRUE(fs_.Write(fs::Join(Folder(), "junk"), junk, fs::Durability::kAtomic).ok());
    EXPECT_TRUE(runs_.Find(ExecBit()).has_value()) << junk;
  }
}

TEST_F(RunCacheTest, IsNotFooledByParamsThatTheKeyLeavesOut) {
  const auto with_size = [&](int size) {
    LockEntry entry = Entry("result");
    value::Map values;
    values.Set("lr", 1);
    values.Set("size", size);
    entry.params = {{.path = "params.yaml", .values = values}};
    return entry;
  };
  ASSERT_TRUE(runs_.Save(with_size(3)).ok());
  EXPECT_TRUE(runs_.Find(with_size(3)).has_value());
  EXPECT_EQ(RunCacheKey(with_size(3)), RunCacheKey(with_size(4)));
  EXPECT_FALSE(runs_.Find(with_size(4)).has_value());
}

TEST_F(RunCacheTest, SaysWhatItsEntriesName) {
  EXPECT_TRUE(RunCacheOuts(fs_, dir_ / "nowhere")->empty());
  const LockEntry one = Entry("one"), two = Entry("two");
  ASSERT_TRUE(runs_.Save(one).ok());
  ASSERT_TRUE(runs_.Save(two).ok());
  ASSERT_TRUE(fs_.Write(fs::Join(Folder(), "junk"), "- a list\n", fs::Durability::kAtomic).ok());
  const auto outs = RunCacheOuts(fs_, dir_.path());
  ASSERT_TRUE(outs.ok()) << outs.status();
  std::set<std::string> found;
  for (const LockedPath& out : *outs) found.insert(out.content->digest.text());
  EXPECT_EQ(found, (std::set<std::string>{one.outs[0].content->digest.text(), two.outs[0].content->digest.text()}));
}

TEST_F(RunCacheTest, OfAGroupIsForTheGroupToWrite) {
  blob::Cache shared(fs_, dir_ / "shared", index_, {.group_shared = true});
  RunCache runs(fs_, shared);
  ASSERT_TRUE(runs.Save(Entry("result")).ok());
  const std::string key = RunCacheKey(ExecBit()), folder = dir_ / ("shared/runs/" + key.substr(0, 2) + "/" + key);
  EXPECT_EQ(fs_.Stat(folder)->mode, 02775u);
  EXPECT_EQ(fs_.Stat(fs::Join(folder, fs_.List(folder)->front().name))->mode, 0664u);
}

}  // namespace
}  // namespace expq::pipeline
