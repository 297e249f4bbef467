#include "common/pipeline/params_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;

Stage Reading(std::vector<std::string> keys) {
  return {.params = {{.path = "params.yaml", .root_path = "params.yaml", .keys = std::move(keys)}}};
}

std::string Text(const ParamValues& values) { return value::ToJson(values.values, {.compact = true}); }

class ParamsBookTest : public ::testing::Test {
 protected:
  ParamValues Read(std::vector<std::string> keys) {
    absl::StatusOr<std::vector<ParamValues>> all = book_.Values(Reading(std::move(keys)));
    EXPECT_TRUE(all.ok()) << all.status();
    return all.ok() ? all->at(0) : ParamValues{};
  }

  expq::testing::TempDir dir_;
  fs::PosixFilesystem fs_;
  ParamsBook book_{fs_, dir_.path()};
};

TEST_F(ParamsBookTest, FindsDottedKeysAndListItems) {
  dir_.Write("params.yaml", "a: {b: 1}\nl: [x, y]\nn:\n");
  const ParamValues found = Read({"a.b", "l.0", "l.-1", "n", "a.c", "l.2"});
  EXPECT_EQ(Text(found), R"({"a.b":1,"l.0":"x","l.-1":"y","n":null})");
  EXPECT_THAT(found.missing, ElementsAre("a.c", "l.2"));
}

TEST_F(ParamsBookTest, WithoutKeysTheFileIsTakenWhole) {
  dir_.Write("params.yaml", "a: {b: 1}\nc: 2\n");
  const ParamValues whole = Read({});
  EXPECT_TRUE(whole.whole_file);
  EXPECT_EQ(Text(whole), R"({"a":{"b":1},"c":2})");
}

TEST_F(ParamsBookTest, AnAbsentFileLacksAllKeys) {
  EXPECT_THAT(Read({"a", "b"}).missing, ElementsAre("a", "b"));
  EXPECT_THAT(Read({}).missing, ElementsAre("params.yaml"));
}

TEST_F(ParamsBookTest, SeesAFileThatHasChanged) {
  dir_.Write("params.yaml", "a: 1\n");
  EXPECT_EQ(Text(Read({"a"})), R"({"a":1})");
  dir_.Write("params.yaml", "a: 22\n");
  EXPECT_EQ(Text(Read({"a"})), R"({"a":22})");
}

TEST_F(ParamsBookTest, AWildcardMayMatchOneValue) {
  dir_.Write("params.yaml", "models: {cnn: {lr: 1}}\ntwo: {x: 1, y: 2}\n");
  EXPECT_EQ(Text(Read({"models.c*.lr"})), R"({"models.c*.lr":1})");
  EXPECT_THAT(Read({"models.q*"}).missing, ElementsAre("models.q*"));
  EXPECT_EQ(book_.Values(Reading({"two.?"})).status().message(), "params.yaml: parameter 'two.?' matches 2 values");
}

TEST_F(ParamsBookTest, NamesAFileThatDoesNotParse) {
  dir_.Write("params.yaml", "a: [1\n");
  const absl::Status status = book_.Values(Reading({"a"})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message().find("params.yaml:"), 0u) << status;
  dir_.Write("params.yaml", "- 1\n");
  EXPECT_EQ(book_.Values(Reading({})).status().message(), "params.yaml: not a map of params");
}

}  // namespace
}  // namespace expq::pipeline
