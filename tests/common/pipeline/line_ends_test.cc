#include "common/pipeline/line_ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "tests/common/pipeline/staged_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LineEnds, OfTextAreThoseOfUnixAndOthersStay) {
  expq::testing::TempDir dir;
  fs::PosixFilesystem fs;
  blob::HashIndex index(fs, "");
  blob::Cache cache(fs, dir / "cache", index);
  const auto digest = [&](const std::string& path) {
    const auto content = cache.Hash(dir / path);
    EXPECT_TRUE(content.ok()) << content.status();
    return DigestOfDvc2(fs, dir / path, *content)->text();
  };
  const std::string binary("\0\r\n", 3);
  dir.Write("d/text", "a\r\nb\r\n");
  dir.Write("d/binary", binary);
  dir.Write("d/empty", "");
  EXPECT_EQ(digest("d/text"), digest::Md5Of("a\nb\n").text());
  EXPECT_EQ(digest("d/binary"), digest::Md5Of(binary).text());
  EXPECT_EQ(digest("d/empty"), digest::Md5Of("").text());
  dir.Write("e/text", "a\nb\n");
  dir.Write("e/binary", binary);
  dir.Write("e/empty", "");
  EXPECT_EQ(digest("d"), digest("e"));
  EXPECT_EQ(digest("e"), cache.Hash(dir / "e")->digest.text());
}

TEST(LineEnds, AnEntryOfDvc2IsNoReasonToRun) {
  StagedRepository repo;
  repo.Write("in", "1\r\n")
      .Write("dvc.yaml", "stages:\n  s:\n    cmd: make o in\n    deps: [in]\n    outs: [o: {cache: false}]\n");
  repo.Execute();
  repo.Write("dvc.lock", absl::StrReplaceAll(repo.Read("dvc.lock"),
                                             {{"      hash: md5\n", ""},
                                              {digest::Md5Of("1\r\n").text(), digest::Md5Of("1\n").text()},
                                              {digest::Md5Of("o\n1\r\n").text(), digest::Md5Of("o\n1\n").text()}}));
  EXPECT_THAT(repo.Status(), IsEmpty());
  repo.Write("in", "2\r\n");
  EXPECT_THAT(repo.Status(), ElementsAre("s: dependency in modified"));
}

TEST(LineEnds, AnObjectWhereDvc2KeptItIsInTheCache) {
  StagedRepository repo;
  repo.Write("in", "1").Write("dvc.yaml", "stages:\n  s:\n    cmd: make o in\n    deps: [in]\n    outs: [o]\n");
  repo.Execute();
  repo.Write("dvc.lock", absl::StrReplaceAll(repo.Read("dvc.lock"), {{"      hash: md5\n", ""}}));
  ASSERT_TRUE(repo.fs.RemoveTree(repo.cache.root() + "/files").ok());
  EXPECT_THAT(repo.Status(), ElementsAre("s: output o not in cache"));
  const std::string md5 = digest::Md5Of("o\n1").text();
  repo.Write(absl::StrCat(".dvc/cache/", md5.substr(0, 2), "/", md5.substr(2)), "o\n1");
  EXPECT_THAT(repo.Status(), IsEmpty());
}

}  // namespace
}  // namespace expq::pipeline
