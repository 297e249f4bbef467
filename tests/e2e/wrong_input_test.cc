// Input that is wrong: one line that names the place, a hint, exit code 2 or 3; nothing is queued, nothing is touched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/witness.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;

struct Wrong {
  std::string file;  // written before
  std::string text;
  std::vector<std::string> args;
  int code;
  std::string err;  // all of it, but for the lines of source
};

// Without "  3 | cmd: x" and the caret below.
std::string WithoutSource(const std::string& err) {
  std::string kept;
  for (absl::string_view line : absl::StrSplit(err, '\n', absl::SkipEmpty())) {
    const bool source = absl::StartsWith(line, "  ") && absl::StrContains(line, " | ");
    if (!source) absl::StrAppend(&kept, line, "\n");
  }
  return kept;
}

// Nothing may change: not the queue (which holds one experiment), not expq's refs, not the user's work.
void ExpectRefused(const Wrong& wrong) {
  SCOPED_TRACE(absl::StrCat(wrong.text, absl::StrJoin(wrong.args, " ")));
  const Workbench bench;
  bench.Out({"submit", "-n", "earlier", "-S", "units=1"});
  MakeMess(bench.repo());
  if (!wrong.file.empty()) bench.repo().Write(wrong.file, wrong.text);
  const std::string refs = bench.repo().Git({"for-each-ref"});
  const Witness witness(bench.repo());
  const Ended ended = bench.Run(wrong.args);
  EXPECT_EQ(ended.code, wrong.code);
  EXPECT_EQ(WithoutSource(ended.err), wrong.err);
  EXPECT_EQ(ended.out, "");
  witness.ExpectUntouched();
  EXPECT_EQ(bench.repo().Git({"for-each-ref"}), refs);
  EXPECT_EQ(States(bench.Json({"list"})), "earlier=queued");
}

TEST(WrongInput, APipelineIsRefusedWithFileLineAndColumn) {
  for (const Wrong& wrong : std::vector<Wrong>{
           {.text = "stages:\n  a:\n    cmd: [\n", .err = "expq: error: dvc.yaml:3:10: this '[' is not closed\n"},
           {.text = "stages:\n  a:\n    cmd: \"echo\n",
            .err = "expq: error: dvc.yaml:3:10: the quoted text that begins here is not closed\n"},
           {.text = "stages:\n  a:\n    cmd: echo\n   b: x\n",
            .err = "expq: error: dvc.yaml:4:4: this goes with nothing above\n"
                   "hint: indent it like the lines that it belongs to\n"},
           {.text = "stages:\n  a:\n    cmd: echo\n    dpes: [raw.txt]\n",
            .err = "expq: error: dvc.yaml:4:5: unknown key 'dpes' in stage 'a'\nhint: did you mean 'deps'?\n"},
           {.text = "stagse:\n  a:\n    cmd: echo\n",
            .err = "expq: error: dvc.yaml:1:1: unknown key 'stagse' in the top level\nhint: did you mean 'stages'?\n"},
           {.text = "stages:\n  a:\n    cmd: echo\n    deps: [y]\n    outs: [x]\n"
                    "  b:\n    cmd: echo\n    deps: [x]\n    outs: [y]\n",
            .err = "expq: error: dvc.yaml:2:3: stages depend on each other in a cycle: a → b → a\n"},
           {.text = "stages:\n  a:\n    cmd: echo\n    outs: [x]\n  b:\n    cmd: echo\n    outs: [x]\n",
            .err = "expq: error: dvc.yaml:5:3: output 'x' of stage 'b' is already an output of stage 'a' "
                   "(dvc.yaml:2:3)\n"},
       }) {
    Wrong whole = wrong;
    whole.file = "dvc.yaml";
    whole.args = {"submit"};
    whole.code = 2;
    ExpectRefused(whole);
  }
}

TEST(WrongInput, ALockIsRefusedWithItsLineAndACaret) {
  const Workbench bench;
  bench.repo().Write("dvc.lock", "schema: '2.0'\nstages:\n<<<<<<< HEAD\n  train:\n    cmd: x\n");
  EXPECT_THAT(bench.Run({"status"}).err, HasSubstr("dvc.lock:3:1: a merge conflict begins here\n"
                                                   "  3 | <<<<<<< HEAD\n"
                                                   "    | ^"));
}

TEST(WrongInput, AParamsFileThatDoesNotParseIsRefusedAtSubmit) {
  ExpectRefused({.file = "params.yaml",
                 .text = "units: 64\nlr: [\n",
                 .args = {"submit"},
                 .code = 2,
                 .err = "expq: error: params.yaml:2:5: this '[' is not closed\n"});
}

TEST(WrongInput, AnOverrideIsRefusedWithTheNearKeyOrACaret) {
  ExpectRefused({.args = {"submit", "-S", "lr=0.5", "-S", "unts=3"},
                 .code = 2,
                 .err = "expq: error: could not override 'unts': no such key in params.yaml\n"
                        "hint: did you mean 'units'? to add a key use +unts=…\n"});
  ExpectRefused({.args = {"submit", "-S", "opt.nmae=adam"},
                 .code = 2,
                 .err = "expq: error: could not override 'opt.nmae': no such key in params.yaml\n"
                        "hint: did you mean 'opt.name'? to add a key use +opt.nmae=…\n"});
  ExpectRefused({.args = {"submit", "-S", "lr=choice(1"},
                 .code = 2,
                 .err = "expq: error: -S: expected ',' or ')'\n  lr=choice(1\n             ^\n"});
}

TEST(WrongInput, AnUnknownTargetIsRefusedWithTheNearOne) {
  ExpectRefused({.args = {"submit", "trian"},
                 .code = 3,
                 .err = "expq: error: there is no stage 'trian' in dvc.yaml\nhint: did you mean 'train'?\n"});
}

TEST(WrongInput, WithoutAPipelineThereIsNothingToSubmit) {
  const Workbench bench;
  bench.repo().Git({"rm", "-q", "dvc.yaml"});
  const Witness witness(bench.repo());
  const Ended ended = bench.Run({"submit"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.err,
            "expq: error: no dvc.yaml in .\nhint: write one that says how your code runs, or name a target\n");
  witness.ExpectUntouched();
}

TEST(WrongInput, WithoutAPipelineHereTheNearOneIsNamed) {
  const Workbench bench;
  bench.repo().Git({"rm", "-q", "dvc.yaml"});
  bench.repo().Write("dvc.yml", "stages: {}\n");
  EXPECT_EQ(bench.Run({"repro"}).err, "expq: error: no dvc.yaml in .\nhint: dvc.yml must be called dvc.yaml\n");
  bench.repo().Remove("dvc.yml");
  bench.repo().Write("sub/dvc.yaml", "stages: {}\n");
  EXPECT_EQ(bench.Run({"repro"}).err,
            "expq: error: no dvc.yaml in .\nhint: there is sub/dvc.yaml: -P means all of the repository; or name a "
            "target\n");
}

TEST(WrongInput, AMissingDependencyFailsThatExperimentAlone) {
  const Workbench bench;
  MakeMess(bench.repo());
  bench.repo().Write("dvc.yaml",
                     "stages:\n  s:\n    cmd: cp data/in.csv o.txt\n    deps: [data/in.csv]\n    outs: [o.txt]\n");
  const Witness witness(bench.repo());
  bench.Out({"submit", "-n", "lacking"});
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("failed lacking: stage 's': missing dependency data/in.csv\n"));
  witness.ExpectUntouched();
}

}  // namespace
}  // namespace expq::testing
