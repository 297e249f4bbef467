#include "cli/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/json.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Headers(const Columns& columns) {
  std::vector<std::string> headers;
  for (size_t i : columns.order()) headers.push_back(columns.all()[i].header);
  return headers;
}

TEST(Columns, AreDottedAndNamedForTheFileOnlyWhereAmbiguous) {
  const value::Value params = ParsedValues(R"({"params.yaml":{"lr":1,"a":{"b":2}},"other.yaml":{"lr":3}})");
  const value::Value metrics = ParsedValues(R"({"m.json":{"acc":0.5,"State":1,"list":[1],"null":null}})");
  Columns columns;
  const Cells cells = columns.Add(params, metrics);
  columns.Finish();
  EXPECT_THAT(Headers(columns), ElementsAre("acc", "m.json:State", "params.yaml:lr", "a.b", "other.yaml:lr"));
  EXPECT_EQ(value::PythonText(*At(cells, columns.Find("a.b").value())), "2");
  EXPECT_EQ(value::PythonText(*At(cells, columns.Find("other.yaml:lr").value())), "3");
  EXPECT_TRUE(absl::IsInvalidArgument(columns.Find("lr").status()));
  EXPECT_EQ(columns.Find("params.yaml:a.b").value(), columns.Find("a.b").value());
  EXPECT_EQ(status::Hint(columns.Find("ac").status()), "did you mean 'acc'?");
}

TEST(Columns, ARowWithoutAValueHasNone) {
  const value::Value first = ParsedValues(R"({"p.yaml":{"a":1}})"), second = ParsedValues(R"({"p.yaml":{"b":1}})");
  const value::Value none = ParsedValues("{}");
  Columns columns;
  const Cells one = columns.Add(first, none);
  const Cells two = columns.Add(second, none);
  columns.Finish();
  EXPECT_EQ(At(one, columns.Find("b").value()), nullptr);
  EXPECT_EQ(At(two, columns.Find("a").value()), nullptr);
}

}  // namespace
}  // namespace expq::cli
