#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "common/params/sweep.h"
#include "common/status/caret.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using value::Value;

// EXPQ_OVERRIDE_VECTORS: more of them, made by tests/compat/override_vectors.py.
Value Golden() {
  const char* more = std::getenv("EXPQ_OVERRIDE_VECTORS");
  std::ifstream in(more ? more : std::string(EXPQ_SOURCE_DIR) + "/tests/golden/overrides.json");
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
  if (type == "int") {
    int64_t small = 0;
    return absl::SimpleAtoi(*v.string(), &small) ? Value(small) : Value(value::BigInt{*v.string()});
  }
  if (type == "float") return std::stod(*v.string());
  if (type == "list") {
    value::List list;
    for (const Value& item : *v.list()) list.push_back(Typed(item));
    return list;
  }
  if (type == "quoted") return Quote(*v.string());
  if (type == "dict") {
    value::Map map;
    for (const Value& pair : *v.list()) {
      map.Set(value::Key::Of(Typed((*pair.list())[0])), Typed((*pair.list())[1]));
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

// What Hydra's parser takes and its sweeps, or DVC behind it, refuse: we say so at once.
bool IsRefusedLater(const Value& want, bool inside = false) {
  const std::string& type = *Field(want, "t").string();
  if (type == "interval" || type == "glob") return true;
  if (type == "range") {
    double bounds[3];
    for (int i = 0; i < 3; ++i) bounds[i] = std::stod(*Field(want, std::vector{"start", "stop", "step"}[i]).string());
    const double size = (bounds[1] - bounds[0]) / bounds[2];
    return inside || !(size > 0 && size <= kMostGridPoints);
  }
  if (type == "choice" && (inside || Field(want, "v").list()->empty())) return true;
  if (!Field(want, "v").is_list()) return false;
  const value::List& items = *Field(want, "v").list();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) {
    if (type != "dict") return IsRefusedLater(item, true);
    return *Field((*item.list())[0], "t").string() == "null" || IsRefusedLater((*item.list())[1], true);
  });
}

// A ':' before the '=' ends a file, and list[0] is our own.
bool IsOurOwn(absl::string_view text) {
  return text.substr(0, text.find('=')).find_first_of(":[") != absl::string_view::npos;
}

void ExpectAsHydra(const std::string& text, const Value& vector, const ParamOverride& parsed) {
  EXPECT_EQ(NameOf(parsed.op), *Field(vector, "op").string()) << text;
  EXPECT_EQ(parsed.key, *Field(vector, "key").string()) << text;
  EXPECT_EQ(parsed.package.value_or("-"), Field(vector, "package").is_null() ? "-" : *Field(vector, "package").string())
      << text;
  const Value& want = Field(vector, "value");
  if (*Field(want, "t").string() == "range") return;  // the sweep vectors have their values
  if (!Field(want, "shuffle").is_null() && *Field(want, "shuffle").boolean()) return;  // the order is our own
  std::vector<Value> values;
  if (*Field(want, "t").string() == "choice") {
    for (const Value& choice : *Field(want, "v").list()) values.push_back(Reread(Typed(choice)));
  } else {
    values.push_back(Unquote(Typed(want)));
  }
  EXPECT_TRUE(value::Identical(Value(AllOf(parsed)), Value(values)))
      << text << " gave " << value::PythonText(AllOf(parsed));
}

TEST(ParseOverride, AgreesWithHydra) {
  const Value golden = Golden();
  ASSERT_GT(Field(golden, "parse").list()->size(), 10u);
  for (const Value& vector : *Field(golden, "parse").list()) {
    const std::string& text = *Field(vector, "in").string();
    if (IsOurOwn(text)) continue;
    const auto parsed = ParseOverride(text);
    if (!Field(vector, "error").is_null() || Field(vector, "key").string()->empty() ||
        IsRefusedLater(Field(vector, "value"))) {
      EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
      continue;
    }
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    ExpectAsHydra(text, vector, *parsed);
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
  EXPECT_EQ(message("lst[x]=1"), "-S: expected '.' and a name, or '=', not '['\n  lst[x]=1\n     ^");
  EXPECT_EQ(message("a=[1] "), "-S: expected ',' or the end, not ' '\n  a=[1] \n       ^");
  EXPECT_EQ(message("conf/p.yaml:a=f(1)"), "-S: there is no function 'f'\n  conf/p.yaml:a=f(1)\n                ^");
  EXPECT_THAT(message("a=interval(0,1)"), HasSubstr("interval() is not supported"));
  EXPECT_THAT(message("a=glob(*)"), HasSubstr("glob() is not supported"));
  EXPECT_THAT(message("a=range(0,1,0)"), HasSubstr("never ends"));
  EXPECT_THAT(message("a=range(10,1)"), HasSubstr("no values"));
  EXPECT_THAT(message("a=range(1e15)"), HasSubstr("more than 100000 values"));
  EXPECT_THAT(message("a"), HasSubstr("expected '=' and a value"));
  EXPECT_THAT(message("=1"), HasSubstr("expected a key"));
  EXPECT_THAT(message("a.=1"), HasSubstr("'.' and a name"));
  EXPECT_FALSE(ParseOverride("a=" + std::string(100000, '[')).ok());
}

TEST(ParseOverride, PutsTheCaretUnderTheCharacter) {
  // The '^' stands below the character behind it.
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"a=x^#y", "cannot stand in unquoted text"},
      {"a=\xC3\xA4\xC3\xB6", ""},
      {"a='\xC3\xA4',^\xC3\xB6", "'\xC3\xB6'"},
      {"a=['\xE6\x97\xA5',^'x]", "this quote is not closed"},
      {"\xC3\xA4.yaml:a=[1^", "expected ',' or ']'"},
      {"\xC3\xA4.yaml:a=b^=c", "a second '='"},
      {"a=^range(a)", "range() needs a number as start"},
      {"a=[^choice(1)]", "a sweep cannot stand in a list"},
      {"a=[1,{k:^range(2)}]", "a sweep cannot stand in a dict"},
      {"a=^choice(1),2", "a sweep cannot stand in a sweep"},
      {"a={^'k':1}", "cannot be quoted"},
      {"a={k^}", "expected ':'"},
      {"a={^null:1}", "cannot be null"},
      {"a=^int(x)", "'x' is not an int"},
      {"a=[^str(null)]", "is not to be cast"},
      {"a=choice(1^", "expected ',' or ')'"},
      {"a=1,^,2", "expected a value"},
      {"a=sort(^f(1))", "there is no function 'f'"},
      {"a=f^(", ""},
      {"^+++a=1", ""},
      {"a/^1=2", "a name behind '/'"},
      {"a^ b=1", "'.' and a name, or '='"},
      {"^\xC3\xA4=1", "expected a key"},
      {"a=\xF0\x9F\x98\x80", ""},
  };
  for (const auto& [marked, want] : kCases) {
    const size_t at = marked.find('^');
    const std::string text = absl::StrReplaceAll(marked, {{"^", ""}});
    const auto parsed = ParseOverride(text);
    ASSERT_FALSE(parsed.ok()) << text;
    if (want.empty()) continue;
    const std::vector<std::string> lines = absl::StrSplit(parsed.status().message(), '\n');
    ASSERT_EQ(lines.size(), 3u) << parsed.status();
    EXPECT_THAT(lines[0], HasSubstr(want)) << text;
    EXPECT_EQ(lines[1], "  " + text);
    EXPECT_EQ(lines[2], "  " + status::CaretBelow(text, at)) << text << " " << lines[0];
  }
}

TEST(ParseOverride, TakesBracketsForAListsIndex) {
  EXPECT_EQ(ParseOverride("lst[0]=1")->key, "lst.0");
  EXPECT_EQ(ParseOverride("+a.b[1][20].c=1")->key, "a.b.1.20.c");
  EXPECT_FALSE(ParseOverride("a[01]=1").ok());
  EXPECT_FALSE(ParseOverride("a[-1]=1").ok());
  EXPECT_FALSE(ParseOverride("[0]=1").ok());
}

// The text as Hydra's parser has it and what it becomes; "" is a refusal.
TEST(ParseOverride, HasTheLexersFinerPoints) {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"a= 1", "1"},
      {"a=1 ", "1"},
      {"a=x  y ", "x  y"},
      {"a =1", ""},
      {"a='x' ", ""},
      {"a='x'y", ""},
      {"a={a:1} ", ""},
      {"a=[ 1 , 2 ]", "[1, 2]"},
      {"a={ a : 1 , b c : 'd' }", "{'a': 1, 'b c': 'd'}"},
      {"a=:", ":"},
      {"a=x : ", "x : "},
      {"a=int (3.7)", "3"},
      {"a=int( 3.7 )", "3"},
      {"a=x int(3)", ""},
      {"a=null(3)", ""},
      {"a=1.0.0", "1.0.0"},
      {"a=1__0", "1__0"},
      {"a=1_0", "10"},
      {"a=-inf", "-inf"},
      {"a=nano", "nano"},
      {"a=.5e3", "500.0"},
      {"a=1.e-3", "0.001"},
      {"a=\\,x", "',x'"},
      {"a=\\ ", "' '"},
      {"a=\\d", "\\d"},
      {"a='\\'x'", "\"'x\""},
      {"a=${x:${y}}", ""},
      {"a=${}", ""},
      {"a=$ {", ""},
      {"a={a:b:c,1:2}", "{'a': 'b:c', 1: 2}"},
      {"a={null:1}", ""},
      {"a={${x}:1}", ""},
      {"a/b.c=1", ""},
      {"a@b/c=1", ""},
      {"+++a=1", ""},
      {"1=1", ""},
      {"0.a=1", "1"},
      {"a.0b=1", ""},
      {"a=choice(1 , 'b')", "[1, 'b']"},
      {"a=choice(null)", ""},
      {"a=null,1", "[None, 1]"},
      {"a=choice(sort(3,1))", "[1, 3]"},
      {"a=choice(int(choice(1,2)))", ""},
      {"a=range(stop=3)", ""},
      {"a=range(start=3)", "[0, 1, 2]"},
      {"a=range(1,null)", "0"},
      {"a=range(true,3)", "[1, 2]"},
      {"a=range(start=1,3)", ""},
      {"a=range(1,start=3)", ""},
      {"a=sort(range(1,4),reverse=true)", "[3, 2, 1]"},
      {"a=sort(range(10,1,-3))", "[4, 7, 10]"},
      {"a=sort(range(10,1,-2))", "[3, 5, 7, 9, 11]"},
      {"a=sort(list=[3,1,true])", "[1, True, 3]"},
      {"a=sort([3,1],reverse=1)", ""},
      {"a=sort(1,null)", ""},
      {"a=sort(5)", "5"},
      {"a=shuffle(5)", "[5]"},
      {"a=tag(1,choice(1,2))", ""},
      {"a=tag(a,sweep=choice(1,2))", "[1, 2]"},
      {"a=tag(sweep=choice(1,2))", ""},
      {"a=int(' 010 ')", "10"},
      {"a=int(1e30)", "1000000000000000019884624838656"},
      {"a=int(value='7')", "7"},
      {"a=int(1,value=2)", ""},
      {"a=int()", ""},
      {"a=int(range(0.5,3.5))", "[0, 1, 2]"},
      {"a=str(range(3))", ""},
      {"a=float('1_0.5')", "10.5"},
      {"a=float(0x10)", ""},
      {"a=float(infinity)", "inf"},
      {"a=bool(null)", "False"},
      {"a=bool({a:1,b:0})", "{'a': True, 'b': False}"},
      {"a=str([null])", ""},
      // What DVC writes as text and reads again.
      {"a=choice('1','null',' x')", "[1, None, ' x']"},
      {"a='1',str(2)", "['1', 2]"},
      {"a=choice(['1',str(1)],#)", ""},
      {"a=choice(\"'q'\",'a#b')", "['q', 'a#b']"},
      {"a=sort(['b','a'])", ""},
      {"a=sort('b','a')", "['a', 'b']"},
      {"a={1:x,1.0:y,true:z}", "{1: 'z'}"},
      {"a=int('\xC2\xA0' )", ""},
      {"a=int('\xC2\xA0"
       "1')",
       "1"},
  };
  for (const auto& [text, want] : kCases) {
    const auto parsed = ParseOverride(text);
    EXPECT_EQ(parsed.ok(), !want.empty()) << text << " " << parsed.status();
    if (!parsed.ok() || want.empty()) continue;
    const Value got = parsed->choices.empty() ? parsed->value : Value(parsed->choices);
    const std::string repr = value::PythonText(value::List{got});
    EXPECT_TRUE(want == value::PythonText(got) || absl::StrCat("[", want, "]") == repr) << text << " gave " << repr;
  }
}

TEST(ParseOverride, ShufflesTheSameTextToTheSameOrder) {
  const auto first = ParseOverride("a=shuffle(range(20))");
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(value::Identical(first->choices, ParseOverride("p.json:a=shuffle(range(20))")->choices));
  EXPECT_FALSE(value::Identical(first->choices, ParseOverride("b=shuffle(range(20))")->choices));
  EXPECT_EQ(first->choices.size(), 20u);
  EXPECT_FALSE(value::Identical(first->choices, ParseOverride("a=range(20)")->choices));
  EXPECT_EQ(ParseOverride("a=shuffle([1,2,3,4])")->value.list()->size(), 4u);
}

// Hydra writes True and keeps quotes; ours reads back to the same.
void ExpectSamePoint(const GridPoint& ours, const value::List& theirs, const std::string& about) {
  ASSERT_EQ(ours.texts.size(), theirs.size()) << about;
  for (size_t j = 0; j < theirs.size(); ++j) {
    const auto got = ParseOverride(ours.texts[j]);
    ASSERT_TRUE(got.ok()) << got.status();
    const auto want = ParseOverride(*theirs[j].string());
    // What DVC writes and then cannot read.
    if (!want.ok()) continue;
    EXPECT_EQ(got->file, want->file) << about;
    EXPECT_EQ(got->op, want->op) << about;
    EXPECT_EQ(got->key, want->key) << about;
    EXPECT_TRUE(value::Identical(got->value, want->value)) << ours.texts[j] << " for " << *theirs[j].string();
  }
}

TEST(ExpandGrid, HasHydrasOrder) {
  const Value golden = Golden();
  for (const Value& vector : *Field(golden, "sweep").list()) {
    const std::string about = value::ToJson(vector);
    const bool refused = Field(vector, "out").is_null() || Field(vector, "out").list()->empty();
    std::vector<ParamOverride> overrides;
    absl::Status status;
    for (const Value& text : *Field(vector, "in").list()) {
      const auto parsed = ParseOverride(*text.string());
      status.Update(parsed.status());
      if (parsed.ok()) overrides.push_back(*parsed);
    }
    // An empty grid would queue nothing without a word.
    EXPECT_EQ(status.ok(), !refused) << about << status;
    if (!status.ok() || refused) continue;
    const auto points = ExpandGrid(overrides);
    ASSERT_TRUE(points.ok());
    const value::List& want = *Field(vector, "out").list();
    ASSERT_EQ(points->size(), want.size()) << about;
    for (size_t i = 0; i < want.size(); ++i) ExpectSamePoint((*points)[i], *want[i].list(), about);
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
  EXPECT_THAT(Texts({"+a=1", "a=2"}), ElementsAre("+a=1 a=2"));
  EXPECT_THAT(Texts({"a=1", "a=2"}), ElementsAre("a=1 a=2"));
  EXPECT_THAT(Texts({}), ElementsAre(""));
  EXPECT_THAT(Texts({"a=1,2", "b=str(3)"}), ElementsAre("a=1 b=3", "a=2 b=3"));
  EXPECT_THAT(Texts({"a=1", "b=str(3)"}), ElementsAre("a=1 b='3'"));
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
