// `stage add` and `stage list`: a pipeline defined from the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Stage, IsAddedAndListed) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml", "# mine\nstages:\n  a:\n    cmd: x\n    desc: the first\n");
  const Ended added = bench.Run({"stage", "add", "-n", "b", "-d", "in", "-o", "out", "python", "t.py", "--lr", "a b"});
  EXPECT_EQ(added.code, 0) << added.err;
  EXPECT_EQ(bench.repo().Read("dvc.yaml"),
            "# mine\nstages:\n  a:\n    cmd: x\n    desc: the first\n  b:\n    cmd: python t.py --lr \"a b\"\n"
            "    deps:\n    - in\n    outs:\n    - out\n");
  EXPECT_THAT(bench.repo().Read(".gitignore"), HasSubstr("/out\n"));
  EXPECT_EQ(bench.Out({"stage", "list"}), "a  the first\nb  Outputs out\n");
  EXPECT_EQ(bench.Out({"stage", "list", "--name-only"}), "a\nb\n");
  EXPECT_THAT(bench.Out({"stage", "list", "--json"}), HasSubstr("\"stage\":\"b\",\"description\":\"Outputs out\""));
}

TEST(Stage, ThatCannotBeAddedChangesNothing) {
  const Workbench bench;
  const std::string before = "stages:\n  a:\n    cmd: x\n    outs: [o]\n";
  bench.repo().Write("dvc.yaml", before);
  const Ended taken = bench.Run({"stage", "add", "-n", "a", "y"});
  EXPECT_EQ(taken.code, 4);
  EXPECT_THAT(taken.err, AllOf(HasSubstr("dvc.yaml has a stage 'a' already"), HasSubstr("hint: --force")));
  EXPECT_EQ(bench.Run({"stage", "add", "-n", "b", "-o", "o/below", "y"}).code, 2);
  EXPECT_EQ(bench.Run({"stage", "add", "-n", "b.c", "y"}).code, 2);
  EXPECT_EQ(bench.Run({"stage", "add", "-n", "b"}).code, 2);
  EXPECT_EQ(bench.Run({"stage", "remove", "b"}).code, 2);
  EXPECT_EQ(bench.repo().Read("dvc.yaml"), before);
}

TEST(Stage, ThatIsWrongIsShownWithItsLine) {
  const Workbench bench;
  bench.repo().Write("dvc.yaml", "stages:\n  a:\n    cmd: x\n    dep: [y]\n");
  const Ended refused = bench.Run({"status"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.err,
            "expq: error: dvc.yaml:4:5: unknown key 'dep' in stage 'a'\n  4 |     dep: [y]\n    |     ^\n"
            "hint: did you mean 'deps'?\n");
}

}  // namespace
}  // namespace expq::testing
