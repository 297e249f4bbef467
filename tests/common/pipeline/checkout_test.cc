// What a fresh workspace gets before its stages run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// data/x.csv and extra.csv are tracked by .dvc files; stage "a" reads the first.
class Checkout : public ::testing::Test {
 protected:
  Checkout() {
    repo.Write("dvc.yaml", "stages:\n  a:\n    cmd: make o data/x.csv\n    deps: [data]\n    outs: [o]\n");
    Track("data/x.csv", "used");
    Track("extra.csv", "unused");
  }
  void Track(const std::string& path, absl::string_view bytes) {
    const digest::Digest digest = *repo.cache.StoreBytes(bytes, false);
    repo.Write(path + ".dvc", absl::StrCat("outs:\n- md5: ", digest.text(), "\n  size: ", bytes.size(),
                                           "\n  hash: md5\n  path: ", fs::Basename(path), "\n"));
  }
  absl::Status CheckOut() { return CheckoutSources(repo.tools(), repo.root(), repo.Load(), repo.options); }
  std::vector<digest::Digest> Wanted() { return WantedBlobs(repo.fs, repo.root(), repo.Load(), repo.options).value(); }

  StagedRepository repo;
};

TEST_F(Checkout, BringsTheSourcesThatStagesRead) {
  ASSERT_TRUE(CheckOut().ok());
  EXPECT_EQ(repo.Read("data/x.csv"), "used");
  EXPECT_FALSE(repo.Exists("extra.csv"));
  EXPECT_TRUE(repo.Execute().ok());
}

TEST_F(Checkout, NamesWhatTheCacheLacks) {
  ASSERT_TRUE(repo.fs.Remove(repo.cache.ObjectPath(digest::Md5Of("used"))).ok());
  const absl::Status status = CheckOut();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("data/x.csv.dvc"));
}

TEST_F(Checkout, WithoutItTheStageSaysWhoTracksItsDependency) {
  repo.Write("dvc.yaml", "stages:\n  a:\n    cmd: make o data/x.csv\n    deps: [data/x.csv]\n    outs: [o]\n");
  const ExecuteReport report = repo.Execute();
  EXPECT_EQ(report.stages[0].error.message(), "stage 'a': missing dependency data/x.csv");
  EXPECT_EQ(status::Hint(report.stages[0].error), "data/x.csv.dvc tracks it, but it is not in the workspace");
}

TEST_F(Checkout, WantsSourcesAndRecordedOutputs) {
  EXPECT_THAT(Wanted(), UnorderedElementsAre(digest::Md5Of("used")));
  ASSERT_TRUE(CheckOut().ok());
  repo.Execute();
  EXPECT_THAT(Wanted(), UnorderedElementsAre(digest::Md5Of("used"), digest::Md5Of("o\nused")));
}

TEST_F(Checkout, BringsWhatAStageReadsFromOneThatIsNotSelected) {
  repo.Write("dvc.yaml",
             "stages:\n  a:\n    cmd: make o data/x.csv\n    deps: [data]\n    outs: [o]\n  b:\n    cmd: make p o\n"
             "    deps: [o]\n    outs: [p]\n");
  ASSERT_TRUE(CheckOut().ok());
  ASSERT_TRUE(repo.Execute().ok());
  repo.Remove("o");
  repo.Remove("p");
  repo.options.targets = {"b"};
  repo.options.single_item = true;
  EXPECT_THAT(Wanted(), UnorderedElementsAre(digest::Md5Of("o\nused"), digest::Md5Of("p\no\nused")));
  ASSERT_TRUE(CheckOut().ok());
  EXPECT_EQ(repo.Read("o"), "o\nused");

  repo.Remove("o");
  ASSERT_TRUE(repo.fs.Remove(repo.cache.ObjectPath(digest::Md5Of("o\nused"))).ok());
  EXPECT_THAT(std::string(CheckOut().message()), HasSubstr("o of a"));
}

TEST_F(Checkout, BringsThePersistentOutputsThatAStageAddsTo) {
  repo.Write("dvc.yaml",
             "stages:\n  a:\n    cmd: make o data/x.csv\n    deps: [data]\n    outs:\n    - o: {persist: true}\n");
  ASSERT_TRUE(CheckOut().ok());
  repo.Execute();
  repo.Remove("o");
  ASSERT_TRUE(CheckOut().ok());
  EXPECT_EQ(repo.Read("o"), "o\nused");

  // It is no input: without it the stage begins anew.
  repo.Remove("o");
  ASSERT_TRUE(repo.fs.Remove(repo.cache.ObjectPath(digest::Md5Of("o\nused"))).ok());
  EXPECT_TRUE(CheckOut().ok());
}

TEST_F(Checkout, AWorkspaceWithLockAndCacheNeedsNoRun) {
  ASSERT_TRUE(CheckOut().ok());
  repo.Execute();
  repo.Remove("o");
  repo.Remove("data/x.csv");
  ASSERT_TRUE(CheckOut().ok());
  repo.Execute();
  EXPECT_THAT(repo.runner.texts(), IsEmpty());
  EXPECT_EQ(repo.Read("o"), "o\nused");
}

}  // namespace
}  // namespace expq::pipeline
