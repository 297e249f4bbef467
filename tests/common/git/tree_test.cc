#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "common/git/tree_names.h"
#include "tests/support/temp_repo.h"

namespace expq::git {
namespace {

using testing::TempDir;
using testing::TempRepo;

TEST(CheckName, RefusesWhatAFileSystemCouldTakeForDotGitOrForAWayOut) {
  for (const char* name : {"",
                           ".",
                           "..",
                           "a/b",
                           "/",
                           ".git",
                           ".GIT",
                           ".Git",
                           ".git.",
                           ".git ",
                           ".git . .",
                           "git~1",
                           "GIT~1",
                           ".git::$INDEX_ALLOCATION",
                           ".git:stream",
                           ".g\u200cit",
                           "\u200d.git",
                           ".gi\ufefft",
                           "a\\..\\b",
                           "..\\x",
                           ".git\\config"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckName(name))) << name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(CheckName(absl::string_view("a\0b", 3))));
}

TEST(CheckName, TakesOrdinaryNamesHoweverOdd) {
  for (const char* name : {"a", ".gitignore", ".gitmodules", ".github", "git", "git~2", "..a", "a..", "...", " ", "ä ö",
                           "a:b", "a\\b", "new\nline", "-rf", "*"}) {
    EXPECT_TRUE(CheckName(name).ok()) << CheckName(name);
  }
}

TEST(CheckPath, LooksAtEveryComponent) {
  EXPECT_TRUE(CheckPath("a/b/c").ok());
  for (const char* path : {"/a", "a/", "a//b", "a/../b", "a/.git/config", ""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckPath(path))) << path;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(CheckPath(std::string(5000, 'a'))));
}

class Tree : public ::testing::Test {
 protected:
  // A tree made of lines for `git mktree`, which checks little.
  std::string Make(const std::string& lines) {
    repo_.Write(".git/lines", lines);
    return repo_.Git({"-c", "alias.mk=!git mktree --missing <.git/lines", "mk"});
  }
  std::string Blob(const std::string& bytes) {
    repo_.Write(".git/blob", bytes);
    return repo_.Git({"hash-object", "-w", ".git/blob"});
  }
  absl::Status ErrorOf(const std::string& tree) {
    return (*Repository::Discover(repo_.path()))->ListTree(tree).status();
  }
  TempRepo repo_;
};

TEST_F(Tree, IsListedSortedByPathWithModes) {
  repo_.Write("b/x", "1");
  repo_.Write("b.txt", "2", 0755);
  repo_.Symlink("b/x", "a");
  std::string commit = repo_.Commit();
  auto git = *Repository::Discover(repo_.path());
  auto files = git->ListTree(commit);
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ((*files)[0].path, "a");
  EXPECT_EQ((*files)[0].mode, FileMode::kSymlink);
  EXPECT_EQ((*files)[1].path, "b.txt");
  EXPECT_EQ((*files)[1].mode, FileMode::kExecutable);
  EXPECT_EQ((*files)[2].path, "b/x");
  EXPECT_EQ((*files)[2].mode, FileMode::kFile);
  EXPECT_EQ(*git->ReadBlob((*files)[0].blob), "b/x");
  EXPECT_EQ(git->ListTree(repo_.Git({"rev-parse", "HEAD^{tree}"}))->size(), 3u);
}

TEST_F(Tree, HasFilesThatCanBeRead) {
  repo_.Write("dir/file", std::string("a\0b\n", 4));
  std::string commit = repo_.Commit();
  auto git = *Repository::Discover(repo_.path());
  EXPECT_EQ(*git->ReadFile(commit, "dir/file"), std::string("a\0b\n", 4));
  EXPECT_TRUE(absl::IsNotFound(git->ReadFile(commit, "dir/other").status()));
  EXPECT_TRUE(absl::IsNotFound(git->ReadFile(commit, "dir").status()));
  EXPECT_TRUE(absl::IsNotFound(git->ReadFile(std::string(40, '1'), "dir/file").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(git->ReadFile("nonsense", "dir/file").status()));
  EXPECT_TRUE(absl::IsNotFound(git->ReadBlob(commit).status()));
}

TEST_F(Tree, IsRefusedWithANameThatLeadsOut) {
  std::string blob = Blob("x");
  for (const char* name : {"..", ".git", ".GIT", "git~1", ".g\u200cit"}) {
    std::string inner = Make(absl::StrCat("100644 blob ", blob, "\t", name, "\n"));
    absl::Status error = ErrorOf(Make(absl::StrCat("040000 tree ", inner, "\tdir\n")));
    EXPECT_TRUE(absl::IsInvalidArgument(error)) << name << error;
    EXPECT_THAT(std::string(error.message()), ::testing::HasSubstr("'dir/'"));
  }
}

TEST_F(Tree, IsRefusedWhenALinkAndAFolderShareAName) {
  std::string blob = Blob("/etc");
  std::string inner = Make(absl::StrCat("100644 blob ", blob, "\tpasswd\n"));
  std::string raw = absl::StrCat("120000 blob ", blob, "\ta\n", "040000 tree ", inner, "\ta\n");
  absl::Status error = ErrorOf(Make(raw));
  EXPECT_TRUE(absl::IsInvalidArgument(error)) << error;
}

TEST_F(Tree, ListsASubmodulesLinkAsNothing) {
  std::string tree =
      Make(absl::StrCat("160000 commit ", std::string(40, '1'), "\tvendor\n100644 blob ", Blob("x"), "\tz\n"));
  auto files = (*Repository::Discover(repo_.path()))->ListTree(tree);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 1u);
}

TEST_F(Tree, ThatNamesItselfManyTimesIsRefusedInBoundedTime) {
  std::string tree = Make(absl::StrCat("100644 blob ", Blob("x"), "\tf\n"));
  for (int depth = 0; depth < 30; ++depth) {
    tree = Make(absl::StrCat("040000 tree ", tree, "\ta\n040000 tree ", tree, "\tb\n"));
  }
  absl::Status error = ErrorOf(tree);
  EXPECT_TRUE(absl::IsResourceExhausted(error)) << error;
}

}  // namespace
}  // namespace expq::git
