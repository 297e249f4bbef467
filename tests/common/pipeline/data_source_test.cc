#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DataSource, ReadsWhatDvcAddWrites) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("data/digits.csv.dvc",
                                       "outs:\n"
                                       "- md5: b026324c6904b2a9cb4b88d6d61c81d1\n"
                                       "  size: 2\n"
                                       "  isexec: true\n"
                                       "  hash: md5\n"
                                       "  path: digits.csv\n")
                                .Write("images.dvc",
                                       "outs:\n"
                                       "- md5: d51834de0d0bf85d6a6c9a4c881ad503.dir\n"
                                       "  size: 4\n"
                                       "  nfiles: 2\n"
                                       "  hash: md5\n"
                                       "  path: images\n")
                                .Load();
  EXPECT_THAT(pipeline.warnings, IsEmpty());
  ASSERT_EQ(pipeline.sources.size(), 2u);
  const DataSource& images = pipeline.sources[0];
  EXPECT_EQ(images.file, "images.dvc");
  EXPECT_EQ(images.path, "images");
  EXPECT_EQ(images.digest->text(), "d51834de0d0bf85d6a6c9a4c881ad503.dir");
  EXPECT_EQ(images.nfiles, 2);
  const DataSource& digits = pipeline.sources[1];
  EXPECT_EQ(digits.file, "data/digits.csv.dvc");
  EXPECT_EQ(digits.path, "data/digits.csv");
  EXPECT_EQ(digits.size, 2);
  EXPECT_TRUE(digits.is_exec);
  EXPECT_TRUE(digits.cache);
}

TEST(DataSource, ReadsImportsAndAWorkingFolder) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("in/x.dvc",
                                       "md5: b026324c6904b2a9cb4b88d6d61c81d1\n"
                                       "frozen: true\n"
                                       "desc: from elsewhere\n"
                                       "meta: {a: 1}\n"
                                       "wdir: ..\n"
                                       "deps:\n"
                                       "- path: d\n"
                                       "  repo: {url: 'https://x', rev_lock: abc}\n"
                                       "outs:\n"
                                       "- md5: b026324c6904b2a9cb4b88d6d61c81d1\n"
                                       "  hash: md5\n"
                                       "  path: got\n"
                                       "  cache: false\n"
                                       "  push: false\n")
                                .Load();
  ASSERT_EQ(pipeline.sources.size(), 1u);
  EXPECT_EQ(pipeline.sources[0].path, "got");
  EXPECT_FALSE(pipeline.sources[0].cache);
}

TEST(DataSource, TakesTheDigestOfAnOldEntry) {
  const Pipeline pipeline =
      WrittenRepository().Write("x.dvc", "outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n  path: x\n").Load();
  ASSERT_EQ(pipeline.sources.size(), 1u);
  EXPECT_TRUE(pipeline.sources[0].digest.has_value());
  EXPECT_THAT(pipeline.warnings, IsEmpty());
}

TEST(DataSource, TakesADigestThatYamlReadsAsANumber) {
  const Pipeline pipeline =
      WrittenRepository().Write("x.dvc", "outs:\n- md5: 12345678901234567890123456789012\n  path: x\n").Load();
  ASSERT_EQ(pipeline.sources.size(), 1u);
  ASSERT_TRUE(pipeline.sources[0].digest.has_value());
  EXPECT_EQ(pipeline.sources[0].digest->text(), "12345678901234567890123456789012");
}

TEST(DataSource, WarnsWhenThereIsNoMd5) {
  const Pipeline pipeline = WrittenRepository().Write("x.dvc", "outs:\n- etag: abc\n  path: x\n").Load();
  ASSERT_EQ(pipeline.sources.size(), 1u);
  EXPECT_FALSE(pipeline.sources[0].digest.has_value());
  EXPECT_THAT(pipeline.warnings,
              ElementsAre("x.dvc:2:3: 'x' has no MD5 here, so it can only be used as it lies in the workspace"));
}

struct Case {
  std::string text;
  std::string refusal;
};

class BadDataSources : public ::testing::TestWithParam<Case> {};

TEST_P(BadDataSources, AreRefusedWithTheirPlace) {
  EXPECT_EQ(WrittenRepository().Write("sub/x.dvc", GetParam().text).Refusal(), GetParam().refusal);
}

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"out: []\n", "sub/x.dvc:1:1: unknown key 'out' in the top level [did you mean 'outs'?]"},
      {"cmd: train\nouts: []\n",
       "sub/x.dvc:1:1: 'cmd' in a .dvc file went away in DVC 3 [define the stage in dvc.yaml]"},
      {"outs: x\n", "sub/x.dvc:1:1: 'outs': expected a list, got a string [write '- ' before it, or [ ] around it]"},
      {"outs: [x]\n", "sub/x.dvc:1:8: an output must be a map, got a string"},
      {"outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n", "sub/x.dvc:2:3: an output has no 'path'"},
      {"outs:\n- path: x\n  md5: nonsense\n", "sub/x.dvc:3:3: 'nonsense' is not an MD5 digest"},
      {"outs:\n- path: ../../x\n  md5: b026324c6904b2a9cb4b88d6d61c81d1\n",
       "sub/x.dvc:2:3: output '../../x' is outside of the repository [only an output with 'cache: false' can be]"},
      {"outs:\n- path: x\n  size: -1\n", "sub/x.dvc:3:3: 'size': expected a count, got an integer"},
      {"outs:\n- path: x\n  cache: no\n",
       "sub/x.dvc:3:3: 'cache': expected true or false, got a string [it cannot be templated or quoted]"},
      {"outs:\n- path: x\n  hash: [md5]\n", "sub/x.dvc:3:3: 'hash': expected a string, got a list"},
      {"outs:\n- path: x\n  remote:\n", "sub/x.dvc:3:3: 'remote': expected a string, got nothing"},
      {"outs:\n- md5: x\n", "sub/x.dvc:2:3: an output has no 'path'"},
      {"deps: [x]\nouts:\n- path: x\n", "sub/x.dvc:1:8: expected a map of what it is made from, got a string"},
      {"frozen: 'yes'\nouts:\n- path: x\n",
       "sub/x.dvc:1:1: 'frozen': expected true or false, got a string [it cannot be templated or quoted]"},
      {"wdir: ../..\nouts: [{path: x}]\n", "sub/x.dvc:1:1: wdir '../..' is outside of the repository"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(All, BadDataSources, ::testing::ValuesIn(Cases()));

}  // namespace
}  // namespace expq::pipeline
