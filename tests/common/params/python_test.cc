#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/params/params.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::StartsWith;
using value::Value;

std::string Read(absl::string_view text) {
  const auto value = ParseFile("p.py", text);
  if (!value.ok()) return std::string(value.status().message());
  return value::ToJson(*value, {.ascii = false, .compact = true});
}

TEST(ReadPython, TakesLiteralsOfPlainNamesAndSkipsTheRest) {
  EXPECT_EQ(Read("a = 1\nb: float = 1e-5\nc = d = 3\ne, f = 1, 2\ng += 1\nh.i = 2\nj: int\n"), R"({"a":1,"b":1e-05})");
  EXPECT_EQ(Read("a = 'x' \"y\"\nb = r'\\d'\nc = '\\x41\\u00fc'\nd = b'x'\ne = f'x'\nf = '''l\nm'''\n"),
            "{\"a\":\"xy\",\"b\":\"\\\\d\",\"c\":\"A\xC3\xBC\",\"f\":\"l\\nm\"}");
  EXPECT_EQ(Read("a = [1, (2, 3), {'k': None, 1: True},]\nb = 1, 'x'\nc = (4)\nd = ()\ne = (5,)\n"),
            R"({"a":[1,[2,3],{"k":null,"1":true}],"b":[1,"x"],"c":4,"d":[],"e":[5]})");
  EXPECT_EQ(
      Read("a = x\nb = f(1)\nc = 1 + 2\nd = not 1\ne = [i for i in x]\nf = {**x}\ng = [1, x]\nh = {1, 2}\ni = 2j\n"
           "k = ...\nl = 1 if x else 2\nm = -True\nn = lambda: 1\n"),
      "{}");
  EXPECT_EQ(Read("a = 0x1F; b = 0b101; c = 1_000; d = -0o17\ne = +.5\nf = 0xffffffffffffffffffff\n"),
            R"({"a":31,"b":5,"c":1000,"d":-15,"e":0.5,"f":1208925819614629174706175})");
}

TEST(ReadPython, EntersClassesAndTheirInit) {
  EXPECT_EQ(Read("class Cfg:\n  '''doc'''\n  lr = 0.1\n  class Inner(Base):\n    q: int = 2\n\n"
                 "  def __init__(self, x=1):\n    self.depth = 4\n    local = 5\n    self.lr = 0.2\n"
                 "  def other(self):\n    self.no = 1\nz = 1\n"),
            R"({"Cfg":{"lr":0.2,"Inner":{"q":2},"depth":4},"z":1})");
  EXPECT_EQ(Read("class A: x = 1; y = 2\nclass B: pass\n@dec\nclass C:\n\tz: str = 'w'\n"),
            R"({"A":{"x":1,"y":2},"B":{},"C":{"z":"w"}})");
  EXPECT_EQ(Read("if x:\n  a = 1\nelse:\n  a = 2\nfor i in y: b = 1\ntry:\n    c = 1\nfinally:\n    c = 2\nd = 4\n"),
            R"({"d":4})");
}

TEST(ReadPython, SaysWhereItIsBroken) {
  EXPECT_EQ(Read("a = 1\nb = 'x\n"), "p.py:2:5: not Python: this string is not closed");
  EXPECT_EQ(Read("a = [1,\n"), "p.py:1:5: not Python: '[' is not closed");
  EXPECT_EQ(Read("a = 1)\n"), "p.py:1:6: not Python: no '(' for this");
  EXPECT_EQ(Read("a = 1\n  b = 2\n"), "p.py:2:3: not Python: this indentation fits no line above it");
  EXPECT_EQ(Read("class A:\n    a = 1\n  b = 2\n"), "p.py:3:3: not Python: this indentation fits no line above it");
  EXPECT_THAT(Read("class A:\na = 1\n"), StartsWith("p.py:1:9: not Python: expected an indented block"));
  EXPECT_THAT(Read("a = 1 2\n"), StartsWith("p.py:1:4: not Python: no value"));
  EXPECT_THAT(Read("a =\n"), StartsWith("p.py:1:4: not Python: no value"));
  EXPECT_THAT(Read("a = 1 $\n"), StartsWith("p.py:1:7: not Python: this character"));
  EXPECT_THAT(Read("a = 012\n"), StartsWith("p.py:1:4: not Python: no value"));
  EXPECT_EQ(Read("a = " + std::string(5000, '[') + std::string(5000, ']')), "{}");
}

// EXPQ_PYTHON_VECTORS: random modules and what Python's ast has for them, made by tests/compat/python_params.py.
TEST(ReadPython, AgreesWithPythonsOwnParser) {
  const char* file = std::getenv("EXPQ_PYTHON_VECTORS");
  if (file == nullptr) GTEST_SKIP() << "run by tests/compat/python_params.py";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  const auto vectors = ParseJson(text.str(), file);
  ASSERT_TRUE(vectors.ok()) << vectors.status();
  for (const Value& vector : *vectors->list()) {
    const std::string& module = *vector.map()->Find("in")->string();
    const auto read = ParseFile("p.py", module);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << module;
    // JSON has only keys that are texts.
    ASSERT_EQ(value::ToJson(*read), value::ToJson(*vector.map()->Find("out"))) << module;
  }
}

}  // namespace
}  // namespace expq::params
