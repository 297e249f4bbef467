#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

// The command of the only stage, or the refusal.
std::string Outcome(const WrittenRepository& repository) {
  const std::string refusal = repository.Refusal();
  return refusal.empty() ? repository.Load().stages[0].commands[0] : refusal;
}

WrittenRepository& AddFiles(WrittenRepository& repository) {
  return repository.Write("params.yaml", "train: {lr: 0.1}\nname: p\n")
      .Write("more.json", "{\"train\": {\"units\": 8}, \"extra\": [1, 2]}")
      .Write("list.yaml", "- 1\n")
      .Write("w/local.yaml", "here: yes it is\n")
      .Write("folder/x", "");
}

struct Case {
  std::string text;  // dvc.yaml
  std::string outcome;
};

class Vars : public ::testing::TestWithParam<Case> {};

TEST_P(Vars, MergeOrAreRefused) {
  WrittenRepository repository;
  AddFiles(repository).Write("dvc.yaml", GetParam().text);
  EXPECT_EQ(Outcome(repository), GetParam().outcome) << GetParam().text;
}

std::string Top(const std::string& vars, const std::string& cmd) {
  return "vars: " + vars + "\nstages: {a: {cmd: '" + cmd + "'}}\n";
}

std::string Local(const std::string& vars, const std::string& cmd) {
  return "stages:\n  a:\n    wdir: w\n    vars: " + vars + "\n    cmd: '" + cmd + "'\n";
}

const std::vector<Case>& TopLevel() {
  static const std::vector<Case> cases = {
      {Top("[{a: 1, b: {c: 2}}]", "${a} ${b.c} ${name}"), "1 2 p"},
      {Top("[more.json]", "${train.lr} ${train.units} ${extra[1]}"), "0.1 8 2"},
      {Top("['more.json:train']", "${train.units}"), "8"},
      {Top("['more.json:train,extra']", "${extra[0]}"), "1"},
      {Top("['more.json:train', 'more.json:extra']", "${extra[0]}"), "1"},
      {Top("[params.yaml, more.json, more.json]", "${train.lr}"), "0.1"},
      {Top("[{train: {depth: 3}}]", "${train}"), "--lr 0.1 --depth 3"},
      {Top("[{name: p}]", "x"), "dvc.yaml:1:8: 'name' is defined already in params.yaml"},
      {Top("[{train: {lr: 1}}]", "x"), "dvc.yaml:1:8: 'train.lr' is defined already in params.yaml"},
      {Top("[{train: 1}]", "x"), "dvc.yaml:1:8: 'train' is defined already in params.yaml"},
      {Top("[more.json, 'more.json:extra']", "x"),
       "dvc.yaml:1:19: cannot load parts of 'more.json': it is loaded already"},
      {Top("['more.json:extra', more.json]", "x"),
       "dvc.yaml:1:27: cannot load 'more.json' whole: parts of it are loaded already"},
      {Top("['more.json:extra', 'more.json:extra']", "x"), "dvc.yaml:1:27: 'extra' of 'more.json' is loaded already"},
      {Top("['more.json:nope']", "x"), "dvc.yaml:1:8: 'nope' is not in 'more.json'"},
      {Top("[nope.yaml]", "x"), "dvc.yaml:1:8: there is no file 'nope.yaml'"},
      {Top("[folder]", "x"), "dvc.yaml:1:8: 'folder' is not a file"},
      {Top("[list.yaml]", "x"), "dvc.yaml:1:8: 'list.yaml' holds a list, templates need a map"},
      {Top("{a: 1}", "x"), "dvc.yaml:1:1: 'vars': expected a list, got a map [put '- ' before each of them]"},
      {Top("[1]", "x"), "dvc.yaml:1:8: expected a map or a file name, got an integer"},
      {Top("[{a: {b: '${name}'}}]", "x"), "dvc.yaml:1:13: ${…} is not allowed in vars"},
      {Top("", "x"), "dvc.yaml:1:1: 'vars': expected a list, got nothing"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(TopLevel, Vars, ::testing::ValuesIn(TopLevel()));

const std::vector<Case>& OfAStage() {
  static const std::vector<Case> cases = {
      {Local("[local.yaml, {n: 2}]", "${here} ${n} ${name}"), "yes it is 2 p"},
      {Local("[../more.json]", "${train.units} ${train.lr}"), "8 0.1"},
      {Local("[../params.yaml]", "${name}"), "p"},
      {Local("[{name: q}]", "x"), "dvc.yaml:4:12: 'name' is defined already in params.yaml"},
      {"stages:\n  a: {cmd: x, wdir: '${n}', vars: [{n: w}]}\n",
       "dvc.yaml:2:22: 'n' is not among the values [values come from params.yaml and vars; write \\${…} for a shell "
       "variable]"},
      {"stages:\n  a:\n    cmd: x\n    vars: [{n: 2}]\n  b:\n    cmd: '${n}'\n",
       "dvc.yaml:6:11: 'n' is not among the values [values come from params.yaml and vars; write \\${…} for a shell "
       "variable]"},
      {"stages:\n  a:\n    foreach: [1]\n    do:\n      vars: [{item: 2}]\n      cmd: '${item}'\n",
       "dvc.yaml:5:14: 'item' is reserved while foreach or matrix expands"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(OfAStage, Vars, ::testing::ValuesIn(OfAStage()));

TEST(DefaultParams, HaveOnlyKeysThatAreTexts) {
  WrittenRepository repository;
  repository.Write("params.yaml", "1: x\na: {2: y, b: z}\n").Write("dvc.yaml", "stages: {s: {cmd: 'run ${a}'}}\n");
  EXPECT_EQ(repository.Load().stages[0].commands[0], "run --b z");
  repository.Write("dvc.yaml", "stages: {s: {cmd: 'run ${1}'}}\n");
  EXPECT_EQ(
      repository.Refusal(),
      "dvc.yaml:1:24: '1' is not among the values [values come from params.yaml and vars; write \\${…} for a shell "
      "variable]");
}

TEST(DefaultParams, AreRefusedWhenTheyAreNoMap) {
  WrittenRepository repository;
  repository.Write("params.yaml", "- 1\n").Write("dvc.yaml", "stages: {a: {cmd: '${x}'}}\n");
  EXPECT_EQ(repository.Refusal(), "'params.yaml' holds a list, templates need a map");
}

}  // namespace
}  // namespace expq::pipeline
