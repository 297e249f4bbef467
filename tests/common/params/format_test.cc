#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Read(absl::string_view file, absl::string_view text) {
  const auto value = ParseFile(file, text);
  if (!value.ok()) return std::string(value.status().message());
  return value::ToJson(*value, {.ascii = false, .compact = true});
}

TEST(ParseJson, ReadsWhatPythonReads) {
  EXPECT_EQ(Read("p.json", R"({"b": [1, -2, 1.0, 1e3, null, true, "x\u00fc\n"], "a": {"c": {}}, "a2": []})"),
            "{\"b\":[1,-2,1.0,1000.0,null,true,\"x\xC3\xBC\\n\"],\"a\":{\"c\":{}},\"a2\":[]}");
  EXPECT_EQ(Read("p.json", R"({"n": NaN, "i": [Infinity, -Infinity], "s": "NaN \" Infinity"})"),
            R"({"n":NaN,"i":[Infinity,-Infinity],"s":"NaN \" Infinity"})");
  EXPECT_EQ(Read("p.json", "[12345678901234567890, -12345678901234567890, 18446744073709551616, 9223372036854775807]"),
            "[12345678901234567890,-12345678901234567890,18446744073709551616,9223372036854775807]");
  EXPECT_EQ(Read("p.json", R"({"a": 1, "a": 2})"), R"({"a":2})");
  EXPECT_EQ(Read("p.JSON", " \n"), "{}");
}

TEST(ParseJson, SaysWhereItIsWrong) {
  EXPECT_THAT(Read("p.json", "{\"a\": 1,\n \"b\": x}"), StartsWith("p.json:2:7: not JSON: "));
  EXPECT_THAT(Read("p.json", "{\"a\": 1"), StartsWith("p.json:1:8: not JSON: "));
  EXPECT_THAT(Read("p.json", "{} {}"), StartsWith("p.json:1:4: not JSON: "));
  EXPECT_THAT(Read("p.json", "\"\xFF\""), StartsWith("p.json:1:2: not JSON: "));
  EXPECT_THAT(Read("p.json", std::string(100000, '[')), HasSubstr("nested deeper"));
}

TEST(ParseFile, ReadsToml) {
  EXPECT_EQ(Read("p.toml",
                 "z = 1\na = 1e-5\n[opt]\nname = 'x'\nlist = [1, 'b']\n[opt.deep]\non = true\n"
                 "d = 2024-01-01\n"),
            R"({"z":1,"a":1e-05,"opt":{"name":"x","list":[1,"b"],"deep":{"on":true,"d":"2024-01-01"}}})");
  EXPECT_THAT(Read("p.toml", "a = 1\nb = \n"), StartsWith("p.toml:2:"));
  EXPECT_THAT(Read("p.toml", "a = [\n 0,\n}2"), StartsWith("p.toml:3:"));
  EXPECT_THAT(Read("p.toml", "a = 1\nk 2= [a[]]\n"), StartsWith("p.toml:2:"));
  EXPECT_THAT(Read("p.toml", "t= 03:32:0\xC6\x8A"), StartsWith("p.toml:1:"));
}

TEST(ParseFile, ChoosesTheFormatByTheSuffix) {
  EXPECT_EQ(Read("params.yaml", "a: yes\n"), R"({"a":"yes"})");
  EXPECT_EQ(Read("params.yaml", "# nothing\n"), "{}");
  EXPECT_EQ(Read("other", "a: 1\n"), R"({"a":1})");
  EXPECT_EQ(Read("p.py", "a = 1\n"), R"({"a":1})");
}

}  // namespace
}  // namespace expq::params
