#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/cache.h"

namespace expq::blob {
namespace {

using ::testing::HasSubstr;

const digest::Digest kA = digest::Md5Of("a");

// The digests come from DVC 3.64 (research/dvc-ground-truth.md §2).
TEST(Manifest, HasTheBytesThatDvcWrites) {
  std::vector<ManifestEntry> entries = {{"z.txt", *digest::Digest::Parse("b026324c6904b2a9cb4b88d6d61c81d1")},
                                        {"sub/a.txt", *digest::Digest::Parse("26ab0db90d72e28ad0ba1e22ee510510")}};
  std::string bytes = EncodeManifest(entries);
  EXPECT_EQ(bytes,
            "[{\"md5\": \"26ab0db90d72e28ad0ba1e22ee510510\", \"relpath\": \"sub/a.txt\"}, "
            "{\"md5\": \"b026324c6904b2a9cb4b88d6d61c81d1\", \"relpath\": \"z.txt\"}]");
  EXPECT_EQ(digest::Md5Of(bytes, true).text(), "cd79995fc7bcc2f0501a8f6fd54b8ab8.dir");
  EXPECT_EQ(digest::Md5Of(EncodeManifest({}), true).text(), "d751713988987e9331980363e24189ce.dir");
}

TEST(Manifest, SortsByTheWholePathAndNotByComponents) {
  std::string bytes = EncodeManifest({{"sub/b.txt", kA}, {"sub-x.txt", kA}});
  EXPECT_LT(bytes.find("sub-x.txt"), bytes.find("sub/b.txt"));
}

struct Escaped {
  std::string name;
  std::string json;
};

TEST(Manifest, EscapesNamesAsPythonDoesAndReadsThemBack) {
  const Escaped cases[] = {
      {"\xc3\xa9.txt", "\\u00e9.txt"},         // é
      {"\xf0\x9f\x98\x80", "\\ud83d\\ude00"},  // beyond the basic plane
      {"q\"b\\s\n\r\t\f\b", "q\\\"b\\\\s\\n\\r\\t\\f\\b"},
      {"\x01\x7f", "\\u0001\\u007f"},
      {"not utf8 \xff", "not utf8 \\udcff"},  // surrogateescape
      {"overlong \xc0\xaf", "overlong \\udcc0\\udcaf"},
  };
  for (const Escaped& test : cases) {
    std::string bytes = EncodeManifest({{test.name, kA}});
    EXPECT_THAT(bytes, HasSubstr("\"" + test.json + "\"}"));
    auto back = DecodeManifest(bytes);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->at(0).relpath, test.name);
  }
}

// U+E000 sorts after the escaped byte's U+DCFF, though its bytes sort before.
TEST(Manifest, SortsNamesThatAreNotUtf8WherePythonDoes) {
  std::string bytes = EncodeManifest({{"\xee\x80\x80", kA}, {"\xff", kA}});
  EXPECT_LT(bytes.find("\\udcff"), bytes.find("\\ue000"));
}

TEST(Manifest, AcceptsMoreKeysAndBlanks) {
  auto entries = DecodeManifest(
      " [ {\"relpath\" : \"a\", \"size\": 12, \"isexec\":true, \"x\": \"y\", \"md5\":"
      "\"0cc175b9c0f1b6a831c399e269772661\"} ]\n");
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->at(0).digest, kA);
}

TEST(Manifest, RefusesNamesThatCouldLeaveTheFolderOrHarmARepository) {
  const std::string names[] = {"",
                               "/etc/passwd",
                               "..",
                               "a/../b",
                               "./a",
                               "a//b",
                               "a/",
                               ".git/hooks",
                               ".GIT/config",
                               "a/.Git",
                               "git~1/x",
                               ".git. ",
                               ".git::$INDEX",
                               ".g\xe2\x80\x8cit",
                               std::string("a\0b", 3),
                               std::string(5000, 'x')};
  for (const std::string& name : names) {
    auto entries = DecodeManifest(EncodeManifest({{name, kA}}));
    EXPECT_TRUE(absl::IsDataLoss(entries.status())) << name << ": " << entries.status();
  }
  EXPECT_TRUE(DecodeManifest(EncodeManifest({{".gitignore", kA}, {"..a", kA}, {"a.git", kA}})).ok());
}

TEST(Manifest, RefusesANameTwiceAndAFileThatIsAFolder) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeManifest(EncodeManifest({{"a", kA}, {"a", kA}})).status()));
  absl::Status status = DecodeManifest(EncodeManifest({{"a", kA}, {"a/b/c", kA}, {"a-", kA}})).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("'a/b/c'"));
}

TEST(Manifest, RefusesEveryPrefixOfAManifestAndEveryOddByte) {
  std::string good = EncodeManifest({{"\xc3\xa9\xf0\x9f\x98\x80\n", kA}, {"b", kA}});
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeManifest(good.substr(0, size)).status())) << size;
  }
  for (const char* bad :
       {"{}", "[{}]", "[{\"relpath\": \"a\"}]", "[1]", "[[]]", "[{\"md5\": \"zz\", \"relpath\": \"a\"}]",
        "[{\"md5\": \"0cc175b9c0f1b6a831c399e269772661.dir\", \"relpath\": \"a\"}]", "[] x",
        "[{\"md5\": \"0cc175b9c0f1b6a831c399e269772661\", \"relpath\": \"\\ud800\"}]"}) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeManifest(bad).status())) << bad;
  }
}

}  // namespace
}  // namespace expq::blob
