#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace expq::cli {
namespace {

TEST(StripControl, KeepsTextAndDropsWhatCouldAct) {
  EXPECT_EQ(StripControl("plain\ttext\n"), "plain\ttext\n");
  EXPECT_EQ(StripControl("\x1b[31mred\x1b[0m"), "red");
  EXPECT_EQ(StripControl("\x1b]0;title\a after"), " after");
  EXPECT_EQ(StripControl("\x1b]0;title\x1b\\ after"), " after");
  EXPECT_EQ(StripControl("\x1b]never ends\nnext"), "\nnext");
  EXPECT_EQ(StripControl("a\bb\x7f"), "ab");
  EXPECT_EQ(StripControl("10%\r20%\r\n"), "10%\n20%\n");
  EXPECT_EQ(StripControl("\x1b"), "");
  EXPECT_EQ(StripControl("\x1b["), "");
  EXPECT_EQ(StripControl("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(StripControl("\xc2\x9b"
                         "31m"),
            "31m");  // C1's CSI
}

TEST(StripControlButColors, LetsNothingButColoursThrough) {
  EXPECT_EQ(StripControlButColors("\x1b[31mfailed\x1b[0m x"), "\x1b[31mfailed\x1b[0m x");
  EXPECT_EQ(StripControlButColors("\x1b[2Jx\x1b[1;1Hy\x1b]0;t\a\x1b[?25lz\x1b[m\x1b["), "xyz\x1b[m");
}

}  // namespace
}  // namespace expq::cli
