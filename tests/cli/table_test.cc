#include "cli/table.h"

#include <gtest/gtest.h>

namespace expq::cli {
namespace {

Table Sample() {
  Table table({"Name", "Acc", "Note"});
  table.Add({{"müsli"}, {"0.5", Style::kPlain, true}, {"a, \"b\""}});
  table.Add({{"x"}, {"-"}, {"c|d"}});
  return table;
}

TEST(Table, AlignsByWidthAndNumbersToTheRight) {
  EXPECT_EQ(Sample().Aligned(Terminal()), "Name   Acc  Note\nmüsli  0.5  a, \"b\"\nx        -  c|d\n");
}

TEST(Table, QuotesCsvOnlyWhereNeeded) {
  EXPECT_EQ(Sample().Csv(), "Name,Acc,Note\nmüsli,0.5,\"a, \"\"b\"\"\"\nx,-,c|d\n");
}

TEST(Table, EscapesMarkdown) {
  EXPECT_EQ(Sample().Markdown(),
            "| Name | Acc | Note |\n|---|---:|---|\n| müsli | 0.5 | a, \"b\" |\n| x | - | c\\|d |\n");
}

TEST(Table, ShowsControlCharactersAsNothingThatActs) {
  Table table({"A"});
  table.Add({{"\x1b[2J"}});
  EXPECT_EQ(table.Aligned(Terminal()), "A\n?[2J\n");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("└── "), 4);
  EXPECT_EQ(DisplayWidth("日本"), 4);
}

}  // namespace
}  // namespace expq::cli
