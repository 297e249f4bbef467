// A cache that cannot be trusted: no experiment ever gets wrong bytes from it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/digest/digest.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;

// As a failing disk, or a careless program: in place.
void Damage(const Workbench& bench, const std::string& object) { bench.repo().Write(object, "other bytes", 0444); }

TEST(WrongCache, ADamagedResultIsMadeAnew) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  bench.Out({"run-all"});
  Damage(bench, ObjectOf("raw\n1\n"));
  bench.Out({"submit", "-n", "again", "-S", "units=1"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded again=succeeded");
  EXPECT_EQ(bench.repo().Read(ObjectOf("raw\n1\n")), "raw\n1\n");
  EXPECT_EQ(bench.repo().Read(ObjectOf("raw\n1\n") + ".corrupt"), "other bytes") << "evidence is kept";
}

TEST(WrongCache, AMissingResultIsMadeAnew) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  bench.Out({"run-all"});
  for (const char* bytes : {"raw\n", "raw\n1\n"}) bench.repo().Remove(ObjectOf(bytes));
  bench.Out({"submit", "-n", "again", "-S", "units=1"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded again=succeeded");
  EXPECT_EQ(bench.repo().Read(ObjectOf("raw\n1\n")), "raw\n1\n");
}

TEST(WrongCache, DamagedDataFailsTheExperimentAndTheNextSubmitMendsIt) {
  const Workbench bench;
  TrackRawData(bench);
  bench.Out({"submit", "-n", "one", "-S", "units=1"});
  Damage(bench, ObjectOf("raw\n"));
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("failed one: raw.txt.dvc: object " + digest::Md5Of("raw\n").text() + " is damaged"));
  EXPECT_EQ(bench.repo().Read("raw.txt"), "raw\n");
  bench.Out({"submit", "-n", "two", "-S", "units=2"});
  bench.Out({"retry", "one"});
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "one=succeeded two=succeeded");
}

TEST(WrongCache, DataThatIsNowhereIsSaidAtSubmit) {
  const Workbench bench;
  TrackRawData(bench);
  bench.repo().Remove("raw.txt");
  const Ended ended = bench.Run({"submit"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.err,
            "expq: error: raw.txt.dvc: missing data 'raw.txt': neither in the workspace nor in the cache\n"
            "hint: get it back (dvc pull, or copy it there) and submit again\n");
  EXPECT_EQ(States(bench.Json({"list"})), "");
  EXPECT_EQ(bench.repo().Git({"for-each-ref", "refs/expq"}), "");
}

TEST(WrongCache, DataThatVanishesBeforeTheRunFailsTheExperiment) {
  const Workbench bench;
  TrackRawData(bench);
  bench.Out({"submit", "-n", "one"});
  bench.repo().Remove("raw.txt");
  bench.repo().Remove(ObjectOf("raw\n"));
  const Ended ran = bench.Run({"run-all"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("failed one: raw.txt.dvc: "));
}

}  // namespace
}  // namespace expq::testing
