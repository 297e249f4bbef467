#include "cli/value_path.h"

#include <gtest/gtest.h>

#include "cli/json.h"

namespace expq::cli {
namespace {

std::string Set(const std::string& json, const std::string& path, value::Value value) {
  value::Value root = ParsedValues(json);
  SetAt(root, path, std::move(value));
  return value::ToJson(root, {.compact = true});
}

TEST(ValuePath, SetsWhatAnOverrideWouldSet) {
  EXPECT_EQ(Set(R"({"a":1})", "a", 2), R"({"a":2})");
  EXPECT_EQ(Set(R"({"a":{"b":1}})", "a.b", 2), R"({"a":{"b":2}})");
  EXPECT_EQ(Set(R"({"a":1})", "b.c", 2), R"({"a":1,"b":{"c":2}})");
  EXPECT_EQ(Set(R"({"l":[1,2]})", "l.1", 9), R"({"l":[1,9]})");
  EXPECT_EQ(Set(R"({"l":[1,2]})", "l.-1", 9), R"({"l":[1,9]})");
  EXPECT_EQ(Set(R"({"l":[1,2]})", "l.7", 9), R"({"l":[1,2]})");
}

TEST(ValuePath, ErasesOnlyWhatIsThere) {
  value::Value root = ParsedValues(R"({"a":{"b":1,"c":2}})");
  EraseAt(root, "a.b");
  EraseAt(root, "a.x");
  EraseAt(root, "y.z");
  EXPECT_EQ(value::ToJson(root, {.compact = true}), R"({"a":{"c":2}})");
}

}  // namespace
}  // namespace expq::cli
