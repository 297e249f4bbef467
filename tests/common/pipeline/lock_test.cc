#include "common/pipeline/lock.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr char kText[] = R"(schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - path: data
      hash: md5
      md5: 553debb2358b4b2158b9f20c3e806b99.dir
      size: 6
      nfiles: 4
    params:
      params.yaml:
        lr: 0.001
        none:
      a.json:
        k: 3
    outs:
    - path: model.bin
      hash: md5
      md5: fb7792b6596fd12502dd132c0aba0568
      size: 4
      isexec: true
  report:
    cmd:
    - one
    - two
)";

Lock Parsed(absl::string_view text) {
  absl::StatusOr<Lock> lock = Lock::Parse(text, "dvc.lock");
  EXPECT_TRUE(lock.ok()) << lock.status();
  return lock.ok() ? *std::move(lock) : Lock();
}

std::string Refusal(absl::string_view text) { return std::string(Lock::Parse(text, "dvc.lock").status().message()); }

TEST(Lock, ReadsWhatAStageLeft) {
  const Lock lock = Parsed(kText);
  const LockEntry* train = lock.Find("train");
  ASSERT_NE(train, nullptr);
  EXPECT_EQ(train->FindDep("data")->content->nfiles, 4);
  EXPECT_TRUE(train->FindDep("data")->content->digest.is_dir());
  EXPECT_TRUE(train->FindOut("model.bin")->content->is_exec);
  EXPECT_EQ(*train->FindParams("params.yaml")->Find("lr")->number(), 0.001);
  EXPECT_EQ(train->FindDep("model.bin"), nullptr);
  EXPECT_EQ(lock.Find("evaluate"), nullptr);
}

TEST(Lock, WritesBackTheSameBytes) { EXPECT_EQ(Parsed(kText).Encode(), kText); }

TEST(Lock, AChangedEntryKeepsItsPlaceAndANewOneComesLast) {
  Lock lock = Parsed("schema: '2.0'\nstages:\n  b:\n    cmd: x\n  a:\n    cmd: y\n");
  lock.Set("b", LockEntry{.cmd = "changed"});
  lock.Set("0", LockEntry{.cmd = "new"});
  EXPECT_EQ(lock.Encode(), "schema: '2.0'\nstages:\n  b:\n    cmd: changed\n  a:\n    cmd: y\n  '0':\n    cmd: new\n");
}

TEST(Lock, ATextLosesABlankWhereItIsFoldedOnceAnotherStageIsWritten) {
  const std::string words = "python train.py --alpha 0.1 --beta 0.2 --gamma 0.3 --delta 0.4 --long";
  Lock lock;
  lock.Set("a", LockEntry{.cmd = words + "  option"});
  const std::string folded = "schema: '2.0'\nstages:\n  a:\n    cmd: " + words;
  EXPECT_EQ(lock.Encode(), folded + "  \n      option\n");
  EXPECT_EQ(lock.Encode(), folded + "  \n      option\n");
  lock.Set("b", LockEntry{.cmd = "x"});
  EXPECT_EQ(lock.Encode(), folded + " \n      option\n  b:\n    cmd: x\n");
}

TEST(Lock, StagesThatEndInAnyOrderStandAsExpected) {
  Lock lock = Parsed("");
  lock.Expect("first");
  lock.Expect("never");
  lock.Expect("second");
  lock.Set("second", LockEntry{.cmd = "2"});
  lock.Set("first", LockEntry{.cmd = "1"});
  EXPECT_EQ(lock.Find("never"), nullptr);
  EXPECT_EQ(lock.Encode(), "schema: '2.0'\nstages:\n  first:\n    cmd: '1'\n  second:\n    cmd: '2'\n");
}

TEST(Lock, SortsItsListsAsDvcDoes) {
  LockEntry entry{.cmd = "x", .deps = {{.path = "outd"}, {.path = "out.txt"}}};
  for (const char* file : {"a.json", "params.yaml", "Z.toml"}) {
    value::Map values;
    values.Set("b", 1);
    values.Set("B", 2);
    entry.params.push_back({.path = file, .values = values});
  }
  entry.Sort();
  EXPECT_EQ(entry.deps[0].path, "out.txt");
  EXPECT_EQ(entry.params[0].path, "params.yaml");
  EXPECT_EQ(entry.params[1].path, "Z.toml");
  EXPECT_EQ(entry.params[2].values.begin()->first, "B");
}

TEST(Lock, KeepsWhatItDoesNotUnderstand) {
  const std::string text =
      "schema: '2.0'\nstages:\n  old:\n    cmd: x\n    outs:\n    - path: o\n      md5: "
      "d41d8cd98f00b204e9800998ecf8427e\n      etag: abc\ndatasets:\n- name: d\n";
  Lock lock = Parsed(text);
  lock.Set("new", LockEntry{.cmd = "y"});
  const std::string written = lock.Encode();
  EXPECT_NE(written.find("      etag: abc\n"), std::string::npos) << written;
  EXPECT_NE(written.find("datasets:\n- name: d\n"), std::string::npos) << written;
}

// Large enough to be read in parts.
std::string LargeText(int stages) {
  std::string text = "schema: '2.0'\nstages:\n";
  for (int i = 0; i < stages; ++i) {
    absl::StrAppend(&text, "  s", i, ":\n    cmd: 'cp \"in", i, "\"\n\n      out", i, "'\n    deps:\n    - path: in", i,
                    "\n      hash: md5\n      md5: 553debb2358b4b2158b9f20c3e806b99\n      size: 6\n");
  }
  return text;
}

TEST(Lock, ALargeOneIsReadInPartsThatMakeTheWhole) {
  const std::string text = LargeText(5000);
  Lock lock = Parsed(text);
  ASSERT_NE(lock.Find("s4999"), nullptr);
  EXPECT_EQ(lock.Find("s4999")->deps[0].path, "in4999");
  EXPECT_EQ(*lock.Find("s2500")->cmd.string(), "cp \"in2500\"\nout2500");
  EXPECT_EQ(Parsed(lock.Encode()).Encode(), lock.Encode());
  EXPECT_LT(lock.Encode().find("  s2499:"), lock.Encode().find("  s2500:"));
}

TEST(Lock, ALargeOneMayHaveMoreThanStages) {
  const std::string others = "datasets:\n- name: x\n  url: y\n  lock:\n    cmd: z\n";
  Lock lock = Parsed(LargeText(1) + std::string(1 << 20, '\n') + others);
  EXPECT_EQ(lock.Find("lock"), nullptr);
  EXPECT_NE(lock.Encode().find("datasets:\n"), std::string::npos);
}

TEST(Lock, WithAnchorsAndATextThatGoesOnFurtherLeftIsWrittenAnew) {
  auto lock = Lock::Parse("schema: '2.0'\nstages:\n  a:\n    cmd: &x 'one\n  two'\n    meta: *x\n", "dvc.lock");
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(lock->Encode(), "schema: '2.0'\nstages:\n  a:\n    cmd: one two\n    meta: one two\n");
}

TEST(Lock, MistakesInALargeOneAreSaidOfTheirLine) {
  const std::string text = LargeText(1000);
  EXPECT_EQ(Lock::Parse(text + "  s3:\n    cmd: x\n", "dvc.lock").status().message().substr(0, 16), "dvc.lock:9003:3:");
  EXPECT_EQ(Lock::Parse(text + "  last: [\n", "dvc.lock").status().message().substr(0, 14), "dvc.lock:9003:");
  EXPECT_EQ(Lock::Parse(text + "  last: 1\n", "dvc.lock").status().message().substr(0, 16), "dvc.lock:9003:3:");
}

TEST(Lock, RefusesWhatIsNotALock) {
  EXPECT_EQ(Refusal("stages: {}\n"), "dvc.lock:1:1: no schema: not a dvc.lock of DVC 2 or later");
  EXPECT_EQ(Refusal("schema: '1.0'\nstages: {}\n"), "dvc.lock:1:1: schema 1.0 instead of '2.0'");
  EXPECT_EQ(Refusal("schema: '2.0'\nstages:\n  a: 3\n"), "dvc.lock:3:3: an entry that is not a map");
  EXPECT_EQ(Refusal("schema: '2.0'\nstages:\n  a:\n    outs:\n    - path: x\n      md5: zz\n")
                .find("dvc.lock:3:3: outs: x: "),
            0u);
  EXPECT_EQ(Refusal("- a\n"), "dvc.lock: not a map");
  EXPECT_FALSE(Refusal("<<<<<<< HEAD\nschema: '2.0'\n=======\n").empty());
}

TEST(Lock, AnAbsentFileIsAnEmptyLock) {
  EXPECT_EQ(Parsed("").Encode(), "schema: '2.0'\n");
  EXPECT_EQ(Parsed("schema: '2.0'\n").Encode(), "schema: '2.0'\n");
}

}  // namespace
}  // namespace expq::pipeline
