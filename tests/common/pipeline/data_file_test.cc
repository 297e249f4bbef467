#include "common/pipeline/data_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expq::pipeline {
namespace {

digest::Digest Md5(absl::string_view text) { return *digest::Digest::Parse(text); }

constexpr char kFile[] = "d41d8cd98f00b204e9800998ecf8427e";
constexpr char kFolder[] = "d751713988987e9331980363e24189ce.dir";

TEST(DataFile, IsWrittenAsDvcAddDoes) {
  EXPECT_EQ(NewDataFile("data.csv", {.digest = Md5(kFile), .size = 0}),
            "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: data.csv\n");
  EXPECT_EQ(
      NewDataFile("a: b", {.digest = Md5(kFolder), .size = 3, .nfiles = 2}),
      "outs:\n- md5: d751713988987e9331980363e24189ce.dir\n  size: 3\n  nfiles: 2\n  hash: md5\n  path: 'a: b'\n");
  EXPECT_EQ(NewDataFile("run", {.digest = Md5(kFile), .size = 0, .is_exec = true}),
            "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  isexec: true\n  hash: md5\n  path: run\n");
}

TEST(DataFile, KeepsWhatPeopleWroteWhenItChanges) {
  const std::string before =
      "# ours\nouts:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  size: 1\n  isexec: true\n  hash: md5\n  path: x  # "
      "here\n"
      "  desc: 'mine'\nmeta: {who: me}\n";
  EXPECT_EQ(*ChangeDataFile("x.dvc", before, 0, {.digest = Md5(kFile), .size = 0}),
            "# ours\nouts:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: x  # here\n"
            "  desc: 'mine'\nmeta: {who: me}\n");
}

TEST(DataFile, BecomesAFoldersAndOneOfDvc3) {
  const std::string before = "outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  size: 1\n  path: x\n";
  EXPECT_EQ(*ChangeDataFile("x.dvc", before, 0, {.digest = Md5(kFolder), .nfiles = 0}),
            "outs:\n- md5: d751713988987e9331980363e24189ce.dir\n  path: x\n  nfiles: 0\n  hash: md5\n");
}

TEST(DataFile, RefusesAnOutputThatIsNotThere) {
  EXPECT_TRUE(absl::IsInvalidArgument(ChangeDataFile("x.dvc", "outs: []\n", 0, {.digest = Md5(kFile)}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ChangeDataFile("x.dvc", "outs: [\n", 0, {.digest = Md5(kFile)}).status()));
}

}  // namespace
}  // namespace expq::pipeline
