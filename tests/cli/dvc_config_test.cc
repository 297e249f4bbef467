#include "cli/dvc_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace expq::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DvcConfig, TheLocalFileWinsAndRelativeFoldersStartAtTheConfig) {
  const testing::TempDir dir;
  const fs::PosixFilesystem fs;
  const Environment none({});
  const auto unset = ReadCacheSettings(fs, none, dir.path(), "/fallback");
  EXPECT_EQ(unset->dir, "/fallback");
  // Hard links, which are read-only, only where nobody but attempts works.
  EXPECT_THAT(unset->link_kinds, ElementsAre(fs::LinkKind::kReflink, fs::LinkKind::kCopy));
  EXPECT_THAT(unset->attempt_link_kinds,
              ElementsAre(fs::LinkKind::kReflink, fs::LinkKind::kHardlink, fs::LinkKind::kCopy));
  dir.Write(".dvc/config", "[cache]\n    dir = ../../shared\n    type = symlink\n");
  auto settings = ReadCacheSettings(fs, none, dir.path(), "/fallback");
  EXPECT_EQ(settings->dir, fs::Normalize(dir / "../shared"));
  EXPECT_THAT(settings->link_kinds, ElementsAre(fs::LinkKind::kSymlink));
  EXPECT_THAT(settings->attempt_link_kinds, ElementsAre(fs::LinkKind::kSymlink));
  dir.Write(".dvc/config.local", "[cache]\n    dir = /elsewhere\n");
  EXPECT_EQ(ReadCacheSettings(fs, none, dir.path(), "/fallback")->dir, "/elsewhere");
}

TEST(DvcConfig, RefusesAnUnknownLink) {
  const testing::TempDir dir;
  dir.Write(".dvc/config", "[cache]\n    type = teleport\n");
  const fs::PosixFilesystem fs;
  EXPECT_THAT(ReadCacheSettings(fs, Environment({}), dir.path(), "/x").status().message(), HasSubstr("'teleport'"));
}

}  // namespace
}  // namespace expq::cli
