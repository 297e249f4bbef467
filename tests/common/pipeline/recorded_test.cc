#include "common/pipeline/recorded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kOne[] = "b026324c6904b2a9cb4b88d6d61c81d1";
constexpr char kTwo[] = "26ab0db90d72e28ad0ba1e22ee510510";

// An entry of dvc.lock with one dependency.
std::string Entry(const std::string& stage, const std::string& path, const std::string& md5) {
  return "  " + stage + ":\n    cmd: x\n    deps:\n    - path: " + path + "\n      hash: md5\n      md5: " + md5 +
         "\n      size: 2\n";
}

std::map<std::string, Lock> Locks(const std::map<std::string, std::string>& entries) {
  std::map<std::string, Lock> locks;
  for (const auto& [path, text] : entries) locks[path] = Lock::Parse("schema: '2.0'\nstages:\n" + text, path).value();
  return locks;
}

TEST(DepsRecordedIn, TakesTheLastStagesWordByPathFromTheRoot) {
  StagedRepository repo;
  repo.Write("dvc.yaml", "stages:\n  a: {cmd: x, deps: [in, late]}\n  b: {cmd: x, wdir: w, deps: [../in, own]}\n")
      .Write("sub/dvc.yaml", "stages:\n  c: {cmd: x, deps: [../late]}\n");
  const auto locks = Locks({{"dvc.lock", Entry("a", "in", kOne) + Entry("b", "../in", kTwo)},
                            {"sub/dvc.lock", Entry("c", "../late", std::string(kOne) + ".dir")}});
  EXPECT_THAT(DepsRecordedIn(locks, repo.root(), repo.Load()),
              ElementsAre(Pair("in", kTwo), Pair("late", std::string(kOne) + ".dir"), Pair("w/own", "")));
}

TEST(DepsRecordedIn, NamesWhatLiesOutsideByTheWayThere) {
  StagedRepository repo;
  const std::string outside = fs::Normalize(fs::Join(repo.root(), "../far"));
  repo.Write("sub/dvc.yaml", "stages:\n  a: {cmd: x, deps: [../../near, " + outside + "]}\n");
  const auto locks = Locks({{"sub/dvc.lock", Entry("a", "../../near", kOne)}});
  EXPECT_THAT(DepsRecordedIn(locks, repo.root(), repo.Load()), ElementsAre(Pair("../far", ""), Pair("../near", kOne)));
}

TEST(DepsRecordedIn, HasNoHashesWithoutLocks) {
  StagedRepository repo;
  repo.Write("dvc.yaml", "stages:\n  a: {cmd: x, deps: [in]}\n");
  EXPECT_THAT(DepsRecordedIn({}, repo.root(), repo.Load()), ElementsAre(Pair("in", "")));
}

}  // namespace
}  // namespace expq::pipeline
