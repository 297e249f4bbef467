// Against files made by the real DVC: tests/golden/dvc-3.67.1, see make.sh there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/process/runners.h"
#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAreArray;

constexpr char kGolden[] = EXPQ_SOURCE_DIR "/tests/golden/dvc-3.67.1";

// The golden workspace in a temporary folder, with DVC's cache root and a shell to run the commands.
class DvcGolden : public ::testing::Test {
 protected:
  DvcGolden() {
    CopyTree("workspace", "");
    repository_.options.env = {"PATH=/usr/bin:/bin"};
  }

  std::string Golden(absl::string_view file) const {
    const auto bytes = repository_.fs.Read(fs::Join(kGolden, file));
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.value_or("");
  }

  // Relative paths below a folder, sorted by their bytes.
  std::vector<std::string> FilesBelow(const std::string& folder) const {
    std::vector<std::string> files;
    EXPECT_TRUE(fs::Walk(repository_.fs, folder, [&](const std::string& relative, fs::Kind) {
                  files.push_back(relative);
                  return absl::OkStatus();
                }).ok());
    std::sort(files.begin(), files.end());
    return files;
  }

  void CopyTree(const std::string& from, const std::string& to) {
    for (const std::string& file : FilesBelow(fs::Join(kGolden, from))) {
      const std::string source = fs::Join(fs::Join(kGolden, from), file);
      const auto info = repository_.fs.Stat(source);
      ASSERT_TRUE(info.ok());
      repository_.dir.Write(fs::Join(to, file), *repository_.fs.Read(source), info->mode);
    }
  }

  ExecuteReport Execute() {
    process::DirectRunner runner;
    Tools tools = repository_.tools();
    const auto report = pipeline::Execute({.fs = tools.fs, .cache = tools.cache, .runner = runner}, repository_.root(),
                                          repository_.Load(), repository_.options, repository_.stop);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(ExecuteReport{});
  }

  StagedRepository repository_;
};

TEST_F(DvcGolden, AFirstRunLeavesTheFilesThatDvcLeaves) {
  const ExecuteReport report = Execute();

  EXPECT_TRUE(report.ok());
  EXPECT_EQ(repository_.Read("dvc.lock"), Golden("dvc.lock"));
  EXPECT_EQ(repository_.Read(".gitignore"), Golden("gitignore.txt"));
  const std::vector<std::string> runs = FilesBelow(fs::Join(kGolden, "runs"));
  EXPECT_THAT(FilesBelow(repository_.dir / ".dvc/cache/runs"), ElementsAreArray(runs));
  for (const std::string& run : runs) {
    EXPECT_EQ(repository_.Read(".dvc/cache/runs/" + run), Golden("runs/" + run)) << run;
  }
  std::vector<std::string> objects = absl::StrSplit(Golden("objects.txt"), '\n', absl::SkipEmpty());
  for (std::string& object : objects) object = std::string(absl::StripPrefix(object, "files/"));
  EXPECT_THAT(FilesBelow(repository_.dir / ".dvc/cache/files"), ElementsAreArray(objects));
}

TEST_F(DvcGolden, SideBySideStagesLeaveTheSameLock) {
  repository_.options.jobs = 4;
  EXPECT_TRUE(Execute().ok());
  EXPECT_EQ(repository_.Read("dvc.lock"), Golden("dvc.lock"));
}

TEST_F(DvcGolden, TheExperimentHashIsDvcs) {
  const ExecuteReport report = Execute();
  EXPECT_EQ("dvc: commit experiment " + report.experiment_hash + "\n", Golden("experiment.txt"));
  // DVC commits those of them that are not ignored and differ from the baseline.
  const std::vector<std::string> changed = absl::StrSplit(Golden("changed.txt"), '\n', absl::SkipEmpty());
  EXPECT_THAT(report.tracked_files, ::testing::IsSupersetOf(changed));
}

TEST_F(DvcGolden, WhatDvcRanIsUpToDate) {
  ASSERT_TRUE(Execute().ok());  // the objects, which are the same
  repository_.Write("dvc.lock", Golden("dvc.lock"));
  EXPECT_THAT(repository_.Status(), ::testing::ElementsAre("callback: always runs"));
}

TEST_F(DvcGolden, DvcsRunCacheIsHonoured) {
  ASSERT_TRUE(Execute().ok());
  repository_.Remove(".dvc/cache/runs");
  CopyTree("runs", ".dvc/cache/runs");
  for (const char* lost : {"dvc.lock", "feat", "model.bin", "metrics.json", "plot.csv", "a dir", "n.txt"}) {
    repository_.Remove(lost);
  }
  const ExecuteReport report = Execute();
  EXPECT_THAT(Results(report),
              ::testing::ElementsAre("features restored", "train restored", "callback ran", "noinput ran", "keep ran",
                                     "plainout ran", "inner restored", "both restored"));
  EXPECT_EQ(repository_.Read("metrics.json"), "{\"acc\":0.9}\n");
}

}  // namespace
}  // namespace expq::pipeline
