// Which recorded outputs a target means.
#include "common/pipeline/data_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "common/status/status.h"
#include "tests/support/temp_dir.h"

namespace expq::pipeline {
namespace {

using ::testing::HasSubstr;

constexpr char kPipeline[] =
    "stages:\n"
    "  one:\n    cmd: x\n    deps: [raw/in.csv]\n    outs: [mid]\n"
    "  two:\n    cmd: x\n    deps: [mid]\n    outs:\n    - out: {push: false, remote: far}\n    - log: {cache: "
    "false}\n";
constexpr char kSource[] = "outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  size: 1\n  hash: md5\n  path: in.csv\n";
constexpr char kLock[] =
    "schema: '2.0'\nstages:\n  two:\n    cmd: x\n    outs:\n    - path: out\n      hash: md5\n"
    "      md5: d751713988987e9331980363e24189ce.dir\n      size: 0\n      nfiles: 0\n";

class DataTargetsTest : public ::testing::Test {
 protected:
  DataTargetsTest() {
    dir_.Write("dvc.yaml", kPipeline);
    dir_.Write("raw/in.csv.dvc", kSource);
    dir_.Write("dvc.lock", kLock);
    pipeline_ = *Load(disk_, dir_.path());
    outs_ = *RecordedOuts(disk_, dir_.path(), pipeline_);
  }

  std::string ChosenBy(const DataTargetOptions& options) {
    const auto chosen = SelectData(disk_, dir_.path(), pipeline_, outs_, options);
    if (!chosen.ok()) return absl::StrCat(chosen.status().message(), "; ", status::Hint(chosen.status()));
    return absl::StrJoin(*chosen, " ", [&](std::string* out, const DataTarget& target) {
      absl::StrAppend(out, fs::Join(outs_[static_cast<size_t>(target.out)].path, target.within));
    });
  }
  std::string Chosen(std::vector<std::string> targets) { return ChosenBy({.targets = std::move(targets)}); }

  expq::testing::TempDir dir_;
  fs::PosixFilesystem disk_;
  Pipeline pipeline_;
  std::vector<RecordedOut> outs_;
};

TEST_F(DataTargetsTest, RecordsSayWhatLocksAndDataFilesSay) {
  ASSERT_EQ(outs_.size(), 4u);
  EXPECT_FALSE(outs_[0].content.has_value()) << "one never ran";
  EXPECT_EQ(outs_[1].content->digest.text(), "d751713988987e9331980363e24189ce.dir");
  EXPECT_FALSE(outs_[1].push);
  EXPECT_EQ(outs_[1].remote, "far");
  EXPECT_FALSE(outs_[2].cache);
  EXPECT_EQ(outs_[3].owner, "raw/in.csv.dvc");
}

TEST_F(DataTargetsTest, AreStagesFilesOutputsAndPartsOfThem) {
  EXPECT_EQ(Chosen({"two"}), "out log");
  EXPECT_EQ(Chosen({"dvc.yaml"}), "mid out log");
  EXPECT_EQ(Chosen({"raw/in.csv.dvc"}), "raw/in.csv");
  EXPECT_EQ(Chosen({"raw/in.csv", "out/sub/x"}), "out/sub/x raw/in.csv");
  EXPECT_EQ(Chosen({"out/sub", "out"}), "out") << "all of it makes its parts needless";
  EXPECT_EQ(ChosenBy({}), "mid out log raw/in.csv");
}

TEST_F(DataTargetsTest, TakeUpstreamAndFoldersWhenAsked) {
  EXPECT_EQ(ChosenBy({.targets = {"two"}, .with_deps = true}), "mid out log raw/in.csv");
  EXPECT_EQ(ChosenBy({.targets = {"raw"}, .recursive = true}), "raw/in.csv");
  EXPECT_EQ(ChosenBy({.targets = {"in.csv"}, .subdir = "raw"}), "raw/in.csv");
}

TEST_F(DataTargetsTest, AnUnknownOneIsNamedWithWhatIsNear) {
  EXPECT_THAT(Chosen({"nowhere"}), HasSubstr("'nowhere' is neither an output nor a stage"));
  EXPECT_THAT(Chosen({"raw/in.cvs"}), HasSubstr("did you mean 'raw/in.csv'?"));
  EXPECT_THAT(Chosen({"raw"}), HasSubstr("-R"));
}

TEST_F(DataTargetsTest, WhatCannotBeUnderstoodStillNamesItsData) {
  dir_.Write("broken/dvc.lock", "stages:\n  x: [\n    - md5: 900150983cd24fb0d6963f7d28e17f72\n");
  dir_.Write("quoted.dvc", "outs:\n- md5: '12345678901234567890123456789012'\n");
  std::vector<std::string> texts;
  const auto digests = NamedDigests(disk_, dir_.path());
  for (const digest::Digest& digest : *digests) texts.push_back(digest.text());
  EXPECT_THAT(texts, ::testing::UnorderedElementsAre(
                         "900150983cd24fb0d6963f7d28e17f72", "12345678901234567890123456789012",
                         "d751713988987e9331980363e24189ce.dir", "0cc175b9c0f1b6a831c399e269772661"));
}

}  // namespace
}  // namespace expq::pipeline
