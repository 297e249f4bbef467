#include "common/status/caret.h"

#include <gtest/gtest.h>

namespace expq::status {
namespace {

std::string Below(absl::string_view line, absl::string_view what) { return CaretBelow(line, line.find(what)); }

TEST(CaretBelow, StandsUnderTheCharacter) {
  EXPECT_EQ(Below("cmd: ${x}", "$"), "     ^");
  EXPECT_EQ(Below("é ü: $", "$"), "     ^");
  EXPECT_EQ(Below("日本: $", "$"), "      ^");
  EXPECT_EQ(Below("e\xCC\x81: $", "$"), "   ^");
  EXPECT_EQ(Below("😀$", "$"), "  ^");
  EXPECT_EQ(Below("a\tb\t$", "$"), " \t \t^");
  EXPECT_EQ(Below("\xEF\xBB\xBF$", "$"), "^");
  EXPECT_EQ(CaretBelow("ab", 2), "  ^");
  EXPECT_EQ(CaretBelow("ab", 9), "  ^");
  EXPECT_EQ(CaretBelow("", 0), "^");
}

TEST(CaretBelow, CountsBytesThatAreNoTextOnce) { EXPECT_EQ(Below("\xFF\x80$", "$").back(), '^'); }

TEST(DisplayWidth, IsThatOfATerminal) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("日本é"), 5);
  EXPECT_EQ(DisplayWidth(""), 0);
}

}  // namespace
}  // namespace expq::status
