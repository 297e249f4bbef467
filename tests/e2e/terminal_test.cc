// Where the words go: terminals of any kind and size, closed pipes, full disks, and no environment at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kExpq[] = EXPQ_BIN_DIR "/expq";

// What a terminal of that size gets to see of `command`; "$EXPQ" is the program.
std::string Seen(const Workbench& bench, int columns, int rows, const std::string& command,
                 std::vector<std::string> variables = {}) {
  variables.push_back(absl::StrCat("EXPQ=", kExpq));
  variables.push_back("SHELL=/bin/sh");
  const Program script("/usr/bin/script", bench.repo().path(), std::move(variables));
  const std::string sized = absl::StrCat("stty cols ", columns, " rows ", rows, "; ", command);
  return script.Run({"-q", "-e", "-c", sized, "/dev/null"}).out;
}

// Runs a line of shell; "$0" is the program.
Ended Shell(const Workbench& bench, const std::string& line) {
  return Program("/bin/sh", bench.repo().path()).Run({"-c", line, kExpq});
}

TEST(Terminal, LiveLinesFitHoweverSmallItIs) {
  constexpr int kColumns = 24, kRows = 6;
  const Workbench bench;
  bench.Out({"submit", "-n", "a-name-that-is-long", "-S", "units=range(20,32)"});
  const std::string seen = Seen(bench, kColumns, kRows, "\"$EXPQ\" run-all -j 8", {"TERM=xterm"});
  EXPECT_THAT(seen, HasSubstr("\x1b["));
  EXPECT_THAT(seen, HasSubstr("12 succeeded, 0 failed"));
  const std::regex up("\x1b\\[([0-9]+)A");
  for (auto at = std::sregex_iterator(seen.begin(), seen.end(), up); at != std::sregex_iterator(); ++at) {
    int lines = 0;
    ASSERT_TRUE(absl::SimpleAtoi((*at)[1].str(), &lines));
    EXPECT_LT(lines, kRows) << "the cursor cannot go up beyond the screen";
  }
  for (std::string line : std::vector<std::string>(absl::StrSplit(seen, absl::ByAnyChar("\r\n")))) {
    line = std::regex_replace(line, std::regex("\x1b\\[[0-9;]*[A-Za-z]"), "");
    const bool live = line.substr(0, 3) == "▸" || line.find(" running, ") != std::string::npos;
    // "▸" and "…" are three bytes each, and one column.
    EXPECT_TRUE(!live || line.size() < kColumns + 4u) << line;
  }
}

// Each stage goes on once the screen shows what it has not ended its line of.
TEST(Terminal, UnfinishedLinesOfStagesSideBySideShowLive) {
  const Workbench bench;
  const TempDir outside;
  const std::string screen = outside.Write("screen", "");
  bench.repo().Write("wait.sh",
                     absl::StrCat("printf \"1%%\\r$1 is half done\\r\"\n"
                                  "until grep -q \"$1. $1 is half done\" ",
                                  screen, "; do sleep 0.02; done\n", "printf \"$1 is done \\n\"; touch $1\n"));
  bench.repo().Write("dvc.yaml",
                     "stages:\n  a:\n    cmd: sh wait.sh a\n    outs: [a]\n"
                     "  b:\n    cmd: sh wait.sh b\n    outs: [b]\n");
  const Program script("/usr/bin/script", bench.repo().path(), {"SHELL=/bin/sh", "TERM=xterm"});
  const std::string command = absl::StrCat("stty cols 80 rows 24; ", kExpq, " repro -j 2");
  EXPECT_EQ(script.Run({"-q", "-e", "-f", "-c", command, screen}).code, 0);
  EXPECT_THAT(outside.Read("screen"), AllOf(HasSubstr("[a] a is done"), HasSubstr("[b] b is done")));
}

TEST(Terminal, ADumbOneGetsPlainLines) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,13"});
  const std::string ran = Seen(bench, 80, 24, "\"$EXPQ\" run-all; \"$EXPQ\" queue", {"TERM=dumb"});
  EXPECT_THAT(ran, AllOf(HasSubstr("1 succeeded, 1 failed"), Not(HasSubstr("\x1b"))));
  const std::string coloured = Seen(bench, 80, 24, "\"$EXPQ\" queue", {"TERM=xterm"});
  EXPECT_THAT(coloured, HasSubstr("\x1b["));
}

TEST(Terminal, LongTablesGoThroughThePagerAndPipesDoNot) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=range(0,40)"});
  const std::vector<std::string> pager = {"TERM=xterm", "PAGER=sed s/^/paged:/"};
  EXPECT_THAT(Seen(bench, 80, 24, "\"$EXPQ\" queue", pager), HasSubstr("paged:g-7 "));
  EXPECT_THAT(Seen(bench, 80, 24, "\"$EXPQ\" --no-pager queue", pager), Not(HasSubstr("paged:")));
  EXPECT_THAT(Seen(bench, 80, 24, "\"$EXPQ\" queue | cat", pager), Not(HasSubstr("paged:")));
  EXPECT_THAT(Seen(bench, 80, 24, "\"$EXPQ\" queue g-1", pager), Not(HasSubstr("paged:"))) << "it fits";
}

TEST(Terminal, AReaderThatGoesAwayIsNoError) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=range(0,2000)"});
  const Ended ended = Shell(bench, "{ \"$0\" show --csv; echo \"code $?\" >&2; } | head -1");
  EXPECT_EQ(ended.err, "code 0\n");
  EXPECT_THAT(ended.out, HasSubstr("Experiment,"));
}

TEST(Terminal, WhatCannotBeWrittenIsAnErrorAfterTheWorkIsDone) {
  const Workbench bench;
  const Ended full = Shell(bench, "\"$0\" submit -n one > /dev/full");
  EXPECT_EQ(full.code, 1);
  EXPECT_EQ(full.err, "expq: error: write to stdout: No space left on device\n");
  const Ended closed = Shell(bench, "\"$0\" queue >&-");
  EXPECT_EQ(closed.code, 1);
  EXPECT_EQ(closed.err, "expq: error: write to stdout: Bad file descriptor\n");
  EXPECT_EQ(States(bench.Json({"list"})), "one=queued");
}

TEST(Terminal, WithoutAnyStandardStreamTheWorkIsDoneAndNoFileIsHarmed) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,13"});
  EXPECT_EQ(Shell(bench, "\"$0\" run-all <&- >&- 2>&-").code, 1);
  EXPECT_EQ(States(bench.Json({"list"})), "g-1=succeeded g-2=failed");
  EXPECT_EQ(bench.Out({"logs", "g-1", "--stage", "train"}), "training with 1\n");
  Shell(bench, "\"$0\" repro <&- >&- 2>&-");
  EXPECT_EQ(bench.repo().Read("model.txt"), "raw\n64\n");
  EXPECT_EQ(bench.Out({"status"}), "");
  EXPECT_EQ(bench.repo().Git({"fsck", "--no-dangling"}), "");
}

TEST(Terminal, NoEnvironmentIsNeeded) {
  const Workbench bench;
  const Program env("/usr/bin/env", bench.repo().path());
  EXPECT_EQ(env.Run({"-i", kExpq, "submit", "-n", "one", "-S", "units=1"}).code, 0);
  const Ended ran = env.Run({"-i", kExpq, "run-all"});
  EXPECT_EQ(ran.code, 0) << ran.err << bench.Run({"logs", "one"}).out;
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

}  // namespace
}  // namespace expq::testing
