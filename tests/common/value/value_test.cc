#include "common/value/value.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace expq::value {
namespace {

Map MapOf(std::initializer_list<Map::Entry> entries) {
  Map map;
  for (const auto& [key, value] : entries) map.Set(key, value);
  return map;
}

TEST(FloatRepr, WritesWhatPythonWrites) {
  const std::pair<double, const char*> cases[] = {
      {1e-5, "1e-05"},
      {1e16, "1e+16"},
      {1e15, "1000000000000000.0"},
      {1000, "1000.0"},
      {0.0001, "0.0001"},
      {0.00012, "0.00012"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {-0.0, "-0.0"},
      {0, "0.0"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {1.5e-7, "1.5e-07"},
      {-12345.678, "-12345.678"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e22, "1e+22"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e100, "1e+100"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::nan(""), "nan"},
  };
  for (const auto& [number, text] : cases) EXPECT_EQ(FloatRepr(number), text);
}

TEST(Key, IsWhatItWasAndNotOnlyItsText) {
  Map map;
  for (const Value& key : {Value(10), Value(9), Value(1.5), Value(true), Value()}) map.Set(Key::Of(key), 0);
  EXPECT_EQ(PythonText(map), "{10: 0, 9: 0, 1.5: 0, True: 0, None: 0}");
  EXPECT_EQ(ToJson(map, {.compact = true}), R"({"10":0,"9":0,"1.5":0,"true":0,"null":0})");
  map.Erase("None");
  EXPECT_EQ(ToJson(map, {.sort_keys = true, .compact = true}), R"({"true":0,"1.5":0,"9":0,"10":0})");
  EXPECT_TRUE(Identical((map.begin() + 2)->first.value(), Value(1.5)));
}

TEST(Key, IsEqualAsInPython) {
  Map integer, text, real;
  integer.Set(Key::Of(Value(1)), "a");
  text.Set("1", "a");
  real.Set(Key::Of(Value(1.0)), "a");
  EXPECT_FALSE(PythonEqual(integer, text));
  EXPECT_FALSE(Identical(integer, text));
  EXPECT_TRUE(PythonEqual(integer, real));
  EXPECT_FALSE(Identical(integer, real));
  EXPECT_TRUE(Identical(integer, Map(integer)));
}

TEST(Map, KeepsOrderAndFindsAmongManyKeys) {
  Map map;
  for (int i = 0; i < 1000; ++i) map.Set(absl::StrCat("key", i), i);
  map.Set("key3", "changed");
  ASSERT_EQ(map.size(), 1000u);
  EXPECT_TRUE(map.Erase("key500"));
  EXPECT_FALSE(map.Erase("key500"));
  const Map copy = map;
  map.Set("key501", Null());
  EXPECT_EQ(copy.Find("key500"), nullptr);
  EXPECT_EQ(*copy.Find("key501")->int64(), 501);
  EXPECT_EQ(*copy.Find("key999")->int64(), 999);
  EXPECT_EQ(*copy.Find("key3")->string(), "changed");
  EXPECT_EQ(copy.begin()->first, "key0");
  EXPECT_EQ((copy.end() - 1)->first, "key999");
}

TEST(Map, StaysFindableWhileErasedDownToNothing) {
  Map map;
  for (int i = 0; i < 40; ++i) map.Set(absl::StrCat(i), i);
  for (int i = 0; i < 40; ++i) {
    ASSERT_NE(map.Find(absl::StrCat(i)), nullptr);
    ASSERT_TRUE(map.Erase(absl::StrCat(i)));
  }
  EXPECT_TRUE(map.empty());
  map.Set("again", 1);
  EXPECT_NE(map.Find("again"), nullptr);
}

TEST(PythonEqual, TreatsNumbersByTheirValue) {
  EXPECT_TRUE(PythonEqual(1, 1.0));
  EXPECT_TRUE(PythonEqual(true, 1));
  EXPECT_TRUE(PythonEqual(0.0, false));
  EXPECT_TRUE(PythonEqual(BigInt{"100000000000000000000"}, 1e20));
  EXPECT_FALSE(PythonEqual(BigInt{"100000000000000000001"}, 1e20));
  EXPECT_FALSE(PythonEqual(int64_t{9007199254740993}, 9007199254740992.0));
  EXPECT_FALSE(PythonEqual(std::numeric_limits<int64_t>::max(), 9223372036854775808.0));
  EXPECT_FALSE(PythonEqual(std::nan(""), std::nan("")));
  EXPECT_FALSE(PythonEqual(1, "1"));
  EXPECT_FALSE(PythonEqual(Null(), false));
}

TEST(PythonEqual, MindsOrderInListsAndNotInMaps) {
  EXPECT_TRUE(PythonEqual(MapOf({{"a", 1}, {"b", List{1, 2}}}), MapOf({{"b", List{1.0, 2}}, {"a", true}})));
  EXPECT_FALSE(PythonEqual(List{1, 2}, List{2, 1}));
  EXPECT_FALSE(PythonEqual(MapOf({{"a", 1}}), MapOf({{"a", 1}, {"b", 1}})));
}

TEST(Identical, DistinguishesTypesAndEqualsNaN) {
  EXPECT_FALSE(Identical(1, 1.0));
  EXPECT_FALSE(Identical(true, 1));
  EXPECT_FALSE(Identical(0.0, -0.0));
  EXPECT_TRUE(Identical(std::nan(""), std::nan("")));
  EXPECT_TRUE(
      Identical(MapOf({{"a", Date{"2024-01-01"}}, {"b", Null()}}), MapOf({{"b", Null()}, {"a", Date{"2024-01-01"}}})));
  EXPECT_FALSE(Identical(Date{"2024-01-01"}, "2024-01-01"));
}

TEST(ToJson, IsJsonDumps) {
  const Value value = MapOf({{"b", List{1, 2.5, "s", Null(), true, List{}}},
                             {"a", MapOf({{"x", 1e-5}, {"e", Map()}})},
                             {"u", "\xC3\xBC\xF0\x9F\x98\x80\x7F\"\\\n\x01"},
                             {"big", BigInt{"12345678901234567890"}},
                             {"n", std::nan("")}});
  EXPECT_EQ(ToJson(value), R"({"b": [1, 2.5, "s", null, true, []], "a": {"x": 1e-05, "e": {}}, )"
                           R"("u": "\u00fc\ud83d\ude00\u007f\"\\\n\u0001", "big": 12345678901234567890, "n": NaN})");
  EXPECT_EQ(ToJson(value, {.sort_keys = true, .ascii = false, .compact = true, .nan_as_null = true}),
            "{\"a\":{\"e\":{},\"x\":1e-05},\"b\":[1,2.5,\"s\",null,true,[]],\"big\":12345678901234567890,\"n\":null,"
            "\"u\":\"\xC3\xBC\xF0\x9F\x98\x80\x7F\\\"\\\\\\n\\u0001\"}");
}

TEST(ToJson, IndentsAsPythonDoes) {
  const Value value = MapOf({{"a", List{1, MapOf({{"b", Map()}})}}, {"c", List{}}});
  EXPECT_EQ(ToJson(value, {.indent = 2}), "{\n  \"a\": [\n    1,\n    {\n      \"b\": {}\n    }\n  ],\n  \"c\": []\n}");
}

TEST(PythonText, IsStrForScalarsAndReprInside) {
  EXPECT_EQ(PythonText(true), "True");
  EXPECT_EQ(PythonText(Null()), "None");
  EXPECT_EQ(PythonText(1e-5), "1e-05");
  EXPECT_EQ(PythonText("it's"), "it's");
  EXPECT_EQ(PythonText(List{"it's", "a\"'b\n", "\xC3\xBC\x7F", 1, MapOf({{"k", Null()}})}),
            "[\"it's\", 'a\"\\'b\\n', '\xC3\xBC\\x7f', 1, {'k': None}]");
}

TEST(AsUtf8, ReplacesEveryByteThatIsNoPartOfACharacter) {
  for (const char* good : {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(AsUtf8(good), good);
  }
  const std::string gap = "\xEF\xBF\xBD";
  EXPECT_EQ(AsUtf8("a\xFFz"), "a" + gap + "z");
  EXPECT_EQ(AsUtf8("cut \xE2\x82"), "cut " + gap + gap);
  EXPECT_EQ(AsUtf8("\xC0\xAF"), gap + gap) << "overlong";
  EXPECT_EQ(AsUtf8("\xED\xA0\x80"), gap + gap + gap) << "a surrogate";
  EXPECT_EQ(AsUtf8("\xF4\x90\x80\x80"), gap + gap + gap + gap) << "beyond U+10FFFF";
}

TEST(ToJson, IsUtf8WhateverTheTextIs) {
  EXPECT_EQ(ToJson(Value("f\xFE \xC3\xBC"), {.ascii = false}), "\"f\xEF\xBF\xBD \xC3\xBC\"");
  EXPECT_EQ(ToJson(Value("f\xFE"), {.ascii = true}), "\"f\\ufffd\"");
}

TEST(Lookup, WalksMapsAndLists) {
  const Value root = MapOf({{"train", MapOf({{"units", 8}})}, {"lst", List{1, MapOf({{"k", 3}})}}});
  EXPECT_EQ(*Lookup(root, "train.units")->int64(), 8);
  EXPECT_EQ(*Lookup(root, "lst.0")->int64(), 1);
  EXPECT_EQ(*Lookup(root, "lst.-1.k")->int64(), 3);
  EXPECT_EQ(Lookup(root, "lst.2"), nullptr);
  EXPECT_EQ(Lookup(root, "lst.-3"), nullptr);
  EXPECT_EQ(Lookup(root, "lst.x"), nullptr);
  EXPECT_EQ(Lookup(root, "train.units.deeper"), nullptr);
}

TEST(Flatten, GivesLeavesInOrder) {
  const Value root = MapOf({{"b", MapOf({{"y", 1}, {"x", List{1}}})}, {"a", Map()}});
  const auto leaves = Flatten(root);
  ASSERT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves[0].first, "b.y");
  EXPECT_EQ(leaves[1].first, "b.x");
  EXPECT_TRUE(leaves[1].second.is_list());
  EXPECT_EQ(leaves[2].first, "a");
}

}  // namespace
}  // namespace expq::value
