#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/params/apply.h"
#include "common/params/params.h"
#include "common/random/random.h"
#include "common/status/status.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/dotted_keys.h"

namespace expq::params {
namespace {

using ::expq::testing::DottedKeys;
using ::testing::HasSubstr;
using value::Value;

// The new text, or the error.
std::string Edited(absl::string_view file, absl::string_view text, const std::vector<std::string>& overrides) {
  std::vector<ParamOverride> parsed;
  for (const std::string& override : overrides) {
    auto one = ParseOverride(override);
    if (!one.ok()) return std::string(one.status().message());
    parsed.push_back(*std::move(one));
  }
  const auto edited = ApplyOverrides(file, text, parsed);
  return edited.ok() ? *edited : std::string(edited.status().message());
}

std::string Replaced(absl::string_view text, absl::string_view from, absl::string_view to) {
  EXPECT_TRUE(absl::StrContains(text, from)) << from;
  return absl::StrReplaceAll(text, {{from, to}});
}

constexpr char kJson[] = R"({
  "seed": 42,
  "lr" : 1e-3,
  "name": "\u00e4dam",
  "train": {
    "units": 64,
    "layers": [1, 2,  3],
    "opt": {"eps": 1E-8, "on": true}
  }
}
)";

TEST(EditJson, ChangesOnlyTheValuesBytes) {
  const auto edited = [](const std::vector<std::string>& overrides) { return Edited("p.json", kJson, overrides); };
  EXPECT_EQ(edited({"seed=43", "train.opt.eps=1e-9"}), Replaced(Replaced(kJson, "42", "43"), "1E-8", "1e-09"));
  EXPECT_EQ(edited({"lr=0.001",
                    "name=\xC3\xA4"
                    "dam"}),
            "-S: '\xC3\xA4' cannot stand in unquoted text; quote the value\n  name=\xC3\xA4"
            "dam\n       ^");
  EXPECT_EQ(edited({"lr=0.001",
                    "name='\xC3\xA4"
                    "dam'"}),
            kJson);
  EXPECT_EQ(edited({"name='\xC3\xBC \"q\"'"}), Replaced(kJson, "\"\\u00e4dam\"", "\"\xC3\xBC \\\"q\\\"\""));
  EXPECT_EQ(edited({"train.layers.1=null"}), Replaced(kJson, "[1, 2,  3]", "[1, null,  3]"));
  EXPECT_EQ(edited({"train.layers=[a,{b:1}]"}), Replaced(kJson, "[1, 2,  3]", "[\"a\", {\"b\": 1}]"));
  EXPECT_EQ(edited({"~train.layers.1"}), Replaced(kJson, "[1, 2,  3]", "[1, 3]"));
  EXPECT_EQ(edited({"seed=nan"}), Replaced(kJson, "42", "NaN"));
}

TEST(EditJson, AddsInTheStyleOfTheNeighboursAndRemovesLines) {
  const auto edited = [](const std::vector<std::string>& overrides) { return Edited("p.json", kJson, overrides); };
  EXPECT_EQ(edited({"+train.opt.x=1"}), Replaced(kJson, "true}", "true, \"x\": 1}"));
  EXPECT_EQ(edited({"+train.new=1"}), Replaced(kJson, "true}\n", "true},\n    \"new\": 1\n"));
  EXPECT_EQ(edited({"+a=1", "+b={c:2}"}),
            Replaced(kJson, "true}\n  }\n", "true}\n  },\n  \"a\": 1,\n  \"b\": {\"c\": 2}\n"));
  EXPECT_EQ(edited({"~seed"}), Replaced(kJson, "  \"seed\": 42,\n", ""));
  EXPECT_EQ(edited({"~train.opt"}), Replaced(kJson, "3],\n    \"opt\": {\"eps\": 1E-8, \"on\": true}\n", "3]\n"));
  EXPECT_EQ(edited({"~train.opt.on", "~train.opt.eps"}), Replaced(kJson, "{\"eps\": 1E-8, \"on\": true}", "{}"));
  EXPECT_EQ(edited({"~train.opt.eps"}), Replaced(kJson, "\"eps\": 1E-8, ", ""));
  EXPECT_EQ(Edited("p.json", "", {"+a=1"}), "{\"a\": 1}\n");
  EXPECT_EQ(Edited("p.json", "{\"a\":1}", {"+b=x", "a=2"}), "{\"a\":2, \"b\":\"x\"}");
  EXPECT_EQ(Edited("p.json", "{\r\n\t\"a\": 1\r\n}\r\n", {"+b=2"}), "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}\r\n");
  EXPECT_EQ(Edited("p.json", "{\"a\": {}}", {"+a.b.c=1"}), "{\"a\": {\"b\": {\"c\": 1}}}");
}

constexpr char kToml[] = R"(# top
seed = 42   # the answer
lr=1e-3
name = 'adam'
when = 1979-05-27 07:32:00

[train]
units = 64 # u
layers = [
  1,
  2, # two
]
opt = {eps = 1e-8, on = true}

[train.deep]
a.b = 1

[[step]]
n = "one"

[[step]]
n = "two"
)";

TEST(EditToml, ChangesOnlyTheValuesBytes) {
  const auto edited = [](const std::vector<std::string>& overrides) { return Edited("p.toml", kToml, overrides); };
  EXPECT_EQ(edited({"seed=43", "lr=1e-5"}), Replaced(Replaced(kToml, "42", "43"), "lr=1e-3", "lr=1e-05"));
  EXPECT_EQ(edited({"lr=0.001", "train.layers=[1,2]"}), kToml);
  EXPECT_EQ(edited({"name=sgd"}), Replaced(kToml, "'adam'", "'sgd'"));
  EXPECT_EQ(edited({"name=\"it's\""}), Replaced(kToml, "'adam'", "\"it's\""));
  EXPECT_EQ(edited({"train.layers.1=5"}), Replaced(kToml, "  2, # two", "  5, # two"));
  EXPECT_EQ(edited({"train.opt.eps=1", "train.deep.a.b=2"}),
            Replaced(Replaced(kToml, "eps = 1e-8", "eps = 1"), "a.b = 1", "a.b = 2"));
  EXPECT_EQ(edited({"step.1.n=x"}), Replaced(kToml, "\"two\"", "\"x\""));
  EXPECT_EQ(edited({"when=x"}), Replaced(kToml, "1979-05-27 07:32:00", "\"x\""));
  EXPECT_EQ(edited({"train.layers=[inf,'a\"b',{c:1}]"}),
            Replaced(kToml, "[\n  1,\n  2, # two\n]", "[inf, \"a\\\"b\", {c = 1}]"));
}

TEST(EditToml, AddsWhereTheTableEndsAndRemovesLines) {
  const auto edited = [](const std::vector<std::string>& overrides) { return Edited("p.toml", kToml, overrides); };
  EXPECT_EQ(edited({"+new=1"}), Replaced(kToml, "07:32:00\n", "07:32:00\nnew = 1\n"));
  EXPECT_EQ(edited({"+train.new='a b'"}), Replaced(kToml, "on = true}\n", "on = true}\nnew = \"a b\"\n"));
  EXPECT_EQ(edited({"+train.opt.x=1"}), Replaced(kToml, "on = true}", "on = true, x = 1}"));
  EXPECT_EQ(edited({"+train.deep.a.c=1"}), Replaced(kToml, "a.b = 1\n", "a.b = 1\na.c = 1\n"));
  EXPECT_EQ(edited({"+step.0.m=1"}), Replaced(kToml, "\"one\"\n", "\"one\"\nm = 1\n"));
  EXPECT_EQ(edited({"+t.u.v=1"}), Replaced(kToml, "07:32:00\n", "07:32:00\nt = {u = {v = 1}}\n"));
  EXPECT_EQ(edited({"~seed"}), Replaced(kToml, "seed = 42   # the answer\n", ""));
  EXPECT_EQ(edited({"~train.layers"}), Replaced(kToml, "layers = [\n  1,\n  2, # two\n]\n", ""));
  EXPECT_EQ(edited({"~train.layers.1"}), Replaced(kToml, "  2, # two\n", ""));
  EXPECT_EQ(edited({"~train.opt.on"}), Replaced(kToml, ", on = true", ""));
  EXPECT_EQ(edited({"~train.deep.a"}), Replaced(kToml, "a.b = 1\n", ""));
  EXPECT_EQ(edited({"~step"}), std::string(kToml).substr(0, std::string(kToml).find("[[step]]")));
  EXPECT_EQ(edited({"~step.0"}), Replaced(kToml, "[[step]]\nn = \"one\"\n\n", ""));
  EXPECT_EQ(edited({"~step.1"}), Replaced(kToml, "[[step]]\nn = \"two\"\n", ""));
  EXPECT_EQ(edited({"~train"}), Replaced(kToml,
                                         std::string(kToml).substr(
                                             std::string(kToml).find("[train]"),
                                             std::string(kToml).find("[[step]]") - std::string(kToml).find("[train]")),
                                         ""));
  EXPECT_EQ(Edited("p.toml", "", {"+a=1", "+b.c=2"}), "a = 1\nb = {c = 2}\n");
  EXPECT_EQ(Edited("p.toml", "# c\n\n# t\n[t]\nx = 1", {"+a=1", "+t.y=2"}), "# c\n\na = 1\n# t\n[t]\nx = 1\ny = 2");
  EXPECT_EQ(Edited("p.toml", "[a.b]\nx = 1\n", {"+a.y=2", "+a.z=3"}), "[a.b]\nx = 1\n[a]\ny = 2\nz = 3\n");
  EXPECT_EQ(Edited("p.toml", "a = 1\r\n[t]\r\n", {"+t.y=2"}), "a = 1\r\n[t]\r\ny = 2\r\n");
}

TEST(EditToml, SaysWhatItCannotDo) {
  EXPECT_THAT(Edited("p.toml", kToml, {"seed=null"}),
              HasSubstr("p.toml: cannot be changed in place: TOML has no null"));
  EXPECT_THAT(Edited("p.toml", kToml, {"train=1"}), HasSubstr("a table or class cannot become another value"));
  EXPECT_THAT(Edited("p.toml", kToml, {"step=[{n: x}]"}), HasSubstr("cannot be changed in place"));
  EXPECT_THAT(Edited("p.toml", "a = {b.c = 1}\n", {"a.b.c=2"}), HasSubstr("cannot be changed in place"));
  EXPECT_THAT(Edited("p.toml", "a = 1\n", {"a=123456789012345678901"}), HasSubstr("64 bits"));
}

constexpr char kPython[] = R"(import os
SEED = 42  # the answer
LR: float = 1e-3
NAME = 'adam'; OTHER = "sgd"
DOC = """two
lines"""
SHAPE = (3,
         4)  # hw
ONE = 1,
OPT = {
    "eps": 1e-8,  # small
    'on': True,
}


class Cfg(Base):
    """Doc."""
    depth = -2
    class Inner:
        q: int = 2

    def __init__(self):
        self.width = 8

if __name__ == "__main__":
    print(SEED)
)";

TEST(EditPython, ChangesOnlyTheValuesBytes) {
  const auto edited = [](const std::vector<std::string>& overrides) { return Edited("p.py", kPython, overrides); };
  EXPECT_EQ(edited({"SEED=43", "LR=1e-5"}), Replaced(Replaced(kPython, "42", "43"), "1e-3", "1e-05"));
  EXPECT_EQ(edited({"LR=0.001", "NAME=adam", "SHAPE=[3,4]"}), kPython);
  EXPECT_EQ(edited({"NAME=\"it's\"", "OTHER=x"}),
            Replaced(Replaced(kPython, "'adam'", "'it\\'s'"), "\"sgd\"", "\"x\""));
  EXPECT_EQ(edited({"SEED='43'"}), Replaced(kPython, "42", "\"43\""));
  EXPECT_EQ(edited({"DOC=one"}), Replaced(kPython, "\"\"\"two\nlines\"\"\"", "\"one\""));
  EXPECT_EQ(edited({"SHAPE.1=5"}), Replaced(kPython, "         4)", "         5)"));
  EXPECT_EQ(edited({"SHAPE=[5]", "ONE=[]"}),
            Replaced(Replaced(kPython, "(3,\n         4)", "(5,)"), "ONE = 1,", "ONE = ()"));
  EXPECT_EQ(edited({"OPT.eps=null", "Cfg.depth=3", "Cfg.Inner.q=0", "Cfg.width=9"}),
            absl::StrReplaceAll(kPython, {{"1e-8", "None"}, {"-2", "3"}, {"= 2", "= 0"}, {"= 8", "= 9"}}));
  EXPECT_EQ(edited({"SEED=[true,{a:'\xC3\xBC'},1.5]"}), Replaced(kPython, "42", "[True, {\"a\": \"\xC3\xBC\"}, 1.5]"));
}

TEST(EditPython, AddsAndRemovesLines) {
  const auto edited = [](const std::vector<std::string>& overrides) { return Edited("p.py", kPython, overrides); };
  EXPECT_EQ(edited({"+NEW=1"}), Replaced(kPython, "'on': True,\n}\n", "'on': True,\n}\nNEW = 1\n"));
  EXPECT_EQ(edited({"+Cfg.new=1"}), Replaced(kPython, "depth = -2\n", "depth = -2\n    new = 1\n"));
  EXPECT_EQ(edited({"+OPT.x=1"}), Replaced(kPython, "True,\n", "True,\n    \"x\": 1,\n"));
  EXPECT_EQ(edited({"~OPT.eps"}), Replaced(kPython, "    \"eps\": 1e-8,  # small\n", ""));
  EXPECT_EQ(edited({"~SEED"}), Replaced(kPython, "SEED = 42  # the answer\n", ""));
  EXPECT_EQ(edited({"~NAME"}), Replaced(kPython, "NAME = 'adam'", "pass"));
  EXPECT_EQ(edited({"~Cfg.Inner.q", "~Cfg.width"}),
            Replaced(Replaced(kPython, "q: int = 2", "pass"), "self.width = 8", "pass"));
  EXPECT_EQ(Edited("p.py", "", {"+a={b:1}"}), "a = {\"b\": 1}\n");
  EXPECT_EQ(Edited("p.py", "class A:\n\tpass\n", {"+A.b=1"}), "class A:\n\tb = 1\n\tpass\n");
  EXPECT_EQ(Edited("p.py", "a = 1\r\nb = {\r\n  'c': 2  # x\r\n}", {"+b.d=3", "+e=4"}),
            "a = 1\r\nb = {\r\n  'c': 2,  # x\r\n  \"d\": 3\r\n}\r\ne = 4");
}

TEST(EditPython, SaysWhatItCannotDo) {
  EXPECT_THAT(Edited("p.py", kPython, {"~Cfg"}), HasSubstr("'Cfg' cannot be deleted in place"));
  EXPECT_THAT(Edited("p.py", kPython, {"Cfg=1"}), HasSubstr("a table or class cannot become another value"));
  EXPECT_THAT(Edited("p.py", kPython, {"SEED=nan"}), HasSubstr("no literal for nan"));
  EXPECT_THAT(Edited("p.py", kPython, {"+a-b=1"}), HasSubstr("no name for a Python variable"));
  EXPECT_THAT(Edited("p.py", "class A: pass\n", {"+A.b=1"}), HasSubstr("there is no place for 'b'"));
}

// Random documents of one format with comments, and what changes in them.
class Maker {
 public:
  enum class Format { kJson, kToml, kPython };
  Maker(Format format, uint64_t seed) : format_(format), random_(random::NewSeededRandom(seed)) {}

  uint64_t Below(uint64_t n) { return random_->Below(n); }

  std::string Document() {
    std::string out;
    if (format_ == Format::kJson) {
      Object(0, "", out);
      return out + (Below(2) ? "\n" : "");
    }
    Block("", 0, out);
    if (format_ == Format::kPython && Below(2)) absl::StrAppend(&out, "if x:\n    y = 1\n");
    for (uint64_t i = 0; i < Below(4); ++i) Section(i, out);
    if (Below(5) == 0 && !out.empty()) out.pop_back();
    return Below(4) == 0 ? absl::StrReplaceAll(out, {{"\n", "\r\n"}}) : out;
  }

  Value Wanted() {
    static const std::vector<Value> kValues = {1,
                                               -2.5,
                                               1e-7,
                                               true,
                                               "plain",
                                               "it's",
                                               "\"q\"",
                                               "",
                                               "a\nb",
                                               "\xC3\xBC",
                                               "#h",
                                               "\\",
                                               value::List{1, "a b"},
                                               value::List{},
                                               12345678901};
    return kValues[Below(kValues.size())];
  }

 private:
  bool IsJson() const { return format_ == Format::kJson; }

  std::string Scalar() {
    static const std::vector<std::string> kJsonScalars = {"1",    "-2.5",  "1e-5",          "true",
                                                          "null", "\"s\"", "\"a\\\"b, }\"", "\"\""};
    static const std::vector<std::string> kTomlScalars = {
        "1", "-2.5", "1e-5", "true", "'s#'", "\"a\\\"b, }\"", "'''m\n]'''", "1979-05-27", "0x1f"};
    static const std::vector<std::string> kPythonScalars = {
        "1", "-2.5", "1e-5", "True", "None", "'s#'", "\"a\\\"b, }\"", "'''m\n]'''", "('a'\n  'b')", "0x1f"};
    const auto& scalars = IsJson() ? kJsonScalars : format_ == Format::kToml ? kTomlScalars : kPythonScalars;
    return scalars[Below(scalars.size())];
  }

  std::string Comment() { return !IsJson() && Below(4) == 0 ? "  # c: [d, 'e" : ""; }

  void Node(int depth, const std::string& indent, std::string& out) {
    const uint64_t kind = depth > 2 ? 9 : Below(10);
    if (kind == 0) {
      Object(depth, indent, out);
    } else if (kind < 3) {
      List(depth, indent, out);
    } else {
      out += Scalar();
    }
  }

  // Inline tables of TOML stand on one line.
  void Object(int depth, const std::string& indent, std::string& out) {
    const bool lines = format_ != Format::kToml && Below(2) == 0;
    const uint64_t size = depth == 0 ? 3 + Below(3) : Below(4);
    out += "{";
    for (uint64_t i = 0; i < size; ++i) {
      const bool last = i + 1 == size;
      const std::string key = format_ == Format::kToml ? absl::StrCat("f", i, " = ") : absl::StrCat("\"f", i, "\": ");
      absl::StrAppend(&out, lines ? absl::StrCat("\n", indent, "  ") : "", key);
      Node(format_ == Format::kToml ? 9 : depth + 1, indent + "  ", out);
      if (!last) absl::StrAppend(&out, Below(4) ? "," : " ,", lines ? Comment() : " ");
      if (last && lines && format_ == Format::kPython && Below(2)) absl::StrAppend(&out, ",", Comment());
    }
    absl::StrAppend(&out, lines && size > 0 ? absl::StrCat("\n", indent) : "", "}");
  }

  void List(int depth, const std::string& indent, std::string& out) {
    const bool tuple = format_ == Format::kPython && Below(2) == 0;
    const bool lines = Below(3) == 0;
    const uint64_t size = Below(4);
    out += tuple ? "(" : "[";
    for (uint64_t i = 0; i < size; ++i) {
      if (lines) absl::StrAppend(&out, "\n", indent, "  ");
      Node(depth + 1, indent + "  ", out);
      const bool comma = i + 1 < size || tuple || (!IsJson() && Below(2) == 0);
      if (comma) absl::StrAppend(&out, ",", lines ? Comment() : " ");
    }
    absl::StrAppend(&out, lines && size > 0 ? absl::StrCat("\n", indent) : "", tuple ? ")" : "]");
  }

  void Block(const std::string& indent, int depth, std::string& out) {
    const uint64_t size = (depth > 0 ? 1 : 0) + Below(4);
    for (uint64_t i = 0; i < size; ++i) {
      if (Below(5) == 0) absl::StrAppend(&out, indent, "# comment = [\n");
      if (Below(6) == 0) out += "\n";
      const std::string name = absl::StrCat("k", i);
      const bool dotted = format_ == Format::kToml && Below(6) == 0;
      absl::StrAppend(&out, indent, name, dotted ? ".d" : "",
                      format_ == Format::kPython && Below(5) == 0 ? ": int" : "", " = ");
      Node(1, indent, out);
      absl::StrAppend(&out, Comment(), "\n");
    }
  }

  void Section(uint64_t i, std::string& out) {
    if (format_ == Format::kToml) {
      static const std::vector<std::string> kHeaders = {"[s%]", "[s%.t]", "[[a%]]", "[ \"s%\" . u ]"};
      absl::StrAppend(&out, Below(2) ? "\n" : "", Below(3) == 0 ? "# about it\n" : "",
                      absl::StrReplaceAll(kHeaders[Below(kHeaders.size())], {{"%", absl::StrCat(i)}}), Comment(), "\n");
      return Block("", 0, out);
    }
    absl::StrAppend(&out, "class C", i, ":", Comment(), "\n");
    if (Below(3) == 0) out += "    \"\"\"Doc.\"\"\"\n";
    Block("    ", 1, out);
    if (Below(3) == 0) out += "    def __init__(self):\n        self.w = 1\n        v = 2\n";
  }

  const Format format_;
  std::unique_ptr<random::Random> random_;
};

void Set(Value& at, absl::string_view key, const ParamOverride& override) {
  const size_t dot = key.find('.');
  const bool last = dot == absl::string_view::npos;
  const std::string name(key.substr(0, dot));
  value::List* list = at.list();
  const size_t index = list ? std::stoul(name) : 0;
  if (last && override.op == ParamOverride::Op::kDelete) {
    if (list) {
      list->erase(list->begin() + static_cast<int>(index));
    } else {
      at.map()->Erase(name);
    }
  } else if (last) {
    (list ? (*list)[index] : at.map()->Set(name, Value())) = override.value;
  } else {
    Set(list ? (*list)[index] : *at.map()->Find(name), key.substr(dot + 1), override);
  }
}

// The bytes that both texts begin and end with cover all of the old one but this many.
size_t BytesChanged(absl::string_view a, absl::string_view b) {
  size_t head = 0, tail = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  while (tail + head < a.size() && tail + head < b.size() && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  return a.size() - head - tail;
}

void EditRandomly(Maker::Format format, const std::string& file, uint64_t seed, int& edits, int& refusals) {
  Maker maker(format, seed);
  const std::string text = maker.Document();
  const auto before = ParseFile(file, text);
  ASSERT_TRUE(before.ok()) << before.status() << "\nseed " << seed << "\n" << text;
  const std::vector<std::string> keys = DottedKeys(*before);
  for (int i = 0; i < 6 && !keys.empty(); ++i) {
    ParamOverride override;
    override.key = keys[maker.Below(keys.size())];
    const Value* old = value::Lookup(*before, override.key);
    const uint64_t op = maker.Below(3);
    override.op = op == 0   ? ParamOverride::Op::kDelete
                  : op == 1 ? ParamOverride::Op::kForce
                            : ParamOverride::Op::kChange;
    if (op == 1 && old->is_map()) absl::StrAppend(&override.key, ".n_w");
    override.has_value = op != 0;
    override.value = maker.Wanted();
    Value wanted = *before;
    Set(wanted, override.key, override);
    const auto after = ApplyOverrides(file, text, {override});
    const std::string where = absl::StrCat(file, " seed ", seed, " key ", override.key, " op ", op, "\n", text);
    if (!after.ok()) {
      const bool other_kind = absl::StrContains(after.status().message(), "neither becomes the other");
      EXPECT_TRUE(other_kind || absl::IsFailedPrecondition(after.status())) << after.status() << where;
      ++refusals;
      continue;
    }
    ++edits;
    const auto got = ParseFile(file, *after);
    ASSERT_TRUE(got.ok()) << got.status() << where << "\n---\n" << *after;
    ASSERT_TRUE(value::Identical(*got, wanted)) << where << "\n---\n" << *after;
    const bool scalar = old && !old->is_map() && !old->is_list() && !old->is_string();
    // The longest scalar has eleven bytes, and two lines some more; an insertion takes none away.
    const bool inserts = op == 1 && old != nullptr && old->is_map() && !old->map()->empty();
    const size_t most = scalar && op != 0 ? 12 : scalar ? 160 : inserts ? 0 : text.size();
    ASSERT_LE(BytesChanged(text, *after), most) << where << "\n---\n" << *after;
  }
}

// Several at once, adding maps too: what apply makes of the value is what the text reads as.
void EditSeveral(Maker::Format format, const std::string& file, uint64_t seed, int& edits, int& refusals) {
  Maker maker(format, seed);
  const std::string text = maker.Document();
  const Value before = *ParseFile(file, text);
  const std::vector<std::string> keys = DottedKeys(before);
  for (int i = 0; i < 3 && !keys.empty(); ++i) {
    std::vector<ParamOverride> overrides(2 + maker.Below(2));
    Value wanted = before;
    bool applies = true;
    for (ParamOverride& override : overrides) {
      override.op = static_cast<ParamOverride::Op>(maker.Below(4));
      override.key = absl::StrCat(keys[maker.Below(keys.size())], maker.Below(3) ? "" : maker.Below(2) ? ".n" : ".n.m");
      override.has_value = override.op != ParamOverride::Op::kDelete;
      override.value = maker.Wanted();
      value::Map map;
      map.Set("f0", override.value);
      map.Set("new", value::List{override.value, 1});
      if (maker.Below(4) == 0) override.value = map;
      applies = applies && ApplyToValue(file, override, wanted).ok();
    }
    if (!applies) continue;
    const auto after = ApplyOverrides(file, text, overrides);
    std::string where = absl::StrCat(file, " seed ", seed, "\n", text);
    for (const ParamOverride& override : overrides) absl::StrAppend(&where, "\n-S ", OverrideText(override));
    if (!after.ok()) {
      EXPECT_TRUE(absl::IsFailedPrecondition(after.status())) << after.status() << where;
      ++refusals;
      continue;
    }
    ++edits;
    const auto got = ParseFile(file, *after);
    ASSERT_TRUE(got.ok()) << got.status() << where << "\n---\n" << *after;
    ASSERT_TRUE(value::Identical(*got, wanted)) << where << "\n---\n" << *after;
  }
}

TEST(EditSource, EditsARandomDocumentToExactlyTheWantedValue) {
  int edits = 0, refusals = 0;
  int several = 0, refused = 0;
  const char* count = std::getenv("EXPQ_PROPERTY_COUNT");  // more of them by hand
  for (uint64_t seed = 0; seed < (count ? std::stoull(count) : 500); ++seed) {
    for (const auto& [format, file] :
         {std::pair(Maker::Format::kJson, "p.json"), std::pair(Maker::Format::kToml, "p.toml"),
          std::pair(Maker::Format::kPython, "p.py")}) {
      EditRandomly(format, file, seed, edits, refusals);
      EditSeveral(format, file, seed, several, refused);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(edits, 6 * refusals);
  EXPECT_GT(several, 3 * refused);
}

}  // namespace
}  // namespace expq::params
