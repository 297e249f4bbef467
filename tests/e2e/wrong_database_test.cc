// A queue file that cannot be used: it is named, nothing is changed, and it works again when the reason is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/on_small_disk.h"
#include "tests/e2e/witness.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kDatabase[] = ".git/expq/queue.db";

// Another program at the same file: Debian's python3, which the example needs anyway.
Program Python(const Workbench& bench) { return Program("/usr/bin/python3", bench.repo().path()); }

std::vector<std::string> Script(const std::string& script) {
  return {"-c", "import sqlite3, threading\ndb = sqlite3.connect('" + std::string(kDatabase) +
                    "', isolation_level=None)\n" + script};
}

// One line about the database; the user's work, expq's refs and the database as they were.
void ExpectRefused(const Workbench& bench, const std::vector<std::string>& args, int code, const std::string& message) {
  SCOPED_TRACE(absl::StrJoin(args, " "));
  const std::string refs = bench.repo().Git({"for-each-ref"});
  const Witness witness(bench.repo());
  const Ended ended = bench.Run(args);
  EXPECT_EQ(ended.code, code);
  EXPECT_THAT(ended.err, StartsWith("expq: error: " + bench.repo() / kDatabase));
  EXPECT_THAT(ended.err, HasSubstr(message));
  EXPECT_EQ(ended.out, "");
  witness.ExpectUntouched();
  EXPECT_EQ(bench.repo().Git({"for-each-ref"}), refs);
}

TEST(WrongDatabase, LockedByAnotherProgramItIsSaidAndReadersGoOn) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  {
    const Program python = Python(bench);
    Background holder(python,
                      Script("db.execute('begin exclusive')\nprint('held', flush=True)\nthreading.Event().wait()\n"));
    ASSERT_TRUE(holder.WaitForOut("held"));
    EXPECT_EQ(States(bench.Json({"list"})), "one=queued");
    ExpectRefused(bench, {"submit", "-n", "two", "-S", "units=2"}, 5, ": another process holds the database\nhint: ");
  }
  bench.Out({"submit", "-n", "two", "-S", "units=2"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded two=succeeded");
}

TEST(WrongDatabase, ANewerVersionIsLeftAlone) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  const Program python = Python(bench);
  const std::string version =
      python.Run(Script("print(db.execute('pragma user_version').fetchone()[0], end='')\n")).out;
  ASSERT_EQ(python.Run(Script("db.execute('pragma user_version = 99')\n")).code, 0);
  for (const char* command : {"queue", "submit", "run-all", "show"}) {
    ExpectRefused(bench, {command}, 4, " was made by a newer expq (schema 99, ");
  }
  ASSERT_EQ(python.Run(Script("db.execute('pragma user_version = " + version + "')\n")).code, 0);
  EXPECT_EQ(States(bench.Json({"list"})), "one=queued");
}

TEST(WrongDatabase, AFileThatIsNoneIsLeftAlone) {
  const Workbench bench;
  const std::string bytes = "these are my notes\n" + std::string(9000, 'x');
  bench.repo().Write(kDatabase, bytes);
  for (const char* command : {"queue", "submit", "run-all", "show"}) {
    ExpectRefused(bench, {command}, 4, ": this is not an expq database\nhint: ");
  }
  EXPECT_EQ(bench.repo().Read(kDatabase), bytes);
  bench.repo().Remove(kDatabase);
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
}

TEST(WrongDatabase, OnAReadOnlyDiskWhatIsThereIsListedAndNothingElse) {
  const OnSmallDisk small(32'000);
  SKIP_UNLESS_MOUNTED(small.disk());
  const Workbench& bench = small.bench();
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  small.disk().MakeReadOnly();
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"submit"}, {"run-all"}, {"cancel", "one"}}) {
    const Ended ended = bench.Run(args);
    EXPECT_EQ(ended.code, 1) << args[0];
    EXPECT_THAT(ended.err, StartsWith("expq: error: ")) << args[0];
    EXPECT_THAT(ended.err, HasSubstr("read-only")) << args[0];
  }
  EXPECT_EQ(States(bench.Json({"list"})), "one=queued");
  small.disk().MakeWritable();
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded");
}

}  // namespace
}  // namespace expq::testing
