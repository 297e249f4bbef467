#include "common/pipeline/template.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/pipeline/command_arguments.h"
#include "common/status/status.h"
#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

// model: {units: 64, lr: 1e-05, on: true, none: null, name: "a b"}; list: [10, 20, {deep: x}]; day: a date; item:
// global
Scope Values() {
  value::Map model;
  model.Set("units", 64);
  model.Set("lr", 1e-5);
  model.Set("on", true);
  model.Set("none", value::Null{});
  model.Set("name", "a b");
  value::Map deep;
  deep.Set("deep", "x");
  value::Map root;
  root.Set("model", std::move(model));
  root.Set("list", value::List{10, 20, value::Value(std::move(deep))});
  root.Set("day", value::Date{"2024-01-01"});
  root.Set("item", "global");
  root.Set("spaced key", 1);
  Scope scope;
  EXPECT_TRUE(scope.Merge(root, "params.yaml").ok());
  return scope;
}

struct Filled {
  std::string text;
  std::string result;  // Python's text
};

class Templates : public ::testing::TestWithParam<Filled> {};

TEST_P(Templates, AreFilledIn) {
  const Scope scope = Values();
  const absl::StatusOr<value::Value> filled = FillIn(GetParam().text, scope, Composite::kRefuse);
  ASSERT_TRUE(filled.ok()) << filled.status();
  EXPECT_EQ(value::PythonText(*filled), GetParam().result);
}

const std::vector<Filled>& FilledCases() {
  static const std::vector<Filled> cases = {
      {"plain", "plain"},
      {"${model.units}", "64"},
      {"x${model.units}y", "x64y"},
      {"${ model.units }${model.name}", "64a b"},
      {"${model[units]}", "64"},
      {"${list[0]} ${list.1} ${list[-3]}", "10 20 10"},
      {"${list[2].deep}", "x"},
      {"${list[ 2 ][deep]}", "x"},
      {"${spaced key}", "1"},
      {"lr ${model.lr}", "lr 1e-05"},
      {"${model.on}", "True"},
      {"on ${model.on}", "on true"},
      {"is ${model.none}", "is None"},
      {"\\${model.units}", "${model.units}"},
      {"\\${a} ${model.units}", "${a} 64"},
      {"${model.units", "${model.units"},
      {"$VAR $(date) $", "$VAR $(date) $"},
      {"${model\n.units}", "${model\n.units}"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(All, Templates, ::testing::ValuesIn(FilledCases()));

struct Refused {
  std::string text;
  std::string message;
  std::string hint;
};

class BadTemplates : public ::testing::TestWithParam<Refused> {};

TEST_P(BadTemplates, AreRefused) {
  const Scope scope = Values();
  const absl::Status status = FillIn(GetParam().text, scope, Composite::kRefuse).status();
  EXPECT_EQ(status.message(), GetParam().message);
  EXPECT_EQ(status::Hint(status), GetParam().hint);
}

const std::vector<Refused>& RefusedCases() {
  static const std::string where = "values come from params.yaml and vars; write \\${…} for a shell variable";
  static const std::vector<Refused> cases = {
      {"${}", "'${}' is not a name like ${a.b[0]}", ""},
      {"${a..b}", "'${a..b}' is not a name like ${a.b[0]}", ""},
      {"${a[0}", "'${a[0}' is not a name like ${a.b[0]}", ""},
      {"${a]}", "'${a]}' is not a name like ${a.b[0]}", ""},
      {"${[a]}", "'${[a]}' is not a name like ${a.b[0]}", ""},
      {"${a[0]b}", "'${a[0]b}' is not a name like ${a.b[0]}", ""},
      {"${model.unit}", "'model.unit' is not among the values", "did you mean 'model.units'?"},
      {"${modl.units}", "'modl.units' is not among the values", "did you mean 'model'?"},
      {"${HOME:-x}", "'HOME:-x' is not among the values", where},
      {"${{a}}", "'{a' is not among the values", where},
      {"${list[3]}", "'list.3' is not among the values", where},
      {"${list[-4]}", "'list.-4' is not among the values", where},
      {"${model.units.x}", "'model.units.x' is not among the values", where},
      {"${model}", "'${model}' is a map, which cannot be put into a text", ""},
      {"x ${list}", "'${list}' is a list, which cannot be put into a text", ""},
      {"${day}", "'${day}' is a date, which templates cannot take", "quote it where it is defined"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(All, BadTemplates, ::testing::ValuesIn(RefusedCases()));

TEST(Template, KeepsTheTypeOfAWholeReference) {
  const Scope scope = Values();
  EXPECT_TRUE(FillIn("${model.on}", scope, Composite::kRefuse)->is_bool());
  EXPECT_TRUE(FillIn("${model.lr}", scope, Composite::kRefuse)->is_float());
  EXPECT_TRUE(FillIn("${list}", scope, Composite::kKeep)->is_list());
  EXPECT_TRUE(FillIn(" ${model.on}", scope, Composite::kRefuse)->is_string());
}

TEST(Template, LocalsHideValues) {
  const Scope scope = Values();
  Scope local(&scope);
  local.SetLocal("item", "mine");
  EXPECT_EQ(*FillIn("${item} ${model.units}", local, Composite::kRefuse)->string(), "mine 64");
}

TEST(CommandArguments, FollowTheRulesOfDvc) {
  value::Map nested;
  nested.Set("deep", 1.0);
  nested.Set("empty", value::Map{});
  value::Map map;
  map.Set("s", "it's");
  map.Set("n", 5);
  map.Set("yes", true);
  map.Set("no", false);
  map.Set("null", value::Null{});
  map.Set("list", value::List{1, "a b", true});
  map.Set("none", value::List{});
  map.Set("m", std::move(nested));
  EXPECT_EQ(*CommandArguments(map), "--s 'it'\"'\"'s' --n 5 --yes --null None --list 1 'a b' True --m.deep 1.0");
}

TEST(CommandArguments, FollowTheConfiguration) {
  value::Map map;
  map.Set("on", true);
  map.Set("off", false);
  map.Set("l", value::List{1, "a b"});
  config::ParsingSettings parsing;
  EXPECT_EQ(*CommandArguments(map, parsing), "--on --l 1 'a b'");
  parsing.bool_arguments = config::BoolArguments::kBooleanOptional;
  EXPECT_EQ(*CommandArguments(map, parsing), "--on --no-off --l 1 'a b'");
  parsing.list_arguments = config::ListArguments::kAppend;
  EXPECT_EQ(*CommandArguments(map, parsing), "--on --no-off --l 1 --l 'a b'");
}

TEST(CommandArguments, AreThoseOfTheRepositorysConfiguration) {
  WrittenRepository repository;
  repository.Write("dvc.yaml", "vars: [{d: {off: false}}]\nstages: {a: {cmd: 'c ${d}'}}\n")
      .Write(".dvc/config", "[parsing]\n    bool = boolean_optional\n");
  EXPECT_EQ(repository.Load().stages[0].commands[0], "c --no-off");
}

TEST(CommandArguments, RefuseAListInAList) {
  value::Map map;
  map.Set("l", value::List{value::Value(value::List{1})});
  EXPECT_EQ(CommandArguments(map).status().message(),
            "'l' holds a list or map inside a list, which cannot become arguments");
}

TEST(ShellQuoted, QuotesOnlyWhatAShellWouldTouch) {
  EXPECT_EQ(ShellQuoted("a/b-c_1.2:3=4"), "a/b-c_1.2:3=4");
  EXPECT_EQ(ShellQuoted(""), "''");
  EXPECT_EQ(ShellQuoted("$x"), "'$x'");
  EXPECT_EQ(ShellQuoted("é"), "'é'");
}

TEST(TemplatesOfAStage, ReachEveryString) {
  const Pipeline pipeline = WrittenRepository()
                                .Write("sub/params.yaml", "n: 3\nname: m\nwork: w\nflag: true\nargs: {lr: 0.1}\n")
                                .Write("sub/dvc.yaml",
                                       "stages:\n"
                                       "  a:\n"
                                       "    cmd: train ${args} --n=${n} \\${HOME}\n"
                                       "    wdir: ${work}\n"
                                       "    desc: of ${name}\n"
                                       "    meta: {'${name}': ['${n}']}\n"
                                       "    deps: ['d${n}', '${n}']\n"
                                       "    params: ['${name}.x', {'${name}.yaml': ['k${n}']}]\n"
                                       "    outs: [{'${name}.bin': {remote: '${name}', labels: ['${n}']}}]\n")
                                .Load();
  ASSERT_EQ(pipeline.stages.size(), 1u);
  const Stage& stage = pipeline.stages[0];
  EXPECT_EQ(stage.commands[0], "train --lr 0.1 --n=3 ${HOME}");
  EXPECT_EQ(stage.wdir, "sub/w");
  EXPECT_EQ(stage.deps[0].root_path, "sub/w/d3");
  EXPECT_EQ(stage.deps[1].path, "3");
  EXPECT_EQ(stage.params[0].keys[0], "m.x");
  EXPECT_EQ(stage.params[1].root_path, "sub/w/m.yaml");
  EXPECT_EQ(stage.params[1].keys[0], "k3");
  EXPECT_EQ(stage.outs[0].path, "m.bin");
  EXPECT_EQ(stage.outs[0].remote, "m");
}

TEST(TemplatesOfAStage, AreRefusedWithTheirPlace) {
  const auto refusal = [](const std::string& line) {
    return WrittenRepository()
        .Write("params.yaml", "units: 1\nnothing: null\nlst: [1]\nday: 2024-01-01\n")
        .Write("dvc.yaml", "stages:\n  a:\n    cmd: c\n    " + line + "\n")
        .Refusal();
  };
  EXPECT_EQ(refusal("deps: [x, '${unit}']"), "dvc.yaml:4:16: 'unit' is not among the values [did you mean 'units'?]");
  EXPECT_EQ(refusal("deps: ['${nothing}']"), "dvc.yaml:4:12: expected a path, but '${nothing}' is null");
  EXPECT_EQ(refusal("deps: ['${lst}']"), "dvc.yaml:4:13: '${lst}' is a list, which cannot be put into a text");
  EXPECT_EQ(refusal("meta: ['${lst}']"), "dvc.yaml:4:13: '${lst}' is a list, which cannot be put into a text");
  EXPECT_EQ(refusal("wdir: ${day}"),
            "dvc.yaml:4:11: '${day}' is a date, which templates cannot take [quote it where it is defined]");
}

TEST(TemplatesOfAStage, DoNotNeedParamsWhereThereAreNone) {
  WrittenRepository repository;
  repository.Write("params.yaml", "day: [broken").Write("dvc.yaml", "stages:\n  a: {cmd: c}\n");
  EXPECT_EQ(repository.Refusal(), "");
}

}  // namespace
}  // namespace expq::pipeline
