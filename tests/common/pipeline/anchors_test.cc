#include "common/pipeline/anchors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Anchors, AreFoundBehindTheirKeys) {
  EXPECT_THAT(AnchorsIn("a: &x [1]\nb: *x\nc: {d: *x, e: 1}\nf: '*x'\n", {"a", "b", "c.d", "c.e", "f", "g"}),
              ElementsAre(Pair("a", "x"), Pair("b", "x"), Pair("c.d", "x")));
  EXPECT_THAT(AnchorsIn("a: &x 1\n", {"a"}), IsEmpty());
  EXPECT_THAT(AnchorsIn("a: [&x\nb: *x", {"a"}), IsEmpty()) << "what does not parse has none";
}

// The bytes are those of DVC 3.64 for the same params.yaml.
TEST(Anchors, StandInTheLockAsDvcWritesThem) {
  StagedRepository repo;
  repo.Write("params.yaml", "a: &x [1, {b: 2}]\nc: *x\nd: &m {e: 1}\nf: *m\ng: &s text\nh: *s\nalone: &n [3]\n")
      .Write("dvc.yaml",
             "stages:\n  s:\n    cmd: make s\n    params: [a, c, d, f, g, h, alone]\n    outs: [s]\n"
             "  t:\n    cmd: make t\n    outs: [t]\n");
  repo.options.targets = {"s"};
  repo.Execute();
  const std::string entry =
      "  s:\n    cmd: make s\n    params:\n      params.yaml:\n        a: &id001\n        - 1\n        - b: 2\n"
      "        alone:\n        - 3\n        c: *id001\n        d: &id002\n          e: 1\n        f: *id002\n"
      "        g: text\n        h: text\n";
  EXPECT_TRUE(absl::StartsWith(repo.Read("dvc.lock"), "schema: '2.0'\nstages:\n" + entry)) << repo.Read("dvc.lock");
  repo.options.targets = {"t"};
  repo.Execute();
  EXPECT_TRUE(absl::StartsWith(repo.Read("dvc.lock"), "schema: '2.0'\nstages:\n" + entry)) << repo.Read("dvc.lock");
  EXPECT_TRUE(absl::StrContains(repo.Read("dvc.lock"), "\n  t:\n    cmd: make t\n"));
  repo.options.targets = {};
  EXPECT_THAT(Results(repo.Execute()), ElementsAre("s up to date", "t up to date"));
}

TEST(Anchors, AnEmptyListIsSharedOnItsLine) {
  LockEntry entry{.cmd = "x"};
  LockedParams params{.path = "p.yaml", .anchors = {{"a", "x"}, {"b", "x"}}};
  params.values.Set("a", value::List());
  params.values.Set("b", value::List());
  entry.params.push_back(std::move(params));
  EXPECT_EQ(WithAnchors(yaml::Emit(EncodeLockEntry(entry)), entry, 0),
            "cmd: x\nparams:\n  p.yaml:\n    a: &id001 []\n    b: *id001\n");
}

}  // namespace
}  // namespace expq::pipeline
