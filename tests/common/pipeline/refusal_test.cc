#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/pipeline/excerpt.h"
#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

struct Case {
  std::string text;     // dvc.yaml
  std::string refusal;  // message [hint]
};

std::string Stage(const std::string& body) { return "stages:\n  a:\n    cmd: c\n" + body; }

class Refusal : public ::testing::TestWithParam<Case> {};

TEST_P(Refusal, NamesThePlaceAndTheThing) {
  EXPECT_EQ(WrittenRepository().Write("dvc.yaml", GetParam().text).Refusal(), GetParam().refusal) << GetParam().text;
}

const std::vector<Case>& Keys() {
  static const std::vector<Case> cases = {
      {"stage:\n", "dvc.yaml:1:1: unknown key 'stage' in the top level [did you mean 'stages'?]"},
      {"- a\n", "dvc.yaml: the top level must be a map, got a list"},
      {"x\n", "dvc.yaml: the top level must be a map, got a string"},
      {"stages: [a]\n", "dvc.yaml:1:1: 'stages': expected a map of stages, got a list"},
      {"stages:\n  a: echo\n", "dvc.yaml:2:3: stage 'a' must be a map, got a string"},
      {"stages:\n  a:\n", "dvc.yaml:2:3: stage 'a' must be a map, got nothing"},
      {"stages:\n  a:\n    deps: []\n", "dvc.yaml:2:3: stage 'a' has no 'cmd'"},
      {Stage("    dep: [x]\n"), "dvc.yaml:4:5: unknown key 'dep' in stage 'a' [did you mean 'deps'?]"},
      {Stage("    colour: red\n"), "dvc.yaml:4:5: unknown key 'colour' in stage 'a'"},
      {Stage("    outs:\n      - o: {cach: false}\n"),
       "dvc.yaml:5:13: unknown key 'cach' in output 'o' [did you mean 'cache'?]"},
      {Stage("    outs:\n      - o: {title: x}\n"), "dvc.yaml:5:13: unknown key 'title' in output 'o'"},
      {"plots:\n  a.csv: {x: b}\n",
       "dvc.yaml:1:1: 'plots': expected a list, got a map [a map of plots went away in DVC 3: write '- name: {…}']"},
      {"artifacts: {m: {type: x}}\n", "dvc.yaml:1:13: artifact 'm' has no 'path'"},
      {"metrics: m.json\n",
       "dvc.yaml:1:1: 'metrics': expected a list, got a string [write '- ' before it, or [ ] around it]"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Keys, Refusal, ::testing::ValuesIn(Keys()));

const std::vector<Case>& Types() {
  static const std::vector<Case> cases = {
      {"stages:\n  a:\n    cmd: false\n",
       "dvc.yaml:3:5: 'cmd': expected a command or a list of commands, got a boolean"},
      {"stages:\n  a:\n    cmd: [echo, 1]\n", "dvc.yaml:3:17: expected a command, got an integer"},
      {"stages:\n  a:\n    cmd: []\n", "dvc.yaml:3:5: the list of commands is empty"},
      {"stages:\n  a:\n    cmd: ' '\n", "dvc.yaml:3:5: the command is empty"},
      {Stage("    deps: x\n"),
       "dvc.yaml:4:5: 'deps': expected a list, got a string [write '- ' before it, or [ ] around it]"},
      {Stage("    deps: [1.5]\n"), "dvc.yaml:4:12: expected a path, got a float"},
      {Stage("    deps: ['']\n"), "dvc.yaml:4:12: dependency is an empty path"},
      {Stage("    frozen: 'yes'\n"),
       "dvc.yaml:4:5: 'frozen': expected true or false, got a string [it cannot be templated or quoted]"},
      {Stage("    desc: [x]\n"), "dvc.yaml:4:5: 'desc': expected a string, got a list"},
      {Stage("    deps:\n"), "dvc.yaml:4:5: 'deps': expected a list, got nothing"},
      {Stage("    outs: [o: ]\n"), "dvc.yaml:4:12: output 'o' must be a map, got nothing"},
      {Stage("    outs: [{o: }]\n"), "dvc.yaml:4:13: output 'o' must be a map, got nothing"},
      {Stage("    outs: [{o: {labels: [1]}}]\n"), "dvc.yaml:4:26: expected a string, got an integer"},
      {Stage("    frozen: ${x}\n"),
       "dvc.yaml:4:5: 'frozen': expected true or false, got a string [it cannot be templated or quoted]"},
      {Stage("    meta: [{k: '${x}'}]\n"),
       "dvc.yaml:4:17: 'x' is not among the values [values come from params.yaml and vars; write \\${…} for a shell "
       "variable]"},
      {"stages:\n", "dvc.yaml:1:1: 'stages': expected a map of stages, got nothing"},
      {"plots: [{}]\n", "dvc.yaml:1:9: a plot's definition has no name"},
      {"plots: [{a.csv: {y: {b.csv: 1}}}]\n", "dvc.yaml:1:22: 'b.csv': expected a string, got an integer"},
      {"datasets: {name: a}\n",
       "dvc.yaml:1:1: 'datasets': expected a list of datasets, got a map [put '- ' before each of them]"},
      {Stage("    wdir: 1\n"), "dvc.yaml:4:5: 'wdir': expected a path, got an integer"},
      {Stage("    wdir: ../..\n"), "dvc.yaml:4:5: wdir '../..' is outside of the repository"},
      {Stage("    params: [1]\n"), "dvc.yaml:4:14: expected a param's name or {file: [names]}, got an integer"},
      {Stage("    params: [{p.yaml: x}]\n"),
       "dvc.yaml:4:15: 'p.yaml': expected a list, got a string [write '- ' before it, or [ ] around it]"},
      {Stage("    outs: [{o: 1}]\n"), "dvc.yaml:4:13: output 'o' must be a map, got an integer"},
      {Stage("    outs: [{o: {cache: 1}}]\n"), "dvc.yaml:4:17: 'cache': expected true or false, got an integer"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Types, Refusal, ::testing::ValuesIn(Types()));

const std::vector<Case>& Places() {
  static const std::vector<Case> cases = {
      {Stage("    wdir: s3://b/x\n"),
       "dvc.yaml:4:5: wdir 's3://b/x': URLs are not supported yet [only local paths can be dependencies and outputs]"},
      {Stage("    outs: [/tmp/x]\n"),
       "dvc.yaml:4:12: output '/tmp/x' is outside of the repository [only an output with 'cache: false' can be]"},
      {Stage("    outs: [.]\n"), "dvc.yaml:4:12: output '.' is the repository itself"},
      {Stage("    outs: [.git/hooks/x]\n"), "dvc.yaml:4:12: output '.git/hooks/x' is inside .git"},
      {Stage("    outs: [{.dvc/x: {cache: false}}]\n"), "dvc.yaml:4:13: output '.dvc/x' is inside .dvc"},
      {Stage("    outs: [sub/dvc.lock]\n"), "dvc.yaml:4:12: output 'sub/dvc.lock' is a file of the pipeline itself"},
      {Stage("    deps: [x.dvc]\n"), "dvc.yaml:4:12: dependency 'x.dvc' is a file of the pipeline itself"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Places, Refusal, ::testing::ValuesIn(Places()));

const std::vector<Case>& Clashes() {
  static const std::vector<Case> cases = {
      {Stage("    outs: [o]\n  b:\n    cmd: c\n    outs: [./o]\n"),
       "dvc.yaml:5:3: output 'o' of stage 'b' is already an output of stage 'a' (dvc.yaml:2:3)"},
      {"stages:\n  a:\n    cmd:\n    - echo: x\n",
       "dvc.yaml:4:7: expected a command, got a map [a ': ' makes a map of it: put the command into quotes]"},
      {Stage("    deps:\n      -x\n      - y\n"),
       "dvc.yaml:4:5: 'deps': expected a list, got a string [a blank is missing behind a '-']"},
      {Stage("    outs: [o]\n    metrics: [o]\n"), "dvc.yaml:2:3: stage 'a' lists output 'o' twice"},
      {Stage("    outs: [o]\n  b:\n    cmd: c\n    outs: [o/x/y]\n"),
       "dvc.yaml:5:3: output 'o/x/y' of stage 'b' is inside output 'o' of stage 'a' (dvc.yaml:2:3)"},
      {Stage("    outs: [o/x, o]\n"),
       "dvc.yaml:2:3: output 'o/x' of stage 'a' is inside output 'o' of stage 'a' (dvc.yaml:2:3)"},
      {Stage("    deps: [x]\n    outs: [x]\n"),
       "dvc.yaml:2:3: stage 'a' reads what it makes: 'x' is among its dependencies and its outputs"},
      {Stage("    deps: [x]\n    outs: [x/y]\n"),
       "dvc.yaml:2:3: stage 'a' reads what it makes: 'x' is among its dependencies and its outputs"},
      {Stage("    deps: [y]\n    outs: [x]\n  b:\n    cmd: c\n    deps: [x]\n    outs: [y]\n"),
       "dvc.yaml:2:3: stages depend on each other in a cycle: a → b → a"},
      {Stage("    deps: [z]\n    outs: [x]\n  c:\n    cmd: c\n    deps: [y]\n    outs: [z]\n  b:\n    cmd: c\n    "
             "deps: [x/sub]\n    outs: [y]\n  d:\n    cmd: c\n    deps: [z]\n"),
       "dvc.yaml:2:3: stages depend on each other in a cycle: a → b → c → a"},
      {Stage("    params: [lr]\n    outs: [{params.yaml: {cache: false}}]\n"),
       "dvc.yaml:2:3: stage 'a' reads what it makes: 'params.yaml' is among its dependencies and its outputs"},
  };
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Clashes, Refusal, ::testing::ValuesIn(Clashes()));

TEST(Refusals, NameBothFilesOfAClash) {
  WrittenRepository repository;
  repository.Write("dvc.yaml", "stages:\n  a:\n    cmd: c\n    outs: [data]\n")
      .Write("data.dvc", "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  hash: md5\n  path: data\n");
  EXPECT_EQ(repository.Refusal(),
            "data.dvc: output 'data' of 'data.dvc' is already an output of stage 'a' (dvc.yaml:2:3)");
}

TEST(Refusals, NameAPipelineFileInsideAnOutputThatWasReadBeforeIt) {
  WrittenRepository repository;
  repository.Write("a/dvc.yaml", "stages:\n  x: {cmd: c}\n")
      .Write("b/dvc.yaml", "stages:\n  y:\n    cmd: c\n    outs: [../a]\n");
  EXPECT_EQ(repository.Refusal(), "a/dvc.yaml: this file is inside output 'a' of stage 'y' (b/dvc.yaml:2:3)");
}

TEST(Refusals, NameACycleAcrossFiles) {
  WrittenRepository repository;
  repository.Write("dvc.yaml", "stages:\n  a:\n    cmd: c\n    deps: [s/y]\n    outs: [x]\n")
      .Write("s/dvc.yaml", "stages:\n  b:\n    cmd: c\n    deps: [../x]\n    outs: [y]\n");
  EXPECT_EQ(repository.Refusal(), "dvc.yaml:2:3: stages depend on each other in a cycle: a → s/dvc.yaml:b → a");
}

TEST(Refusals, NameTheFileOfASyntaxError) {
  WrittenRepository repository;
  repository.Write("sub/dvc.yaml", "stages:\n  a: [\n");
  EXPECT_EQ(repository.Refusal().rfind("sub/dvc.yaml:", 0), 0u) << repository.Refusal();
}

TEST(Refusals, ShowTheLineWithACaretUnderTheColumn) {
  WrittenRepository repository;
  repository.Write("dvc.yaml", "stages:\n  a:\n    cmd: c\n    deps: [x, '${y}']\n");
  EXPECT_EQ(Excerpt(repository.TryLoad().status()), "  4 |     deps: [x, '${y}']\n    |                ^");
  // In a text of several lines the one with the template is meant; never a line of the next value.
  repository.Write("dvc.yaml", "stages:\n  a:\n    cmd: |\n      x\n\n      ä ${y}\n");
  EXPECT_EQ(Excerpt(repository.TryLoad().status()), "  6 |       ä ${y}\n    |         ^");
  repository.Write("dvc.yaml", "stages:\n  a:\n    cmd: \"\\x24{y}\"\n    desc: ${y}\n");
  EXPECT_EQ(Excerpt(repository.TryLoad().status()), "  3 |     cmd: \"\\x24{y}\"\n    |     ^");
  repository.Write("dvc.yaml", "stages:\n  a: {cmd: c, deps: [x], outs: [x]}\n");
  EXPECT_EQ(Excerpt(repository.TryLoad().status()), "  2 |   a: {cmd: c, deps: [x], outs: [x]}\n    |   ^");
  repository.Write("dvc.yaml", "");
  repository.Write("x.dvc", "outs:\n- path: ''\n");
  EXPECT_EQ(Excerpt(repository.TryLoad().status()), "  2 | - path: ''\n    |   ^");
}

TEST(StageRefusal, IsThatOfAStageAlone) {
  const auto refusal = [](const std::string& body) {
    WrittenRepository repository;
    repository.Write("dvc.yaml", "stages:\n  s:\n    cmd: c\n" + body + "  t: {cmd: c, deps: [o]}\n");
    const Pipeline pipeline = repository.Load();
    EXPECT_TRUE(pipeline.stages.size() == 2 && pipeline.stages[1].refusal.ok());
    const absl::Status& status = pipeline.stages[0].refusal;
    EXPECT_EQ(status.ok(), Excerpt(status).empty());
    return std::string(status.message());
  };
  EXPECT_EQ(refusal("    deps: [a, 's3://b/x']\n"), "dvc.yaml:4:15: dependency 's3://b/x': URLs are not supported yet");
  EXPECT_EQ(refusal("    deps: ['ds://set']\n"),
            "dvc.yaml:4:12: dependency 'ds://set': datasets are not supported yet");
  EXPECT_EQ(refusal("    outs: ['s3://b/x']\n"), "dvc.yaml:4:12: output 's3://b/x': URLs are not supported yet");
  EXPECT_EQ(refusal("    params: ['s3://b/x': [a]]\n"),
            "dvc.yaml:4:14: params file 's3://b/x': URLs are not supported yet");
  EXPECT_EQ(refusal("    deps: ['s3://b/x']\n    frozen: true\n"), "");
}

TEST(Excerpts, PutTheCaretBelowTheCharacter) {
  const auto caret = [](const std::string& text) {
    WrittenRepository repository;
    repository.Write("dvc.yaml", text);
    return Excerpt(repository.TryLoad().status());
  };
  EXPECT_EQ(caret("stages: {日本: {cmd: é, 😀: x}}\n"),
            "  1 | stages: {日本: {cmd: é, 😀: x}}\n    |                         ^");
  EXPECT_EQ(caret("\xEF\xBB\xBFtop: x\n"), "  1 | top: x\n    | ^");
  EXPECT_EQ(caret("stages:\r\n  a: {cmd: x, dep: y}\r\n"), "  2 |   a: {cmd: x, dep: y}\n    |               ^");
  EXPECT_EQ(caret("stages: {a: {cmd: x,\tdep: y}}\n"),
            "  1 | stages: {a: {cmd: x,\tdep: y}}\n    |                     \t^");
}

TEST(Excerpts, ShowOfALongLineWhatIsAroundTheCaret) {
  const std::string line = std::string(300, 'x') + "é!" + std::string(300, 'y');
  const std::string shown = Excerpt(WithExcerpt(absl::InvalidArgumentError("f:1:302: x"), "f", line));
  EXPECT_EQ(shown.substr(0, shown.find('\n')), "  1 | …" + std::string(98, 'x') + "é!" + std::string(99, 'y') + "…");
  EXPECT_EQ(shown.substr(shown.find('\n')), "\n    | " + std::string(100, ' ') + "^");
}

TEST(Excerpts, AreOfTheFileOfValuesToo) {
  WrittenRepository repository;
  repository.Write("params.yaml", "x: 1\ny: 'z\n").Write("dvc.yaml", "stages: {a: {cmd: '${x}'}}\n");
  EXPECT_THAT(Excerpt(repository.TryLoad().status()), ::testing::HasSubstr(" | y: 'z\n"));
}

TEST(Excerpts, SurviveWhatIsPutInFront) {
  const absl::Status status = WithExcerpt(absl::InvalidArgumentError("f:1:3: x"), "f", "ab\tc\n");
  EXPECT_EQ(Excerpt(status::Annotate(status, "here")), "  1 | ab\tc\n    |   ^");
  EXPECT_EQ(Excerpt(WithExcerpt(absl::InvalidArgumentError("f:9:3: x"), "f", "ab")), "");
  EXPECT_EQ(Excerpt(WithExcerpt(absl::InvalidArgumentError("f: x"), "f", "ab")), "");
}

}  // namespace
}  // namespace expq::pipeline
