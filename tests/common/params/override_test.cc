#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/params/params.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using value::Value;

Value Golden() {
  std::ifstream in(std::string(EXPQ_SOURCE_DIR) + "/tests/golden/overrides.json");
  std::ostringstream text;
  text << in.rdbuf();
  const auto value = ParseJson(text.str(), "overrides.json");
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : Value(value::Map());
}

const Value& Field(const Value& of, absl::string_view name) {
  static const Value none;
  const Value* found = of.map()->Find(name);
  return found ? *found : none;
}

// A typed value of the golden file: {"t": "int", "v": "1"}.
Value Typed(const Value& golden) {
  const std::string& type = *Field(golden, "t").string();
  const Value& v = Field(golden, "v");
  if (type == "null") return Value();
  if (type == "bool") return v;
  if (type == "int") return int64_t{std::stoll(*v.string())};
  if (type == "float") return std::stod(*v.string());
  if (type == "list") {
    value::List list;
    for (const Value& item : *v.list()) list.push_back(Typed(item));
    return list;
  }
  if (type == "dict") {
    value::Map map;
    for (const Value& pair : *v.list()) {
      map.Set(value::PythonText(Typed((*pair.list())[0])), Typed((*pair.list())[1]));
    }
    return map;
  }
  return v;
}

absl::string_view NameOf(ParamOverride::Op op) {
  switch (op) {
    case ParamOverride::Op::kChange:
      return "CHANGE";
    case ParamOverride::Op::kAdd:
      return "ADD";
    case ParamOverride::Op::kForce:
      return "FORCE";
    case ParamOverride::Op::kDelete:
      return "DEL";
  }
  return "";
}

// The parsed value or all choices of it.
std::vector<Value> AllOf(const ParamOverride& override) {
  return override.choices.empty() ? std::vector<Value>{override.value} : override.choices;
}

TEST(ParseOverride, AgreesWithHydra) {
  const Value golden = Golden();
  ASSERT_GT(Field(golden, "parse").list()->size(), 100u);
  for (const Value& vector : *Field(golden, "parse").list()) {
    const std::string& text = *Field(vector, "in").string();
    const auto parsed = ParseOverride(text);
    if (!Field(vector, "error").is_null()) {
      EXPECT_FALSE(parsed.ok()) << text;
      continue;
    }
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(NameOf(parsed->op), *Field(vector, "op").string()) << text;
    EXPECT_EQ(parsed->key, *Field(vector, "key").string()) << text;
    const Value& want = Field(vector, "value");
    if (*Field(want, "t").string() == "range") continue;  // the sweep vectors have their values
    std::vector<Value> values;
    if (*Field(want, "t").string() == "choice") {
      for (const Value& choice : *Field(want, "v").list()) values.push_back(Typed(choice));
    } else {
      values.push_back(Typed(want));
    }
    EXPECT_TRUE(value::Identical(Value(AllOf(*parsed)), Value(values)))
        << text << " gave " << value::PythonText(AllOf(*parsed));
  }
}

TEST(ParseOverride, SplitsOffTheFile) {
  const auto parsed = ParseOverride("conf/x.yaml:+a.b=s3://c");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->file, "conf/x.yaml");
  EXPECT_EQ(parsed->op, ParamOverride::Op::kAdd);
  EXPECT_EQ(*parsed->value.string(), "s3://c");
  EXPECT_EQ(ParseOverride("a=b:c")->file, "params.yaml");
  const auto deletion = ParseOverride("x.yaml:~a");
  ASSERT_TRUE(deletion.ok());
  EXPECT_EQ(deletion->file, "x.yaml");
  EXPECT_FALSE(deletion->has_value);
}

TEST(ParseOverride, PointsAtWhatIsWrong) {
  const auto message = [](absl::string_view text) { return std::string(ParseOverride(text).status().message()); };
  EXPECT_EQ(message("a=[1,2"), "-S: expected ',' or ']'\n  a=[1,2\n        ^");
  EXPECT_EQ(message("a=x&y"), "-S: '&' cannot stand in unquoted text; quote the value\n  a=x&y\n     ^");
  EXPECT_THAT(message("a='\xC3\xBC"), EndsWith("not closed\n  a='\xC3\xBC\n    ^"));
  EXPECT_THAT(message("a=1,"), HasSubstr("expected a value"));
  EXPECT_THAT(message("lst[0]=1"), HasSubstr("'list.0'"));
  EXPECT_THAT(message("a=interval(0,1)"), HasSubstr("interval() is not supported"));
  EXPECT_THAT(message("a=glob(*)"), HasSubstr("glob() is not supported"));
  EXPECT_THAT(message("a=range(0,1,0)"), HasSubstr("never ends"));
  EXPECT_THAT(message("a=range(10,1)"), HasSubstr("has no values"));
  EXPECT_THAT(message("a=range(1e15)"), HasSubstr("more than 100000 values"));
  EXPECT_THAT(message("a/b=c"), HasSubstr("config groups"));
  EXPECT_THAT(message("a"), HasSubstr("expected '=' and a value"));
  EXPECT_THAT(message("=1"), HasSubstr("expected a key"));
  EXPECT_THAT(message("a.=1"), HasSubstr("between the dots"));
  EXPECT_FALSE(ParseOverride("a=" + std::string(100000, '[')).ok());
}

TEST(ExpandGrid, HasHydrasOrder) {
  const Value golden = Golden();
  for (const Value& vector : *Field(golden, "sweep").list()) {
    std::vector<ParamOverride> overrides;
    for (const Value& text : *Field(vector, "in").list()) {
      const auto parsed = ParseOverride(*text.string());
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      overrides.push_back(*parsed);
    }
    const auto points = ExpandGrid(overrides);
    ASSERT_TRUE(points.ok());
    const value::List& want = *Field(vector, "out").list();
    ASSERT_EQ(points->size(), want.size()) << value::ToJson(vector);
    for (size_t i = 0; i < want.size(); ++i) {
      const value::List& texts = *want[i].list();
      ASSERT_EQ((*points)[i].texts.size(), texts.size());
      for (size_t j = 0; j < texts.size(); ++j) {
        // Hydra writes True and keeps quotes; ours reads back to the same.
        const auto ours = ParseOverride((*points)[i].texts[j]);
        const auto theirs = ParseOverride(*texts[j].string());
        ASSERT_TRUE(ours.ok() && theirs.ok());
        EXPECT_EQ(ours->key, theirs->key);
        EXPECT_TRUE(value::Identical(ours->value, theirs->value)) << (*points)[i].texts[j];
      }
    }
  }
}

std::vector<std::string> Texts(const std::vector<std::string>& overrides) {
  std::vector<ParamOverride> parsed;
  for (const std::string& text : overrides) parsed.push_back(*ParseOverride(text));
  std::vector<std::string> out;
  const auto points = ExpandGrid(parsed);
  for (const GridPoint& point : *points) out.push_back(absl::StrJoin(point.texts, " "));
  return out;
}

TEST(ExpandGrid, GroupsFilesAndLetsTheLastOfAKeyCount) {
  EXPECT_THAT(Texts({"a=1,2", "x.yaml:k=p,q", "b=3"}),
              ElementsAre("a=1 b=3 x.yaml:k=p", "a=1 b=3 x.yaml:k=q", "a=2 b=3 x.yaml:k=p", "a=2 b=3 x.yaml:k=q"));
  EXPECT_THAT(Texts({"a=3", "b=9", "a=1,2"}), ElementsAre("a=1 b=9", "a=2 b=9"));
  EXPECT_THAT(Texts({"~a", "+a=1"}), ElementsAre("~a +a=1"));
  EXPECT_THAT(Texts({"+a=1", "a=2"}), ElementsAre("+a=2"));
  EXPECT_THAT(Texts({}), ElementsAre(""));
}

TEST(ExpandGrid, RefusesAGridBeyondItsBound) {
  const ParamOverride axis = *ParseOverride("a=range(1000)");
  ParamOverride other = axis;
  other.key = "b";
  EXPECT_FALSE(ExpandGrid({axis, other}).ok());
  other.choices.resize(100);
  EXPECT_EQ(ExpandGrid({axis, other})->size(), 100'000u);
}

TEST(GridPoint, TextsReadBackToTheSameValue) {
  const value::List tricky = {"",
                              "1",
                              "1e5",
                              "null",
                              "True",
                              "it's",
                              "\"q\"",
                              "it's \"q\"",
                              "a\\",
                              "\\'",
                              "a b",
                              " a",
                              "a=b",
                              "\xC3\xBC",
                              "${x}",
                              "\\${x}",
                              "x#y",
                              "[a]",
                              "{a}",
                              "a,b",
                              "choice",
                              "choice(1)",
                              "C:\\d",
                              "a:b",
                              "-",
                              "nan",
                              "~",
                              "\\\\'\\\"",
                              "1_000",
                              "01",
                              1e-5,
                              1e16,
                              -0.5,
                              INFINITY,
                              true,
                              Value(),
                              value::BigInt{"123456789012345678901234567890"},
                              "\ttab",
                              "a\nb"};
  for (const Value& value : tricky) {
    value::Map inner;
    inner.Set("k.e:y (1)", value);
    for (const Value& shape : {value, Value(value::List{value, value::List{value}}), Value(inner)}) {
      ParamOverride override;
      override.key = "a.b";
      override.value = shape;
      const auto points = ExpandGrid({override});
      ASSERT_TRUE(points.ok());
      const std::string& text = (*points)[0].texts[0];
      const auto back = ParseOverride(text);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_TRUE(value::Identical(back->value, shape)) << text << " gave " << value::PythonText(back->value);
      EXPECT_TRUE(back->choices.empty()) << text;
    }
  }
}

}  // namespace
}  // namespace expq::params
