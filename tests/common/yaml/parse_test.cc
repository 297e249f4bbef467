#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/value/value.h"
#include "common/yaml/yaml.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::yaml {
namespace {

using value::Value;

// The document as compact JSON, or the error's message.
std::string JsonOf(absl::string_view text) {
  const auto document = Parse(text, "p.yaml");
  if (!document.ok()) return std::string(document.status().message());
  return value::ToJson(document->root, {.ascii = false, .compact = true});
}

// "LINE:COLUMN: message [hint]".
std::string ComplaintOf(absl::string_view text) {
  const absl::Status error = Parse(text, "f").status();
  const std::string hint = status::Hint(error);
  return absl::StrCat(error.message().substr(2), hint.empty() ? "" : absl::StrCat(" [", hint, "]"));
}

TEST(ResolvePlain, FollowsTheCoreSchema) {
  const std::pair<const char*, Value> cases[] = {
      {"yes", "yes"},
      {"off", "off"},
      {"True", true},
      {"tRUE", "tRUE"},
      {"FALSE", false},
      {"null", Value()},
      {"~", Value()},
      {"", Value()},
      {"nUll", "nUll"},
      {"014", 14},
      {"0o14", 12},
      {"089", 89},
      {"0x1F", 31},
      {"0X1F", "0X1F"},
      {"0b101", 5},
      {"1_000", 1000},
      {"1__0", 10},
      {"+12", 12},
      {"-0x10", -16},
      {"1:30", "1:30"},
      {"1e3", 1000.0},
      {"1e-5", 1e-5},
      {"1.e3", 1000.0},
      {"+.5", 0.5},
      {"12e03", 12000.0},
      {".5", 0.5},
      {"5.", 5.0},
      {"0.1_2", 0.12},
      {".5e3", ".5e3"},
      {".5e+3", 500.0},
      {"inf", "inf"},
      {"NaN", "NaN"},
      {"-.INF", -INFINITY},
      {".nan", std::nan("")},
      {"-.nan", "-.nan"},
      {"1.2.3", "1.2.3"},
      {"_1", "_1"},
      {"1e", "1e"},
      {"-", "-"},
      {".", "."},
      {"._", "._"},
      {"-_", "-_"},
      {"0b2", "0b2"},
      {"1-2", "1-2"},
      {"12345678901234567890", value::BigInt{"12345678901234567890"}},
      {"-0xFFFFFFFFFFFFFFFFFF", value::BigInt{"-4722366482869645213695"}},
      {"2024-01-01", value::Date{"2024-01-01"}},
      {"2024-1-1", "2024-1-1"},
      {"2024-01-01T10:00:00Z", value::Date{"2024-01-01T10:00:00Z"}},
      {"2024-01-01 10:00:00.5 +02:00", value::Date{"2024-01-01 10:00:00.5 +02:00"}},
  };
  for (const auto& [text, want] : cases) {
    const Value got = ResolvePlain(text);
    EXPECT_TRUE(value::Identical(got, want)) << text << " gave " << value::PythonText(got);
  }
}

TEST(Parse, ReadsBlockAndFlow) {
  EXPECT_EQ(JsonOf("a: 1\nb:\n- x\n-\n- {c: '2', d: [e, 0x1F]}\nf:\ng: |\n  two\n  lines\nh: >-\n  fol\n  ded\n"),
            R"({"a":1,"b":["x",null,{"c":"2","d":["e",31]}],"f":null,"g":"two\nlines\n","h":"fol ded"})");
  EXPECT_EQ(JsonOf(""), "null");
  EXPECT_EQ(JsonOf("# only this\n"), "null");
  EXPECT_EQ(JsonOf("--- # x\na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(JsonOf("\xEF\xBB\xBF"
                   "a: b\r\nc: d\r\n"),
            R"({"a":"b","c":"d"})");
  EXPECT_EQ(JsonOf("- 1\n- [a: b]\n"), R"([1,[{"a":"b"}]])");
  EXPECT_EQ(JsonOf("a:\nnull: 3\n~: 4\n").substr(0, 18), "p.yaml:3:1: duplic");
}

TEST(Parse, KeepsKeysAsTheyAreAndFindsThemByTheirText) {
  const auto document = Parse("1: a\nfalse: b\n1.50: c\n~: d\n'1.5e3': e\n014: f\n2020-01-01: g\n", "p.yaml");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(value::PythonText(document->root),
            "{1: 'a', False: 'b', 1.5: 'c', None: 'd', '1.5e3': 'e', 14: 'f', 2020-01-01: 'g'}");
  EXPECT_EQ(value::ToJson(document->root, {.compact = true}),
            R"({"1":"a","false":"b","1.5":"c","null":"d","1.5e3":"e","14":"f","2020-01-01":"g"})");
  EXPECT_EQ(*document->root.map()->Find("None")->string(), "d");
  EXPECT_EQ(Emit(document->root), "1: a\nfalse: b\n1.5: c\nnull: d\n'1.5e3': e\n14: f\n2020-01-01: g\n");
}

TEST(Parse, TakesNumbersThatPythonTakesForOneKeyForDuplicates) {
  EXPECT_EQ(JsonOf("1: a\n1.0: b\n"), "p.yaml:2:1: duplicate key '1.0'");
  EXPECT_EQ(JsonOf("true: a\n1: b\n"), "p.yaml:2:1: duplicate key '1'");
  EXPECT_EQ(JsonOf("1: a\n2: b\n"), R"({"1":"a","2":"b"})");
}

TEST(Parse, RefusesAValueAndItsTextAsKeysOfOneMap) {
  const std::string complaint = ": the text '1' and the value 1 are one key here";
  EXPECT_EQ(ComplaintOf("1: a\n'1': b\n"), "2:1" + complaint);
  EXPECT_EQ(ComplaintOf("x: &x {1: a}\ny: {<<: *x, '1': b}\n"), "2:4" + complaint);
  EXPECT_EQ(ComplaintOf("x: &x {1: a}\nz: &z {'1': b}\ny:\n  <<: [*x, *z]\n"), "4:7" + complaint);
}

TEST(Parse, MergesNumbersThatPythonTakesForOneKeyIntoOne) {
  EXPECT_EQ(JsonOf("x: &x {1: a}\nz: &z {1.0: b, 2: c}\ny: {<<: [*x, *z]}\n"),
            R"({"x":{"1":"a"},"z":{"1.0":"b","2":"c"},"y":{"1.0":"a","2":"c"}})");
  EXPECT_EQ(JsonOf("a: &x {0: p, 2: q}\nb:\n  <<: *x\n  0.0: r\n"), R"({"a":{"0":"p","2":"q"},"b":{"0":"r","2":"q"}})");
}

TEST(Parse, TakesKeysThatAreNumbersOfNoCommonKind) { EXPECT_TRUE(Parse(".nan: 1\nb: 2\n", "file.yaml").ok()); }

TEST(Parse, ResolvesAnchorsAndMergeKeys) {
  EXPECT_EQ(JsonOf("base: &b {x: 1, y: 2}\nuse:\n  z: 0\n  <<: *b\n  y: 3\nsame: *b\n"),
            R"({"base":{"x":1,"y":2},"use":{"x":1,"y":3,"z":0},"same":{"x":1,"y":2}})");
  EXPECT_EQ(JsonOf("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc:\n  <<: [*a, *b]\n"),
            R"({"a":{"x":1},"b":{"x":2,"y":2},"c":{"x":1,"y":2}})");
  EXPECT_EQ(JsonOf("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {w: 0, <<: [*a, *b]}\n"),
            R"({"a":{"x":1,"y":2},"b":{"y":3,"z":4},"c":{"y":2,"z":4,"x":1,"w":0}})");
  EXPECT_EQ(JsonOf("a: &s 5\nb: *s\nc: &e\nd: *e\n"), R"({"a":5,"b":5,"c":null,"d":null})");
}

TEST(Parse, HonoursTheCoreTags) {
  EXPECT_EQ(JsonOf("a: !!str 5\nb: !!float 1\nc: !!int '7'\nd: ! 9\ne: !!map {}\nf: !!str\n"),
            R"({"a":"5","b":1.0,"c":7,"d":9,"e":{},"f":""})");
  EXPECT_EQ(JsonOf("!!str a: 1\n!!float 2: ! [b]\n"), R"({"a":1,"2.0":["b"]})");
  EXPECT_EQ(JsonOf("a: 1\nb: !mine 5\n"), "p.yaml:2:4: unknown tag '!mine'");
  EXPECT_EQ(JsonOf("b: !!python/tuple [1]\n"), "p.yaml:1:4: unknown tag '!!python/tuple'");
  EXPECT_EQ(JsonOf("b: !!int x\n"), "p.yaml:1:4: 'x' is not of its tag's type int");
}

TEST(Parse, SaysWhereItIsWrong) {
  EXPECT_EQ(JsonOf("a: 1\nb: {c: 1, c: 2}\n"), "p.yaml:2:11: duplicate key 'c'");
  EXPECT_EQ(JsonOf("a: =\n"), "p.yaml:1:4: '=' needs quotes as a value");
  EXPECT_EQ(JsonOf("a: 1\n--- \nb: 2\n").substr(0, 9), "p.yaml:2:");
  EXPECT_EQ(JsonOf("a: [1, 2\nb: 3\n").substr(0, 9), "p.yaml:1:");
  EXPECT_EQ(JsonOf("a: [1,,2]\n").substr(0, 9), "p.yaml:1:");
  EXPECT_EQ(JsonOf("a: 1\nb: \"x\nc: 2\n"), "p.yaml:2:4: the quoted text that begins here is not closed");
  EXPECT_EQ(JsonOf("a: 'x''\n"), "p.yaml:1:4: the quoted text that begins here is not closed");
  EXPECT_EQ(JsonOf("a: \"x\\\"\n"), "p.yaml:1:4: the quoted text that begins here is not closed");
  EXPECT_EQ(JsonOf("a: b: c\n").substr(0, 11), "p.yaml:1:5:");
  EXPECT_EQ(JsonOf("\xC3\xBC: 1\nk: \xC3\xBC\xFF\n"), "p.yaml:2:5: not valid UTF-8");
  EXPECT_EQ(JsonOf("a: \x01\n"), "p.yaml:1:4: control character in the text");
  EXPECT_EQ(JsonOf("a: *nope\n").substr(0, 9), "p.yaml:1:");
  EXPECT_EQ(JsonOf("a: &x [*x]\n").substr(0, 9), "p.yaml:1:");
  EXPECT_EQ(JsonOf("? [a, b]\n: 1\n").substr(0, 9), "p.yaml:1:");
}

TEST(Parse, RefusesTabsThatIndent) {
  for (absl::string_view text :
       {"a:\n\tb: 1\n", "a:\n\t- 1\n", "a:\n\t1\n", "a: x\n\ty\n", "a: 1\n\tb: 2\n", "a: 1\n\t# why\n"}) {
    EXPECT_EQ(ComplaintOf(text), "2:1: a tab begins this line [indent with spaces]") << text;
  }
  EXPECT_EQ(ComplaintOf("a:\n  - b: 1\n  \tc: 2\n"), "3:3: a tab begins this line [indent with spaces]");
  EXPECT_EQ(ComplaintOf("a: |\n  x\n \ty\n"), "3:2: a tab begins this line [indent with spaces]");
  EXPECT_EQ(ComplaintOf("a: |2\n   x\n \ty\n"), "3:2: a tab begins this line [indent with spaces]");
  EXPECT_EQ(ComplaintOf("a: [x\n\ty]\n"), "2:1: a tab begins this line [indent with spaces]");
}

TEST(Parse, RefusesTabsThatSeparate) {
  const std::pair<absl::string_view, absl::string_view> cases[] = {
      {"a:\t1\n", "1:3"},       {"a: \t1\n", "1:4"},     {"a\t: 1\n", "1:2"},        {"-\t1\n", "1:2"},
      {"a: x\ty\n", "1:5"},     {"a: [x\ty]\n", "1:6"},  {"a: 1\t# why\n", "1:5"},   {"a: 'x'\t# why\n", "1:7"},
      {"a: |\t# why\n", "1:5"}, {"---\ta\n", "1:4"},     {"a: [1]\t# why\n", "1:7"}, {"a: &x\t1\n", "1:6"},
      {"a: !!str\t1\n", "1:9"}, {"[!!str\t1]\n", "1:7"},
  };
  for (const auto& [text, place] : cases) {
    EXPECT_EQ(ComplaintOf(text), absl::StrCat(place, ": a tab stands here outside of quotes [use spaces]")) << text;
  }
}

TEST(Parse, RefusesTabsThatEndALine) {
  for (absl::string_view text : {"a: 1\t\n", "a: 1\t", "a: 1\t \n", "a: x\t\r\n", "a: b\t\n  c\n", "a:  \t\n"}) {
    EXPECT_EQ(ComplaintOf(text), "1:5: a tab ends this line [remove it]") << text;
  }
  EXPECT_EQ(ComplaintOf("a: 1\n\t\nb: 2\n"), "2:1: a tab ends this line [remove it]");
  EXPECT_EQ(ComplaintOf("\t\n"), "1:1: a tab ends this line [remove it]");
}

TEST(Parse, TakesTabsInTextsCommentsAndBrackets) {
  EXPECT_EQ(JsonOf("a: 'x\ty'\nb: \"x\ty\n\tz\" #\twhy\nc: 1 # w\thy\n#\t\n"), R"({"a":"x\ty","b":"x\ty z","c":1})");
  EXPECT_EQ(JsonOf("a: |\n  x\ty\n  \tz\n\n   \nb: >-\n  x\n  \ty\n"), R"({"a":"x\ty\n\tz\n\n \n","b":"x\n\ty"})");
  EXPECT_EQ(JsonOf("a: [\n\t1,\t2\t,\n\t{b:\tc\t,\td\t: e}\t# why\n\t]\n"), R"({"a":[1,2,{"b":"c","d":"e"}]})");
  EXPECT_EQ(JsonOf("{\n\ta:\t&x\t1,\n\tb: !!str\n\t2,\n\tc: *x\t\n}\n"), R"({"a":1,"b":"2","c":1})");
}

TEST(Parse, RefusesAKeyWithNothingBehindIt) {
  EXPECT_EQ(JsonOf("lr: 1\nseed:2\n"), "p.yaml:2:1: no ': ' follows this key");
  EXPECT_EQ(JsonOf("a:\n  b: 1\n  c\n"), "p.yaml:3:3: no ': ' follows this key");
  EXPECT_EQ(JsonOf("a: 1\n~\n"), "p.yaml:2:1: no ': ' follows this key");
  EXPECT_EQ(JsonOf("a: 1\n'b'"), "p.yaml:2:1: no ': ' follows this key");
  EXPECT_EQ(JsonOf("? a\n? # why\n  b\n? c\n: 1\n"), R"({"a":null,"b":null,"c":1})");
  EXPECT_EQ(JsonOf("{a, b: 1}\n"), R"({"a":null,"b":1})");
}

TEST(Parse, TellsAKeyThatBeginsLikeANullFromTheEmptyValueBeforeIt) {
  EXPECT_EQ(JsonOf("a:\nnullable: 1\n"), R"({"a":null,"nullable":1})");
  EXPECT_EQ(JsonOf("a:\nnull, or not: 1\n"), R"({"a":null,"null, or not":1})");
  EXPECT_EQ(JsonOf("a:\nnull:x: 1\n"), R"({"a":null,"null:x":1})");
  EXPECT_EQ(JsonOf("a:\nnull#x: 1\n"), R"({"a":null,"null#x":1})");
  EXPECT_EQ(JsonOf("a:\n~b: 1\n"), R"({"a":null,"~b":1})");
  EXPECT_EQ(JsonOf("- a:\n  ~b: 1\n"), R"([{"a":null,"~b":1}])");
  EXPECT_EQ(JsonOf("a:\nnull : 1\n"), R"({"a":null,"null":1})");
  EXPECT_EQ(JsonOf("- \n- a:\n  - \n  null:  # why\n   b: 1\n"), R"([null,{"a":[null],"null":{"b":1}}])");
  EXPECT_EQ(JsonOf("a: null  # no value\nb: ~\n"), R"({"a":null,"b":null})");
  EXPECT_EQ(JsonOf("a: [null,~ ,{b: null,~: 1}]\n"), R"({"a":[null,null,{"b":null,"null":1}]})");
}

TEST(Parse, RefusesAValueThatIsNotIndented) {
  const std::string complaint = ": this value is not indented [indent it deeper than its key]";
  EXPECT_EQ(ComplaintOf("a:\n'b'\nc: 1\n"), "2:1" + complaint);
  EXPECT_EQ(ComplaintOf("a:\n- b:\n  [1]\n"), "3:3" + complaint);
  EXPECT_EQ(ComplaintOf("a:\n  b: # c\n  {}\n"), "3:3" + complaint);
  EXPECT_EQ(ComplaintOf("a:\n&x\n- 1\n"), "2:1" + complaint);
  EXPECT_EQ(ComplaintOf("a:\n: 1\n"), "2:1" + complaint);
  EXPECT_EQ(ComplaintOf("a: &x\n{}\n"), "2:1" + complaint);
  EXPECT_EQ(ComplaintOf("a: !!str\n'b'\nc: 1\n"), "2:1" + complaint);
  EXPECT_EQ(ComplaintOf("a:\n  b:\n  ~\n"), "3:3" + complaint);
  EXPECT_EQ(JsonOf("a:\n- 1\nb: &x\n- 2\nc:\n|\n d\ne:\n 'f'\n? g\n: h\n? i\n:\n 'j'\n"),
            R"({"a":[1],"b":[2],"c":"d\n","e":"f","g":"h","i":"j"})");
  EXPECT_EQ(JsonOf("a: &x\nb: !!str\n'c': &y\n  d: *x\n"), R"({"a":null,"b":"","c":{"d":null}})");
}

TEST(Parse, TakesAQuestionMarkInAWordBetweenBrackets) {
  EXPECT_EQ(JsonOf("a: [data/p?.csv, x?]\nb: {c?: 'd?', e: why? no}\n"),
            R"({"a":["data/p?.csv","x?"],"b":{"c?":"d?","e":"why? no"}})");
  EXPECT_EQ(ComplaintOf("a: [b?, @]\n"), "1:9: no text can begin with '@' [put it into quotes]");
}

TEST(Parse, RefusesWhatHasNoKeyBetweenBrackets) {
  EXPECT_EQ(ComplaintOf("a: {b: 1,, c: 2}\n"), "1:10: a key is missing before this ','");
  EXPECT_EQ(ComplaintOf("a: {b,\n , c: 2}\n"), "2:2: a key is missing before this ','");
  EXPECT_EQ(ComplaintOf("a: { , c: 2}\n"), "1:6: a key is missing before this ','");
  EXPECT_EQ(ComplaintOf("{a:, b: 1}\n"), "1:3: no blank follows this ':' [write it like {name: , other: 1}]");
  EXPECT_EQ(JsonOf("{a: , b: , c, ~: 1,}\n"), R"({"a":null,"b":null,"c":null,"null":1})");
  EXPECT_EQ(JsonOf("[{: 1}, {a: 1, : 2}]\n"), R"([{"null":1},{"a":1,"null":2}])");
}

TEST(Parse, TakesNoBlanksAtTheEndForTextBelowAnAngleBracket) {
  EXPECT_EQ(JsonOf("a: >\n  x\n  "), R"({"a":"x\n"})");
  EXPECT_EQ(JsonOf("a:\n  b: >-\n    x\n    y\n    "), R"({"a":{"b":"x y"}})");
  EXPECT_EQ(JsonOf("a: |\n  x\n    "), R"({"a":"x\n  "})");
  EXPECT_EQ(JsonOf("a: 1\n  "), R"({"a":1})");
  EXPECT_EQ(JsonOf("  "), "null");
}

TEST(Parse, TakesALoneCarriageReturnForALineEnd) {
  EXPECT_EQ(JsonOf("a: 1\r\r\nb: x\r\r\n  y\r\r\n"), R"({"a":1,"b":"x\ny"})");
  EXPECT_EQ(JsonOf("a: |\r  x\r  y\rb: 1 # c\rd: \"e\rf\"\r"), R"({"a":"x\ny\n","b":1,"d":"e f"})");
  EXPECT_EQ(JsonOf("a: 1\n\r"), R"({"a":1})");
  EXPECT_EQ(ComplaintOf("a: 1\r\r\nb: @\n"), "3:4: no text can begin with '@' [put it into quotes]");
}

TEST(Parse, RefusesLineEndsThatOnlyUnicodeKnows) {
  const std::string ls = "\xE2\x80\xA8", ps = "\xE2\x80\xA9", nel = "\xC2\x85";
  EXPECT_EQ(ComplaintOf("a: x" + ls + "\n"),
            "1:5: an invisible line end (U+2028) stands here [remove it, or write \\L between double quotes]");
  EXPECT_EQ(ComplaintOf("a: 1\nb: []" + ps + " # c\n"),
            "2:6: an invisible line end (U+2029) stands here [remove it, or write \\P between double quotes]");
  EXPECT_EQ(ComplaintOf("a: 'x" + nel + "y'\n"),
            "1:6: an invisible line end (U+0085) stands here [remove it, or write \\N between double quotes]");
  EXPECT_FALSE(Parse("# c" + ls + "b: 1\n", "f").ok());
  EXPECT_FALSE(Parse("a: |\n  x" + ls + "y\n", "f").ok());
  EXPECT_EQ(JsonOf("# c" + ls + " # d\na: 1 # e" + nel + "\n"), R"({"a":1})");
  EXPECT_EQ(JsonOf("a: \"x" + ls + "y\"\nb: x" + ps + "y\n"), "{\"a\":\"x" + ls + "y\",\"b\":\"x" + ps + "y\"}");
}

TEST(Parse, ReadsTheEscapesOfUnicodesBlanks) {
  const auto document = Parse("a: \"\xC3\xBCx\\N\\_\\L\\P\\x85\\u00a0\"\n", "f");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(*document->root.map()->Find("a")->string(),
            "\xC3\xBCx\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\xC2\x85\xC2\xA0");
}

TEST(Parse, SaysWhatIsWrongInWordsOfTheFile) {
  const std::pair<const char*, const char*> cases[] = {
      {"a:\n<<<<<<< HEAD\n  b: 1\n=======\n  b: 2\n>>>>>>> x\n",
       "2:1: a merge conflict begins here [keep one side, and take out the lines of <<<<<<<, ======= and >>>>>>>]"},
      {"outs: [m_${key}]\n", "1:10: a ${…} between brackets needs quotes [write it like \"x_${name}\"]"},
      {"a: {cmd: echo ${x}, b: [c]}\n", "1:15: a ${…} between brackets needs quotes [write it like \"x_${name}\"]"},
      {"a: [b, c\nd: [e]\n", "1:4: this '[' is not closed"},
      {"a: {b: 1\n", "1:4: this '{' is not closed"},
      {"a: [b, c d: e: f]\n", "1:14: ',' or ']' is missing before this"},
      {"a: echo b: c\n", "1:10: this ':' stands inside of a value [put the whole value into quotes]"},
      {"a: 1\n  b: 2\n", "2:4: no map can begin here [is this line indented too far?]"},
      {"a\n  b: 2\n", "2:4: no map can begin here [has the line above lost its ':'?]"},
      {"a:\n    b: 1\n   c: 2\n", "3:4: this goes with nothing above [indent it like the lines that it belongs to]"},
      {"a: 'it's'\n",
       "1:8: nothing can follow the end of a text in quotes [put the whole value into quotes; within '…' "
       "a quote is written '']"},
      {"a: @b\n", "1:4: no text can begin with '@' [put it into quotes]"},
      {"a: *.csv\n", "1:4: no anchor of this name stands above [a text that begins with * needs quotes]"},
      {"a: - b\n", "1:4: no list can begin here [begin it on the next line, or put the text into quotes]"},
      {"a: \"\\d\"\n", "1:7: unknown escape character: d [write \\\\ for a backslash, or use '…']"},
  };
  for (const auto& [text, complaint] : cases) EXPECT_EQ(ComplaintOf(text), complaint) << text;
  EXPECT_EQ(JsonOf("a: |\n  x\n  <<<<<<< y\n"), "{\"a\":\"x\\n<<<<<<< y\\n\"}");
}

TEST(Parse, RefusesWhatNoDocumentFollows) {
  for (absl::string_view text : {"%", "%YAML 1.2\n", "...\n", "# why\n...\n"}) {
    EXPECT_EQ(Parse(text, "f").status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  for (absl::string_view text : {"", "# why\n", "---", "%YAML 1.2\n---\n", " \n# a\n # b", "...x: 1\n"}) {
    EXPECT_TRUE(Parse(text, "f").ok()) << text;
  }
}

TEST(Parse, BoundsDepthAndAliasBombs) {
  EXPECT_EQ(Parse(std::string(100000, '['), "p").status().message(), "p: maps and lists are nested too deeply");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&bomb, j ? ", " : "", "*a", i - 1);
    absl::StrAppend(&bomb, "]\n");
  }
  EXPECT_THAT(JsonOf(bomb), ::testing::HasSubstr("aliases expand"));
}

TEST(Document, KnowsWhereKeysAndItemsStand) {
  const auto document = Parse("a:\n  \xC3\xBC: 1\n  l:\n  - x\n  -  y\n", "p.yaml");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->At({"a"}).line, 1);
  EXPECT_EQ(document->At({"a", "\xC3\xBC"}).line, 2);
  EXPECT_EQ(document->At({"a", "l"}).column, 3);
  EXPECT_EQ(document->At({"a", "l", "1"}).line, 5);
  EXPECT_EQ(document->At({"a", "l", "1"}).column, 6);
  EXPECT_EQ(document->At({"nowhere"}).line, 0);
}

TEST(Document, KnowsWhereTheItemsOfALongLineStand) {
  const auto document = Parse("\xEF\xBB\xBF{a: [\xC3\xBC, 2, {b: 3}], c: 4,\n d: 5, e: 6}\n", "p.yaml");
  ASSERT_TRUE(document.ok());
  const auto place = [&](const std::vector<std::string>& path) {
    const Mark mark = document->At(path);
    return absl::StrCat(mark.line, ":", mark.column);
  };
  EXPECT_EQ(place({"a"}), "1:2");
  EXPECT_EQ(place({"a", "0"}), "1:6");
  EXPECT_EQ(place({"a", "1"}), "1:9");
  EXPECT_EQ(place({"a", "2", "b"}), "1:13");
  EXPECT_EQ(place({"c"}), "1:21");
  EXPECT_EQ(place({"d"}), "2:2");
  EXPECT_EQ(place({"e"}), "2:8");
}

}  // namespace
}  // namespace expq::yaml
