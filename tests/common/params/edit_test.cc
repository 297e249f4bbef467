#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "common/random/random.h"
#include "common/status/status.h"
#include "common/value/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::HasSubstr;
using value::Value;

absl::StatusOr<std::string> Edit(absl::string_view text, const std::vector<std::string>& overrides) {
  std::vector<ParamOverride> parsed;
  for (const std::string& override : overrides) {
    ASSIGN_OR_RETURN(ParamOverride one, ParseOverride(override));
    parsed.push_back(std::move(one));
  }
  return ApplyOverrides("params.yaml", text, parsed);
}

// The new text, or the error.
std::string Edited(absl::string_view text, const std::vector<std::string>& overrides) {
  const auto edited = Edit(text, overrides);
  return edited.ok() ? *edited : std::string(edited.status().message());
}

constexpr char kParams[] = R"(# top
seed: 42   # the answer
lr: 0.001
name: 'adam'  # quoted
other: "sgd"
empty:
train:
  # units of the layer
  units: 64
  layers: [1, 2, 3]   # flow
  list:
    - 1
    # between
    - two   # 2
  opt: {eps: 1e-8, on: true}
text: |
  two
  lines
last: x
)";

std::string Replaced(absl::string_view from, absl::string_view to) {
  return absl::StrReplaceAll(kParams, {{from, to}});
}

TEST(ApplyOverrides, ChangesOnlyTheValuesBytes) {
  EXPECT_EQ(Edited(kParams, {"seed=43"}), Replaced("seed: 42 ", "seed: 43 "));
  EXPECT_EQ(Edited(kParams, {"lr=1e-5"}), Replaced("lr: 0.001", "lr: 1.0e-05"));
  EXPECT_EQ(Edited(kParams, {"name=it's me"}),
            "-S: ''' cannot stand in unquoted text; quote the value\n  name=it's me\n         ^");
  EXPECT_EQ(Edited(kParams, {"name=\"it's\""}), Replaced("'adam'", "'it''s'"));
  EXPECT_EQ(Edited(kParams, {"other=x"}), Replaced("\"sgd\"", "\"x\""));
  EXPECT_EQ(Edited(kParams, {"other=5"}), Replaced("\"sgd\"", "5"));
  EXPECT_EQ(Edited(kParams, {"empty=5"}), Replaced("empty:", "empty: 5"));
  EXPECT_EQ(Edited(kParams, {"seed=null"}), Replaced("seed: 42 ", "seed: null "));
  EXPECT_EQ(Edited(kParams, {"seed='43'"}), Replaced("seed: 42 ", "seed: '43' "));
  EXPECT_EQ(Edited(kParams, {"seed=yes"}), Replaced("seed: 42 ", "seed: 'yes' "));
  EXPECT_EQ(Edited(kParams, {"last='a: b'"}), Replaced("last: x", "last: 'a: b'"));
  EXPECT_EQ(Edited(kParams, {"last="}), Replaced("last: x", "last: ''"));
  EXPECT_EQ(Edited(kParams, {"train.units=128", "seed=1", "train.opt.eps=2"}),
            absl::StrReplaceAll(kParams, {{"units: 64", "units: 128"}, {"42", "1"}, {"1e-8", "2"}}));
  EXPECT_EQ(Edited(kParams, {"text=one"}), Replaced("|\n  two\n  lines", "one"));
}

TEST(ApplyOverrides, LeavesEqualValuesAsTheyAreWritten) {
  EXPECT_EQ(Edited(kParams, {"lr=1e-3", "name=adam", "train.opt.eps=0.00000001", "train.layers=[1,2,3]"}), kParams);
}

TEST(ApplyOverrides, ReplacesLists) {
  EXPECT_EQ(Edited(kParams, {"train.layers=[4]"}), Replaced("[1, 2, 3]", "[4]"));
  EXPECT_EQ(Edited(kParams, {"train.layers.1=9"}), Replaced("[1, 2, 3]", "[1, 9, 3]"));
  EXPECT_EQ(Edited(kParams, {"train.list.1=b"}), Replaced("two ", "b "));
  EXPECT_EQ(Edited(kParams, {"train.list=[a,'b c',{k:[1.0]}]"}),
            Replaced("list:\n    - 1\n    # between\n    - two   # 2\n", "list: [a, b c, {k: [1.0]}]\n"));
  EXPECT_EQ(Edited(kParams, {"train=1"}).find("train: 1\ntext: |"), std::string(kParams).find("train:"));
}

TEST(ApplyOverrides, AddsAtTheEndOfTheMap) {
  EXPECT_EQ(Edited(kParams, {"+train.new=1"}), Replaced("on: true}\n", "on: true}\n  new: 1\n"));
  EXPECT_EQ(Edited(kParams, {"+new.deep.er=a"}), absl::StrCat(kParams, "new: {deep: {er: a}}\n"));
  EXPECT_EQ(Edited(kParams, {"+train.opt.x=[1]"}), Replaced("on: true}", "on: true, x: [1]}"));
  EXPECT_EQ(Edited(kParams, {"++seed=1", "++z=1"}), absl::StrCat(Replaced("42", "1"), "z: 1\n"));
  EXPECT_EQ(Edited(kParams, {"+empty.x=1"}), Replaced("empty:", "empty: {x: 1}"));
  EXPECT_EQ(Edited("a: 1", {"+b=2"}), "a: 1\nb: 2");
  EXPECT_EQ(Edited("", {"+b=2", "+c=3"}), "b: 2\nc: 3\n");
  EXPECT_EQ(Edited("# c\n", {"+b=2"}), "# c\nb: 2\n");
  EXPECT_EQ(Edited("a: {}\n", {"+a.b=2"}), "a: {b: 2}\n");
  EXPECT_EQ(Edited("- a: 1\n  b: 2\n", {}), "- a: 1\n  b: 2\n");
  EXPECT_EQ(Edited("l:\n- a: 1\n- b: 2\n", {"+l.0.c=3"}), "l:\n- a: 1\n  c: 3\n- b: 2\n");
}

TEST(ApplyOverrides, RemovesWholeLines) {
  EXPECT_EQ(Edited(kParams, {"~seed"}), Replaced("seed: 42   # the answer\n", ""));
  EXPECT_EQ(Edited(kParams, {"~train.list"}), Replaced("  list:\n    - 1\n    # between\n    - two   # 2\n", ""));
  EXPECT_EQ(Edited(kParams, {"~train.opt.eps"}), Replaced("{eps: 1e-8, on: true}", "{on: true}"));
  EXPECT_EQ(Edited(kParams, {"~train.opt.on=true"}), Replaced("{eps: 1e-8, on: true}", "{eps: 1e-8}"));
  EXPECT_EQ(Edited(kParams, {"~train.opt.on", "~train.opt.eps"}), Replaced("{eps: 1e-8, on: true}", "{}"));
  EXPECT_EQ(Edited(kParams, {"~train.list.0"}), Replaced("    - 1\n", ""));
  EXPECT_EQ(Edited(kParams, {"~text"}), Replaced("text: |\n  two\n  lines\n", ""));
  EXPECT_EQ(Edited("a:\n  b: 1\nc: 2\n", {"~a.b"}), "a: {}\nc: 2\n");
  EXPECT_EQ(Edited("l:\n- a: 1\n  b: 2\n", {"~l.0.a"}), "l:\n- b: 2\n");
  EXPECT_EQ(Edited("l:\n- 1\n", {"~l.0"}), "l: []\n");
}

TEST(ApplyOverrides, KeepsLineEndsAndTheByteOrderMark) {
  // Within the file it is a character like others.
  EXPECT_EQ(Edited("\n\xEF\xBB\xBF"
                   "b: 1\n",
                   {"+a=2"}),
            "\n\xEF\xBB\xBF"
            "b: 1\na: 2\n");
  EXPECT_EQ(Edited("\xEF\xBB\xBF"
                   "a: 1\r\nb: 2 # x\r\n",
                   {"b=3", "+c=4"}),
            "\xEF\xBB\xBF"
            "a: 1\r\nb: 3 # x\r\nc: 4\r\n");
  EXPECT_EQ(Edited("a:\r\n- 1\r\n- 2\r\nb: 2\r\n", {"a=[7]"}), "a: [7]\r\nb: 2\r\n");
  EXPECT_EQ(Edited("t: |\r\n  x\r\nb: 2\r\n", {"t=y"}), "t: y\r\nb: 2\r\n");
  EXPECT_EQ(Edited("\xC3\xBC\xC3\xBC: 1 # \xC3\xBC\nb: 2\n", {"b=3"}), "\xC3\xBC\xC3\xBC: 1 # \xC3\xBC\nb: 3\n");
}

TEST(ApplyOverrides, KnowsTheOtherWaysToWriteAValue) {
  EXPECT_EQ(Edited("a: two\n  lines # c\nb: 1\n", {"a=x"}), "a: x # c\nb: 1\n");
  EXPECT_EQ(Edited("a: !!float 1 # c\n", {"a=2.5"}), "a: 2.5 # c\n");
  EXPECT_EQ(Edited("a: &x 1\nb: 2\n", {"a=3"}), "a: &x 3\nb: 2\n");
  EXPECT_EQ(Edited("a: {b: , c: 1}\n", {"a.b=3"}), "a: {b: 3 , c: 1}\n");
  EXPECT_EQ(Edited("a:\n  # c\n  5\n", {"a=6"}), "a:\n  # c\n  6\n");
  EXPECT_EQ(Edited("a:   # c\nb: 1\n", {"a=[1]"}), "a: [1]   # c\nb: 1\n");
  EXPECT_EQ(Edited("a:   # c\n  - 1\nb: 1\n", {"a=[]"}), "a: []   # c\nb: 1\n");
  EXPECT_EQ(Edited("a: >+\n  x\n\nb: 1\n", {"a=5"}), "a: 5\n\nb: 1\n");
  EXPECT_EQ(Edited("{\"a\": 1, 'b' : [x,\n y]}\n", {"a=2", "b.1=z"}), "{\"a\": 2, 'b' : [x,\n z]}\n");
  EXPECT_EQ(Edited("--- # doc\na: 1\n...\n", {"a=2"}), "--- # doc\na: 2\n...\n");
  EXPECT_EQ(Edited("? a\n: 1\nb: 2\n", {"a=5"}), "? a\n: 5\nb: 2\n");
  EXPECT_EQ(Edited("a:\nnull: 3\n", {"a=5"}), "a: 5\nnull: 3\n");
  EXPECT_EQ(Edited("a: null\nb: ~\n", {"a=5", "b=6"}), "a: 5\nb: 6\n");
  EXPECT_EQ(Edited("- 1\n", {"a=1"}), "could not override 'a': no such key in params.yaml");
}

TEST(ApplyOverrides, ChangesOnlyTheKeyThatWasNamedNotItsAliases) {
  EXPECT_EQ(Edited("a: &x 1\nb: *x\n", {"b=2"}), "a: &x 1\nb: 2\n");
  EXPECT_EQ(Edited("a: &x 1\nb: *x\n", {"a=2"}), "a: &x 2\nb: 1\n");
  EXPECT_EQ(Edited("d: &d {lr: 1, k: 2}\nt:\n  <<: *d\n  u: 3\n", {"t.lr=5"}),
            "d: &d {lr: 1, k: 2}\nt:\n  <<: *d\n  u: 3\n  lr: 5\n");
  EXPECT_EQ(Edited("d: &d {lr: 1, k: 2}\nt:\n  <<: *d\n  u: 3\n", {"d.lr=5"}),
            "d: &d {lr: 5, k: 2}\nt:\n  <<: *d\n  u: 3\n  lr: 1\n");
  EXPECT_EQ(Edited("d: &d\n  lr: 1\nt: *d\n", {"t.lr=2"}), "d: &d\n  lr: 1\nt: {lr: 2}\n");
  EXPECT_THAT(Edited("d: &d {lr: 1}\nt:\n  <<: *d\n  u: 3\n", {"~t.lr"}), HasSubstr("shared through an anchor"));
}

TEST(ApplyOverrides, TakesTheLineEndFromABlockScalarThatEndedTheText) {
  EXPECT_EQ(Edited("a: |\n  x", {"+b=1"}), "a: |-\n  x\nb: 1");
  EXPECT_EQ(Edited("a: >2+\r\n  x", {"+b=1"}), "a: >2-\r\n  x\r\nb: 1");
  EXPECT_EQ(Edited("a: |\n  x\n", {"+b=1"}), "a: |\n  x\nb: 1\n");
}

TEST(ApplyOverrides, RefusesWhatHasNoPlaceInTheText) {
  EXPECT_THAT(Edited("? a\n? b\n", {"++l.p.k=1"}), HasSubstr("cannot be changed in place"));
  EXPECT_FALSE(Edit("a: 1\n", {absl::StrCat("a='x", std::string(9, '\x80'), "'")}).ok());
}

TEST(ApplyOverrides, MakesNoListOfAMapAndNoMapOfAList) {
  for (const char* override :
       {"x=[1]", "+x=[]", "++x=[]", "y={a: 1}", "++y={}", "z.0=[1]", "z.1={a: 1}", "++w={v: [1]}"}) {
    EXPECT_THAT(Edited("x: {a: 1}\ny: []\nz: [{}, []]\nw: {v: {}}\n", {override}),
                HasSubstr("neither becomes the other"))
        << override;
  }
  EXPECT_EQ(Edited("x: {a: 1}\n", {"x=1"}), "x: 1\n");
  EXPECT_EQ(Edited("x:\n", {"x={a: 1}"}), "x: {a: 1}\n");
  EXPECT_EQ(Edited("x: {}\n", {"~x", "+x=[1]"}), "x: [1]\n");
}

TEST(ApplyOverrides, NamesTheNearKeyWhenOneIsMissing) {
  const auto missing = Edit(kParams, {"units=3"});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(missing.status().message(), "could not override 'units': no such key in params.yaml");
  EXPECT_EQ(status::Hint(missing.status()), "did you mean 'train.units'? to add a key use +units=…");
  const auto inner = Edit(kParams, {"train={unitz: 3}"});
  EXPECT_EQ(inner.status().message(), "could not override 'train.unitz': no such key in params.yaml");
  EXPECT_EQ(status::Hint(inner.status()), "did you mean 'train.units'? to add a key use +train.unitz=…");
  EXPECT_THAT(status::Hint(Edit(kParams, {"train.unitz=3"}).status()), HasSubstr("did you mean 'train.units'?"));
  EXPECT_EQ(status::Hint(Edit(kParams, {"~tran.units"}).status()), "did you mean 'train.units'?");
  EXPECT_THAT(Edited(kParams, {"+seed=1"}), HasSubstr("could not add 'seed': it is already in params.yaml"));
  EXPECT_THAT(Edited(kParams, {"~seed=41"}), HasSubstr("is 42 and not 41"));
  EXPECT_THAT(Edited(kParams, {"train.layers.7=1"}), HasSubstr("could not override"));
  EXPECT_THAT(Edited("a: [1\n", {"a=1"}), HasSubstr("params.yaml:1:"));
  EXPECT_THAT(Edited(kParams, {"seed=${lr}"}), HasSubstr("not resolved at submit"));
  EXPECT_THAT(Edited(kParams, {"seed=???"}), HasSubstr("still missing"));
  EXPECT_THAT(Edited(kParams, {"db@pkg=mysql"}), HasSubstr("config groups"));
  EXPECT_THAT(status::Hint(Edit(kParams, {"a/b=c"}).status()), HasSubstr("config groups"));
  EXPECT_EQ(Edited("a: 1\n", {"a=\\${lr}"}), "a: ${lr}\n");
}

// EXPQ_APPLY_VECTORS: more of them, made by tests/compat/apply_vectors.py, each with its document, and resolved.
Value Golden() {
  const char* more = std::getenv("EXPQ_APPLY_VECTORS");
  std::ifstream in(more ? more : std::string(EXPQ_SOURCE_DIR) + "/tests/golden/overrides.json");
  std::ostringstream text;
  text << in.rdbuf();
  const auto value = ParseJson(text.str(), "overrides.json");
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : Value(value::Map());
}

absl::StatusOr<std::string> Applied(const std::string& file, const std::string& text, const value::List& texts) {
  std::vector<ParamOverride> overrides;
  for (const Value& one : texts) {
    auto parsed = ParseOverride(*one.string());
    if (!parsed.ok()) return parsed.status();
    overrides.push_back(*std::move(parsed));
  }
  auto resolved =
      ResolveInterpolations(file, text, std::move(overrides), [](absl::string_view) { return std::nullopt; });
  return resolved.ok() ? ApplyOverrides(file, text, *resolved) : resolved.status();
}

void ExpectApplied(const std::string& file, const std::string& text, const Value& vector) {
  const auto edited = Applied(file, text, *vector.map()->Find("in")->list());
  EXPECT_EQ(edited.ok(), vector.map()->Find("out") != nullptr) << edited.status() << "\n" << value::ToJson(vector);
  if (!edited.ok() || !vector.map()->Find("out")) return;
  EXPECT_TRUE(value::Identical(*ParseFile(file, *edited), *vector.map()->Find("out"))) << value::ToJson(vector) << "\n"
                                                                                       << *edited;
}

TEST(ApplyOverrides, AgreesWithHydraAndOmegaConf) {
  const Value golden = Golden();
  const std::string block =
      "foo:\n- bar: 1\n- baz: 2\ngoo:\n  bag: 3.0\n  n:\n    m: 1\nlorem: false\nnul:\ns: x\ni: 5\n";
  for (const Value& vector : *value::Lookup(golden, "apply")->list()) {
    const Value* own = vector.map()->Find("base");
    // The golden ones are as they were before OmegaConf resolved them.
    if (!own && absl::StrContains(value::ToJson(vector), "${")) continue;
    const std::string flow = value::ToJson(own ? *own : *value::Lookup(golden, "base"));
    ExpectApplied("p.yaml", flow, vector);
    if (own) ExpectApplied("p.json", flow, vector);
    if (!own) ExpectApplied("p.yaml", block, vector);
  }
}

TEST(ResolveInterpolations, AgreesWithDvc) {
  const Value golden = Golden();
  const Value& base = *value::Lookup(golden, "dvc_base");
  const std::string text = value::ToJson(base);
  const Environment environment = [&](absl::string_view name) -> std::optional<std::string> {
    const Value* found = value::Lookup(*value::Lookup(golden, "dvc_env"), name);
    return found ? std::optional(*found->string()) : std::nullopt;
  };
  for (const Value& vector : *value::Lookup(golden, "dvc_apply")->list()) {
    std::vector<ParamOverride> overrides;
    for (const Value& one : *vector.map()->Find("in")->list()) overrides.push_back(*ParseOverride(*one.string()));
    auto resolved = ResolveInterpolations("p.yaml", text, overrides, environment);
    const auto edited = resolved.ok() ? ApplyOverrides("p.yaml", text, *resolved) : resolved.status();
    if (vector.map()->Find("error")) {
      EXPECT_FALSE(edited.ok()) << value::ToJson(vector);
      continue;
    }
    ASSERT_TRUE(edited.ok()) << edited.status();
    const auto got = ParseFile("p.yaml", *edited);
    for (const auto& [name, want] : *vector.map()->Find("out")->map()) {
      // The file's own interpolations stay what they are; DVC replaces them all.
      const Value& kept = name == "t" || name == "e" ? *base.map()->Find(name) : want;
      EXPECT_TRUE(value::Identical(*got->map()->Find(name), kept)) << value::ToJson(vector) << *edited;
    }
  }
}

TEST(ResolveInterpolations, MakesRoomForWhatBecomesAMap) {
  const std::string text = "a: {x: 1, y: 2}\nb: {x: 3, z: 4}\nl: [1]\nm: {k: {n: 1}}\n";
  const auto applied = [&](const std::string& override) {
    const auto edited = Applied("p.yaml", text, value::List{override});
    return edited.ok() ? *edited : std::string(edited.status().message());
  };
  EXPECT_THAT(applied("b=${a}"), HasSubstr("\nb: {x: 1, y: 2}\n"));
  EXPECT_THAT(applied("l=${a}"), HasSubstr("\nl: {x: 1, y: 2}\n"));
  EXPECT_THAT(applied("m={k:'${l}'}"), HasSubstr("\nm: {k: [1]}\n"));
  EXPECT_THAT(applied("l.0=is-${a}"), HasSubstr("\nl: [\"is-{'x': 1, 'y': 2}\"]\n"));
}

TEST(ResolveInterpolations, KnowsOmegaConfsForms) {
  const std::string text =
      "a: 1\nb: [x, {c: 2.5}]\nd: {e: t, f: {g: null}}\nh: pre-${a}\ni: ${h}!\nloop: ${loop}\nwhich: a\n";
  const auto resolved = [&](const std::string& override) {
    const auto out = ResolveInterpolations("p.yaml", text, {*ParseOverride(override)}, [](absl::string_view name) {
      return name == "N" ? std::optional<std::string>("7") : std::nullopt;
    });
    return out.ok() ? OverrideText((*out)[0]) : std::string(out.status().message());
  };
  EXPECT_EQ(resolved("a=${b.1.c}"), "a=2.5");
  EXPECT_EQ(resolved("a='${b[1].c}'"), "a=2.5");
  EXPECT_EQ(resolved("a=${b}"), "a=[x,{c:2.5}]");
  EXPECT_THAT(resolved("a=${i}"), HasSubstr("refers to itself"));
  EXPECT_EQ(resolved("d.e=${.f.g}"), "d.e=null");
  EXPECT_EQ(resolved("d.f.g=${..e}"), "d.f.g=t");
  EXPECT_EQ(resolved("d.e=x${a}y${oc.env:N}"), "d.e=x1y7");
  EXPECT_EQ(resolved("d.e=${i}"), "d.e='pre-1!'");
  EXPECT_EQ(resolved("d.e=${oc.env:N}"), "d.e='7'");
  EXPECT_EQ(resolved("d.e='${oc.decode:${oc.env:N}}'"), "d.e=7");
  EXPECT_EQ(resolved("d.e=${oc.env:M,3}"), "d.e='3'");
  EXPECT_EQ(resolved("d.e=${oc.env:M,null}"), "d.e=null");
  EXPECT_EQ(resolved("d.e='${oc.select:no,${a}}'"), "d.e=1");
  EXPECT_EQ(resolved("d.e='${${which}}'"), "d.e=1");
  EXPECT_EQ(resolved("d.e=\\${a}"), "d.e='\\${a}'");
  EXPECT_THAT(resolved("d.e=${oc.env:M}"), HasSubstr("environment variable 'M' is not set"));
  EXPECT_THAT(resolved("d.e=${no.such}"), HasSubstr("there is no such key"));
  EXPECT_THAT(resolved("a=${loop}"), HasSubstr("refers to itself"));
  EXPECT_THAT(resolved("a=${now:x}"), HasSubstr("not supported"));
}

}  // namespace
}  // namespace expq::params
