#include "common/pipeline/shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace expq::pipeline {
namespace {

using ::testing::ElementsAre;

TEST(ShellCommand, IsTheUsersShellWithoutItsStartUpFiles) {
  EXPECT_THAT(ShellCommand({"SHELL=/usr/bin/bash"}, "x"),
              ElementsAre("/usr/bin/bash", "--noprofile", "--norc", "-c", "x"));
  EXPECT_THAT(ShellCommand({"SHELL=/bin/zsh"}, "x"), ElementsAre("/bin/zsh", "--no-rcs", "-c", "x"));
  EXPECT_THAT(ShellCommand({"SHELL=/bin/fish"}, "x"), ElementsAre("/bin/fish", "--no-config", "-c", "x"));
  EXPECT_THAT(ShellCommand({"SHELL=/bin/dash"}, "x"), ElementsAre("/bin/dash", "-c", "x"));
  EXPECT_THAT(ShellCommand({"SHELL="}, "x"), ElementsAre("/bin/sh", "-c", "x"));
  EXPECT_THAT(ShellCommand({"MYSHELL=/bin/zsh"}, "x"), ElementsAre("/bin/sh", "-c", "x"));
}

TEST(WithVariable, ReplacesOrAppends) {
  EXPECT_THAT(WithVariable({"A=1", "AB=2"}, "A", "3"), ElementsAre("A=3", "AB=2"));
  EXPECT_THAT(WithVariable({"AB=2"}, "A", "3"), ElementsAre("AB=2", "A=3"));
}

}  // namespace
}  // namespace expq::pipeline
