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

TEST(Columns, StandByFileAlsoWhereAKeyOrAFileComesLater) {
  const value::Value first = ParsedValues(R"({"b.yaml":{"x":1},"c.yaml":{"y":1}})");
  const value::Value second = ParsedValues(R"({"a.yaml":{"w":1},"b.yaml":{"z":1}})");
  const value::Value none = ParsedValues("{}");
  Columns columns;
  columns.Place({"a.yaml", "b.yaml"}, {});
  columns.Add(first, none);
  columns.Add(second, none);
  columns.Finish();
  EXPECT_THAT(Headers(columns), ElementsAre("w", "x", "z", "y"));
}

TEST(Columns, OfAParamsFileAreTheKeysThatAreTracked) {
  const value::Value params =
      ParsedValues(R"({"k.yaml":{"a":{"b":1,"c":2},"d":{"e":3},"list":[1,2],"x1":1,"y":1},"all.yaml":{"y":2}})");
  const value::Value none = ParsedValues("{}");
  Columns columns;
  columns.Track({{"k.yaml", {"a.b", "d", "list.0", "x*"}}});
  columns.Add(params, none);
  columns.Finish();
  EXPECT_THAT(Headers(columns), ElementsAre("a.b", "d.e", "list", "x1", "y")) << "of all.yaml, whose y is no other's";
}

TEST(Columns, OfFilesThatNobodyDependsOnAreHiddenWhenAsked) {
  const value::Value params = ParsedValues(R"({"params.yaml":{"a":{"b":1,"c":2},"d":3},"top.yaml":{"y":2}})");
  const value::Value none = ParsedValues("{}");
  Columns columns;
  columns.HideUntrackedFiles();
  columns.Track({{"params.yaml", {"a"}}});
  columns.Track({{"whole.yaml", {"*"}}});
  columns.Add(params, none);
  columns.Finish();
  EXPECT_THAT(Headers(columns), ElementsAre("a.b", "a.c"));
}

TEST(Columns, DependenciesComeLastByPath) {
  const value::Value params = ParsedValues(R"({"params.yaml":{"lr":1}})");
  const value::Value metrics = ParsedValues(R"({"m.json":{"acc":0.5}})");
  value::Map hashes;
  hashes.Set("raw", "b026324c6904b2a9cb4b88d6d61c81d1");
  hashes.Set("lr", "c37f8bc8917fdf64a45bb6010380cdab.dir");
  hashes.Set("State", "");
  Columns columns;
  Cells cells = columns.Add(params, metrics);
  columns.AddDependencies(hashes, &cells);
  columns.Finish();
  EXPECT_THAT(Headers(columns), ElementsAre("acc", "lr", "deps:State", "deps:lr", "raw"));
  EXPECT_EQ(At(cells, columns.order()[2]), nullptr) << "never recorded";
  EXPECT_EQ(*At(cells, columns.order()[4])->string(), "b026324c6904b2a9cb4b88d6d61c81d1");
  EXPECT_TRUE(absl::IsNotFound(columns.Find("raw").status())) << "nothing is sorted by hashes";
  EXPECT_EQ(value::PythonText(*At(cells, columns.Find("lr").value())), "1");
}

}  // namespace
}  // namespace expq::cli
