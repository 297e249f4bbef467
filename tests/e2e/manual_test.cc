// What explains the program: help, the man page, completion; and what every command has in common.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_split.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> Commands(const Program& expq) {
  std::vector<std::string> commands;
  bool listing = false;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(expq.Run({"help"}).out, '\n'))) {
    if (line == "Queue and run") listing = true;
    if (absl::StartsWith(line, "Global options")) break;
    if (listing && absl::StartsWith(line, "  ") && line[2] != ' ') {
      commands.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  return commands;
}

const Program& Expq() {
  static const TempDir* dir = new TempDir;
  static const Program* expq = new Program(EXPQ_BIN_DIR "/expq", dir->path());
  return *expq;
}

// Whether `shell` is there and takes what `expq completion` prints; true when it is not there.
bool Takes(const std::string& shell, const std::vector<std::string>& check) {
  bool found = false;
  for (const char* dir : {"/bin/", "/usr/bin/"}) found |= std::filesystem::exists(dir + shell);
  if (!found) return true;
  const TempDir dir;
  const Ended printed = Expq().Run({"completion", shell});
  EXPECT_EQ(printed.code, 0);
  std::vector<std::string> args = check;
  args.push_back(dir.Write("completion", printed.out));
  const Ended ended = Program(shell, dir.path()).Run(args);
  EXPECT_EQ(ended.err, "") << shell;
  return ended.code == 0;
}

TEST(Manual, ExplainsEveryCommandWithAnExample) {
  const std::vector<std::string> commands = Commands(Expq());
  for (const char* wanted : {"submit", "run", "run-all", "queue", "logs", "wait", "cancel", "retry", "remove", "rename",
                             "priority", "set", "repro", "status", "show", "scheduler", "agent", "agents", "doctor"}) {
    EXPECT_THAT(commands, ::testing::Contains(wanted));
  }
  for (const std::string& command : commands) {
    const Ended help = Expq().Run({"help", command});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("usage: expq " + command));
    EXPECT_THAT(help.out, HasSubstr("\nExample"));
    EXPECT_EQ(Expq().Run({command, "--help"}).out, help.out);
  }
}

TEST(Manual, IsAManPageOfEveryCommand) {
  const Ended man = Expq().Run({"help", "--man"});
  EXPECT_EQ(man.code, 0);
  EXPECT_THAT(man.out, StartsWith(".TH EXPQ 1"));
  for (const std::string& command : Commands(Expq())) {
    std::string escaped = command == "run-all" ? "run\\-all" : command;
    EXPECT_THAT(man.out, HasSubstr(".SS expq " + escaped + " "));
  }
}

TEST(Manual, CompletionLoadsInEveryShellThatIsThere) {
  EXPECT_TRUE(Takes("bash", {"-n"}));
  EXPECT_TRUE(Takes("zsh", {"-n"}));
  EXPECT_TRUE(Takes("fish", {"--no-execute"}));
  EXPECT_THAT(Expq().Run({"completion", "zsh"}).out, StartsWith("#compdef expq\n"));
  EXPECT_THAT(Expq().Run({"completion", "fish"}).out, HasSubstr("complete -c expq"));
}

TEST(Manual, BashCompletesCommandsAndOptions) {
  const TempDir dir;
  const std::string script = dir.Write("completion", Expq().Run({"completion", "bash"}).out);
  const auto completed = [&](const std::string& words, int at) {
    const std::string ask = absl::StrCat(". ", script, "; COMP_WORDS=(", words, "); COMP_CWORD=", at,
                                         "; f=$(complete -p expq | sed 's/.*-F \\([^ ]*\\).*/\\1/'); $f; "
                                         "printf '%s ' \"${COMPREPLY[@]}\"");
    const Ended ended = Program("/bin/bash", dir.path()).Run({"-c", ask});
    EXPECT_EQ(ended.err, "");
    return ended.out;
  };
  EXPECT_EQ(completed("expq subm", 1), "submit ");
  EXPECT_EQ(completed("expq run", 1), "run run-all ");
  EXPECT_THAT(completed("expq submit --dry", 2), HasSubstr("--dry-run"));
}

TEST(Everywhere, OptionsStandBeforeOrAfterTheCommand) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one"});
  const TempDir elsewhere;
  const Program outside(EXPQ_BIN_DIR "/expq", elsewhere.path());
  EXPECT_THAT(outside.Run({"-C", bench.repo().path(), "queue"}).out, HasSubstr("one"));
  EXPECT_THAT(outside.Run({"queue", "-C", bench.repo().path()}).out, HasSubstr("one"));
  EXPECT_EQ(outside.Run({"queue"}).code, 3);
}

TEST(Everywhere, DataIsOnStdoutAndTalkOnStderrUnlessQuiet) {
  const Workbench bench;
  const Ended empty = bench.Run({"queue"});
  EXPECT_EQ(empty.out, "");
  EXPECT_THAT(empty.err, HasSubstr("nothing is queued"));
  EXPECT_EQ(bench.Run({"-q", "queue"}).err, "");
  EXPECT_EQ(bench.Run({"queue", "--csv"}).out, "Name,State,Attempt,Agent,Stage,Age,Note\n");
  EXPECT_EQ(bench.Json({"queue"}).map()->size(), 2u);
}

TEST(Everywhere, VerboseTellsOfEveryStage) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,2"});
  const std::string told = bench.Run({"run-all", "-v"}).err;
  for (const char* stage : {"g-1: prep ", "g-1: train ", "g-2: prep ", "g-2: train "})
    EXPECT_THAT(told, HasSubstr(stage));
  bench.Out({"submit", "-n", "quiet", "-S", "units=3"});
  EXPECT_THAT(bench.Run({"run-all"}).err, Not(HasSubstr("quiet: ")));
}

TEST(Everywhere, ColourIsForTerminalsUnlessAskedFor) {
  const Workbench bench({"NO_COLOR=1"});
  bench.Out({"submit", "-n", "one", "-S", "units=13"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 1);
  EXPECT_THAT(bench.Out({"show"}), Not(HasSubstr("\033[")));
  EXPECT_THAT(bench.Out({"show", "--color", "always"}), HasSubstr("\033["));
  EXPECT_THAT(bench.Out({"show", "--color", "never"}), Not(HasSubstr("\033[")));
  EXPECT_EQ(bench.Run({"show", "--color", "sometimes"}).code, 2);
}

TEST(Everywhere, AnErrorUnderJsonIsAnObjectOnStdoutWithTheSameExitCode) {
  const Workbench bench;
  struct Case {
    std::vector<std::string> args;
    int code;
    std::string name;
  };
  for (const Case& one : std::vector<Case>{{{"submit", "-S", "unit=1"}, 2, "usage"},
                                           {{"wait", "nobody"}, 3, "not-found"},
                                           {{"cancel", "nobody"}, 3, "not-found"},
                                           {{"--scheduler", "127.0.0.1:1", "queue"}, 5, "unreachable"},
                                           {{"--scheduler", "127.0.0.1:1", "agents"}, 5, "unreachable"}}) {
    std::vector<std::string> args = one.args;
    args.push_back("--json");
    const Ended ended = bench.Run(args);
    SCOPED_TRACE(absl::StrJoin(args, " "));
    EXPECT_EQ(ended.code, one.code);
    const value::Value error = Workbench::Parsed(ended.out);
    EXPECT_EQ(TextAt(error, "version"), "1");
    EXPECT_EQ(TextAt(error, "error.code"), one.name);
    EXPECT_NE(TextAt(error, "error.message"), "");
    EXPECT_NE(value::Lookup(error, "error.hint"), nullptr);
  }
}

TEST(Everywhere, DoctorSaysWhatIsWrongAndWhatToDo) {
  const Workbench bench;
  EXPECT_EQ(bench.Run({"doctor"}).code, 0);
  const Ended gone = bench.Run({"--scheduler", "127.0.0.1:1", "doctor"});
  EXPECT_NE(gone.code, 0);
  EXPECT_THAT(gone.out + gone.err, HasSubstr("127.0.0.1:1"));
  const TempDir nowhere;
  const Ended outside = Program(EXPQ_BIN_DIR "/expq", nowhere.path()).Run({"doctor"});
  EXPECT_THAT(outside.out + outside.err, HasSubstr("git"));
}

}  // namespace
}  // namespace expq::testing
