// ./demo as a stranger sees it, but for the packages and the build.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "absl/strings/numbers.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// The accuracies in the table, from the top.
std::vector<double> Accuracies(const std::string& out) {
  std::vector<double> found;
  const std::regex row("succeeded +[0-9:]+ +([0-9.]+)");
  for (auto at = std::sregex_iterator(out.begin(), out.end(), row); at != std::sregex_iterator(); ++at) {
    double accuracy = 0;
    EXPECT_TRUE(absl::SimpleAtod((*at)[1].str(), &accuracy));
    found.push_back(accuracy);
  }
  return found;
}

TEST(Demo, QueuesEightDrainsThemAndShowsTheBestFirst) {
  const TempDir place;
  if (Program("/usr/bin/python3", place.path()).Run({"-c", "import sklearn"}).code != 0) {
    GTEST_SKIP() << "there is no scikit-learn here";
  }
  std::filesystem::create_directories(place / "build/release");
  std::filesystem::create_directory_symlink(EXPQ_BIN_DIR, place / "build/release/bin");
  std::filesystem::create_directory_symlink(EXPQ_SOURCE_DIR "/examples", place / "examples");
  for (const char* step : {"deploy/install-packages", "deploy/build"}) place.Write(step, "#!/bin/sh\n", 0755);
  std::filesystem::copy(EXPQ_SOURCE_DIR "/deploy/demo", place / "deploy/demo");

  const Program demo(place / "deploy/demo", place.path(), {"TMPDIR=" + place.path()});
  const Ended ended = Background(demo, {}).Join();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("8 succeeded, 0 failed\n"));
  const std::vector<double> accuracies = Accuracies(ended.out);
  EXPECT_THAT(accuracies, SizeIs(8));
  EXPECT_TRUE(std::is_sorted(accuracies.rbegin(), accuracies.rend()));
  const size_t next = ended.out.find("What to try next");
  ASSERT_NE(next, std::string::npos);
  EXPECT_THAT(ended.out.substr(next), HasSubstr("  expq logs "));
  EXPECT_THAT(ended.out.substr(next), HasSubstr("expq agent --scheduler 127.0.0.1:7070"));
}

}  // namespace
}  // namespace expq::testing
