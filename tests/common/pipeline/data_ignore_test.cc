#include "common/pipeline/data_ignore.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace expq::pipeline {
namespace {

TEST(DataIgnore, FollowsTheIgnoreFilesAboveAPath) {
  const expq::testing::TempDir dir;
  const fs::PosixFilesystem fs;
  dir.Write(".dvcignore", "*.tmp\n/in/skipped/\n");
  dir.Write("in/.dvcignore", "!keep.tmp\nz*\n");
  dir.Write("in/deep/x", "");
  const auto ignored = DataIgnore(fs, dir.path());
  const auto at = [&](const std::string& path) { return fs::Join(dir.path(), path); };
  EXPECT_TRUE(ignored(at("in/a.tmp"), false));
  EXPECT_TRUE(ignored(at("in/skipped"), true));
  EXPECT_FALSE(ignored(at("in/skipped"), false)) << "a file of a folder's name";
  EXPECT_FALSE(ignored(at("in/keep.tmp"), false));
  EXPECT_TRUE(ignored(at("in/deep/zz"), false));
  EXPECT_FALSE(ignored(at("zz"), false)) << "beside the folder whose file says so";
  EXPECT_TRUE(ignored(at("in/.git"), true));
  EXPECT_TRUE(ignored(at("in/.dvc"), true));
  EXPECT_FALSE(ignored("/elsewhere/a.tmp", false));
}

}  // namespace
}  // namespace expq::pipeline
