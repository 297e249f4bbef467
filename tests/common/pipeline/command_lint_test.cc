#include "common/pipeline/command_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LostBetweenLines, IsWhatTheNextShellDoesNotKnow) {
  EXPECT_EQ(LostBetweenLines({"cd src", "make"}), "'cd' holds for its own line only");
  EXPECT_EQ(LostBetweenLines({"echo", "LR=0.1", "train"}), "'LR' is set for its own line only");
  EXPECT_EQ(LostBetweenLines({"export A='b'", "train"}), "'A' is set for its own line only");
  EXPECT_EQ(LostBetweenLines({"train \\", "  --lr 1"}), "'train \\' does not go on in the next line");
  EXPECT_EQ(LostBetweenLines({"for i in 1 2; do", "x", "done"}), "'for i in 1 2; do' does not go on in the next line");
  EXPECT_EQ(LostBetweenLines({"if true", "then x; fi"}), "'if true' does not go on in the next line");
}

TEST(LostBetweenLines, IsNothingOfLinesThatStandAlone) {
  EXPECT_EQ(LostBetweenLines({"train"}), "");
  EXPECT_EQ(LostBetweenLines({"cd src"}), "");
  EXPECT_EQ(LostBetweenLines({"prepare", "cd src && make", "# cd", "LR=0.1 train", "train --lr=1"}), "");
  EXPECT_EQ(LostBetweenLines({"if true; then echo; fi", "for i in 1 2; do echo; done > log", "x"}), "");
}

TEST(Load, WarnsOfLinesThatNeedEachOtherButNotOfAList) {
  const Pipeline lines =
      WrittenRepository().Write("dvc.yaml", "stages:\n  a:\n    cmd: |\n      cd src\n      x\n").Load();
  EXPECT_THAT(lines.warnings, ElementsAre("dvc.yaml:3:5: each line of a command has a shell of its own: 'cd' holds "
                                          "for its own line only; && joins lines, and so does '>-' for '|'"));
  const Pipeline list =
      WrittenRepository().Write("dvc.yaml", "stages:\n  a:\n    cmd:\n    - x\n    - |\n      cd s\n      x\n").Load();
  EXPECT_THAT(list.warnings, IsEmpty());
}

}  // namespace
}  // namespace expq::pipeline
