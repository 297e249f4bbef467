#include "common/config/ini.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace expq::config {
namespace {

// "core.remote=storage"; the values of a list joined by '|'.
std::string Described(absl::string_view text) {
  const auto settings = ParseIni(text, "f");
  if (!settings.ok()) return std::string(settings.status().message());
  return absl::StrJoin(*settings, " ", [](std::string* out, const Setting& setting) {
    absl::StrAppend(out, setting.section, setting.name.empty() ? "" : ":", setting.name, ".", setting.key, "=",
                    absl::StrJoin(setting.values, "|"));
  });
}

struct Case {
  std::string text;
  std::string described;
};

class Ini : public ::testing::TestWithParam<Case> {};

TEST_P(Ini, IsReadAsConfigobjReadsIt) { EXPECT_EQ(Described(GetParam().text), GetParam().described); }

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"", ""},
      {"# note\n\n[core]\n    remote = storage\n", "core.remote=storage"},
      {"[CORE]\nReMoTe=Storage", "core.remote=Storage"},
      {"['remote \"Store\"']\n    url = s3://b/p\n", "remote:store.url=s3://b/p"},
      {"[remote \"a b\"]\r\nurl = /x\r\n", "remote:a b.url=/x"},
      {"[cache]\ntype = \"reflink,copy\"", "cache.type=reflink,copy"},
      {"[cache]\ntype = reflink, copy # both", "cache.type=reflink|copy"},
      {"[cache]\ntype = copy,", "cache.type=copy"},
      {"[cache]\ndir = 'a # b' # note", "cache.dir=a # b"},
      {"[cache]\ndir = a#b", "cache.dir=a"},
      {"[cache]\ndir =", "cache.dir="},
      {"[cache]\ndir = '''a'b'''", "cache.dir=a'b"},
      {"[core] # note\nremote = x=y", "core.remote=x=y"},
      {"\xEF\xBB\xBF[core]\nremote = x", "core.remote=x"},
      {"[core]\n[cache]\n[core]", "f:3: section 'core' is there twice"},
      {"[core]\nremote = a\nREMOTE = b", "f:3: 'remote' is there twice"},
      {"remote = a", "f:1: 'remote' stands in no section"},
      {"[core]\n; remote = a\n[cache", "f:3: a section is not closed"},
      {"[core]\nremote", "f:2: expected 'key = value' or '[section]'"},
      {"[core]\n[[deep]]", "f:2: a section inside another one"},
      {"[core]\nremote = 'a", "f:2: the quotes of the value do not close where it ends"},
      {"[core]\nremote = 'a' b", "f:2: the quotes of the value do not close where it ends"},
      {"[core]\nremote = '''a\nb'''", "f:2: a value of several lines is not supported"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(All, Ini, ::testing::ValuesIn(Cases()));

}  // namespace
}  // namespace expq::config
