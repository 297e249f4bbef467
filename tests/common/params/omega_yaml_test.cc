#include "common/params/omega_yaml.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/params/params.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::HasSubstr;
using value::Value;

TEST(OmegaYaml, ReadsYaml11WithOmegaConfsFloats) {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"yes", "True"},      {"Off", "False"},
      {"tRUE", "'tRUE'"},   {"y", "'y'"},
      {"010", "8"},         {"089", "'089'"},
      {"0o17", "'0o17'"},   {"0b11", "3"},
      {"0x1F", "31"},       {"1:30", "90"},
      {"1_000", "1000"},    {"1e3", "1000.0"},
      {"1e-5", "1e-05"},    {"1.", "1.0"},
      {".5", "0.5"},        {".5e3", "'.5e3'"},
      {"-.inf", "-inf"},    {"2024-01-01", "'2024-01-01'"},
      {"~", "None"},        {"", "None"},
      {"1:30.5", "90.5"},   {"+12", "12"},
      {"'1'", "'1'"},       {"!!str 1", "'1'"},
      {"!!float 1", "1.0"}, {"123456789012345678901234567890", "123456789012345678901234567890"}};
  for (const auto& [text, want] : kCases) {
    const auto read = ReadOmegaYaml("a: " + text, "c.yaml");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(value::PythonText(value::List{*read->map()->Find("a")}), "[" + want + "]") << text;
  }
  EXPECT_EQ(value::PythonText(*ReadOmegaYaml("x: &x {a: 1, b: 2}\ny:\n  c: 3\n  <<: *x\n  b: 4\n1: on\n", "c")),
            "{'x': {'a': 1, 'b': 2}, 'y': {'a': 1, 'b': 4, 'c': 3}, 1: True}");
  EXPECT_THAT(std::string(ReadOmegaYaml("a: 1\na: 2\n", "c.yaml").status().message()),
              HasSubstr("c.yaml:2:1: duplicate"));
  EXPECT_FALSE(ReadOmegaYaml("a: !x 1\n", "c.yaml").ok());
  EXPECT_FALSE(ReadOmegaYaml("a: =\n", "c.yaml").ok());
}

TEST(OmegaYaml, WritesAsPyYamlDoes) {
  value::Map map;
  map.Set("a", value::List{1, 1e-5, value::List{"x", value::Map()}, value::Value(), true});
  for (const char* text : {"yes",  "1e5", "x", "a: b", "# c",   "",    " a",  "2024-01-01", "nan", "it's", "1:30",
                           "null", "-",   "é", "a\nb", "tab\t", "x #", "a#b", "${x}",       "[a",  "0x1f", "1_0"}) {
    map.Set(std::string("k") + std::to_string(map.size()), text);
  }
  map.Set("long",
          std::string("word word word word word word word word word word word word word word word word word wo"));
  EXPECT_EQ(
      WriteOmegaYaml(map),
      "a:\n- 1\n- 1.0e-05\n- - x\n  - {}\n- null\n- true\nk1: 'yes'\nk2: '1e5'\nk3: x\nk4: 'a: b'\nk5: '# c'\nk6: ''\n"
      "k7: ' a'\nk8: '2024-01-01'\nk9: 'nan'\nk10: it's\nk11: '1:30'\nk12: 'null'\nk13: '-'\nk14: é\n"
      "k15: 'a\n\n  b'\nk16: \"tab\\t\"\nk17: 'x #'\nk18: a#b\nk19: ${x}\nk20: '[a'\nk21: '0x1f'\nk22: '1_0'\n"
      "long: word word word word word word word word word word word word word word word word\n  word wo\n");
  EXPECT_EQ(WriteOmegaYaml(value::Map()), "{}\n");
}

// EXPQ_OMEGA_VECTORS: documents and what OmegaConf.to_yaml writes, made by tests/compat/omega_vectors.py.
TEST(OmegaYaml, WritesRandomTextsAsOmegaConf) {
  const char* path = std::getenv("EXPQ_OMEGA_VECTORS");
  if (path == nullptr) GTEST_SKIP() << "run by tests/compat/omega_vectors.py";
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  const auto vectors = ParseJson(text.str(), path);
  ASSERT_TRUE(vectors.ok()) << vectors.status();
  for (const Value& vector : *vectors->list()) {
    const std::string written = WriteOmegaYaml(*vector.map()->Find("value"));
    ASSERT_EQ(written, *vector.map()->Find("yaml")->string()) << value::ToJson(vector);
  }
}

TEST(OmegaYaml, FoldsWhatStandsInDoubleQuotes) {
  value::Map map;
  const std::string word = "0123456789 ";
  map.Set("k", "\t" + word + word + word + word + word + word + word + " " + word);
  map.Set("", "empty");
  map.Set("a\nb", value::List{1, 2});
  EXPECT_EQ(
      WriteOmegaYaml(map),
      "k: \"\\t0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\\\n  \\  0123456789 \"\n"
      "? ''\n: empty\n? 'a\n\n  b'\n: - 1\n  - 2\n");
}

}  // namespace
}  // namespace expq::params
