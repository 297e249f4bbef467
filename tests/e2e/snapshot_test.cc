// What of a workspace an experiment sees, and that nothing of the workspace changes: in every kind of repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "common/digest/digest.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kLook[] =
    "stages:\n"
    "  look:\n"
    "    cmd: sh look.sh\n"
    "    always_changed: true\n"
    "    metrics:\n"
    "    - seen.json:\n"
    "        cache: false\n";

// Queues one experiment in `dir`, runs it, and gives what its stages wrote.
std::string Seen(const Program& expq, const std::string& name = "look") {
  const Ended queued = expq.Run({"submit", "-n", name});
  EXPECT_EQ(queued.code, 0) << queued.err;
  const Ended ran = expq.Run({"run-all"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return expq.Run({"logs", name}).out;
}

// A bench whose only stage is look.sh.
class Lookout {
 public:
  explicit Lookout(const std::string& script) {
    bench_.repo().Write("dvc.yaml", kLook);
    bench_.repo().Write("look.sh", script + "\necho '{}' > seen.json\n");
    bench_.repo().Commit("look");
  }
  const Workbench& bench() const { return bench_; }
  const TempRepo& repo() const { return bench_.repo(); }

 private:
  Workbench bench_;
};

// What is expq's or DVC's own to write.
bool IsOurs(const std::string& path) {
  for (const char* ours : {".git/expq", ".git/objects", ".git/refs/expq", ".git/refs/exps", ".dvc/cache"}) {
    if (path == ours) return true;
  }
  return false;
}

// Every other file and folder below `dir`: its kind, mode, time, and bytes.
std::map<std::string, std::string> Everything(const std::string& dir) {
  namespace disk = std::filesystem;
  std::map<std::string, std::string> found;
  for (auto at = disk::recursive_directory_iterator(dir); at != disk::end(at); ++at) {
    const std::string path = disk::relative(at->path().parent_path(), dir) / at->path().filename();
    if (IsOurs(path)) {
      at.disable_recursion_pending();
      continue;
    }
    const disk::file_status status = at->symlink_status();
    std::string what = absl::StrCat(static_cast<int>(status.type()), " ", static_cast<unsigned>(status.permissions()));
    if (at->is_symlink()) {
      absl::StrAppend(&what, " ", disk::read_symlink(at->path()).string());
    } else if (at->is_regular_file()) {
      std::ostringstream bytes;
      bytes << std::ifstream(at->path(), std::ios::binary).rdbuf();
      absl::StrAppend(&what, " ", at->last_write_time().time_since_epoch().count(), " ", bytes.str());
    }
    found[path] = what;
  }
  return found;
}

// The paths that are not in both as they are in one.
std::vector<std::string> Differences(const std::map<std::string, std::string>& before,
                                     const std::map<std::string, std::string>& after) {
  std::vector<std::string> different;
  for (const auto& [path, what] : before) {
    if (const auto at = after.find(path); at == after.end() || at->second != what) different.push_back(path);
  }
  for (const auto& [path, what] : after) {
    if (!before.contains(path)) different.push_back(path);
  }
  return different;
}

TEST(Snapshot, HoldsTrackedFilesAsTheyAreAndStagedNewOnesButNeverUntrackedOrIgnoredOnes) {
  const Lookout look("cat raw.txt staged.txt gone.txt mine.txt ignored.tmp 2>/dev/null; ls -A");
  const TempRepo& repo = look.repo();
  repo.Write(".gitignore", "*.tmp\n");
  repo.Write("gone.txt", "gone\n");
  repo.Commit("more");
  repo.Write("raw.txt", "changed, not staged\n");
  repo.Write("staged.txt", "staged\n");
  repo.Stage("staged.txt");
  repo.Write("staged.txt", "staged, then changed\n");
  repo.Remove("gone.txt");
  repo.Write("mine.txt", "untracked\n");
  repo.Write("ignored.tmp", "ignored\n");
  const std::string seen = Seen(look.bench().expq());
  EXPECT_THAT(seen, HasSubstr("changed, not staged\nstaged, then changed\n"));
  EXPECT_THAT(seen, Not(HasSubstr("gone.txt")));
  EXPECT_THAT(seen, Not(HasSubstr("mine.txt")));
  EXPECT_THAT(seen, Not(HasSubstr("ignored.tmp")));
}

TEST(Snapshot, LeavesWorktreeIndexStashAndHeadAsTheyWereBitForBit) {
  const Lookout look("true");
  const TempRepo& repo = look.repo();
  repo.Write("raw.txt", "stashed\n");
  repo.Git({"stash", "--quiet"});
  repo.Write("raw.txt", "staged\n");
  repo.Stage("raw.txt");
  repo.Write("raw.txt", "staged, then changed\n");
  repo.Write("new.txt", "new\n");
  repo.Git({"add", "--intent-to-add", "new.txt"});
  repo.Git({"rm", "--quiet", "--cached", "train.sh"});
  repo.Write("mine.txt", "untracked\n");
  repo.Symlink("raw.txt", "link");
  const auto before = Everything(repo.path());
  ASSERT_TRUE(before.contains(".git/index") && before.contains(".git/refs/stash") && before.contains(".git/HEAD"));
  look.bench().Out({"submit", "-n", "one"});
  EXPECT_THAT(Differences(before, Everything(repo.path())), IsEmpty());
  look.bench().Out({"run-all"});
  EXPECT_THAT(Differences(before, Everything(repo.path())), IsEmpty());
}

TEST(Snapshot, KeepsExecutableBitsAndSymlinks) {
  const Lookout look("./tool.sh; ./later.sh; readlink link dangling; [ -L folder ] && cat folder/deep.txt");
  const TempRepo& repo = look.repo();
  repo.Write("tool.sh", "#!/bin/sh\necho a tool\n", 0755);
  repo.Write("later.sh", "#!/bin/sh\necho made executable\n");
  repo.Write("sub/deep.txt", "deep\n");
  repo.Symlink("raw.txt", "link");
  repo.Symlink("sub", "folder");
  repo.Commit("tools");
  std::filesystem::permissions(repo / "later.sh", std::filesystem::perms(0755));
  repo.Remove("link");
  repo.Symlink("params.yaml", "link");
  repo.Symlink("nowhere", "dangling");
  repo.Stage("dangling");
  EXPECT_EQ(Seen(look.bench().expq()), "a tool\nmade executable\nparams.yaml\nnowhere\ndeep\n");
}

TEST(Snapshot, OfADetachedHeadHasThatCommitAsItsBaseline) {
  const Lookout look("cat raw.txt");
  const TempRepo& repo = look.repo();
  const std::string old = repo.Head();
  repo.Write("raw.txt", "newer\n");
  repo.Commit("newer");
  repo.Git({"checkout", "--quiet", "--detach", old});
  EXPECT_EQ(Seen(look.bench().expq()), "raw\n");
  EXPECT_EQ(TextAt(look.bench().Json({"show"}), "experiments.0.baseline"), old);
  EXPECT_EQ(repo.Git({"rev-parse", "--abbrev-ref", "HEAD"}), "HEAD");
}

TEST(Snapshot, OfADvcRootInASubfolderIsOfTheWholeRepository) {
  const Workbench bench;
  const TempRepo& repo = bench.repo();
  repo.Git({"rm", "-rq", "--cached", "."});
  for (const char* path : {".dvc", "dvc.yaml", "params.yaml", "raw.txt", "train.sh", ".gitignore"}) repo.Remove(path);
  repo.Write("lib/common.txt", "common\n");
  repo.Write("proj/.dvc/config", "");
  repo.Write("proj/params.yaml", "units: 1\n");
  repo.Write("proj/src/look.sh", "cat ../lib/common.txt src/more.txt params.yaml\necho '{\"m\": 1}' > seen.json\n");
  repo.Write("proj/src/more.txt", "more\n");
  repo.Write("proj/dvc.yaml",
             "stages:\n  look:\n    cmd: sh src/look.sh\n    params: [units]\n    metrics:\n    - seen.json:\n"
             "        cache: false\n");
  repo.Commit("moved");

  const Program in_project(EXPQ_BIN_DIR "/expq", repo / "proj");
  EXPECT_EQ(Seen(in_project, "there"), "common\nmore\nunits: 1\n");
  bench.Out({"-C", "proj", "submit", "-n", "from-above", "-S", "units=2"});
  bench.Out({"-C", "proj", "run-all"});
  EXPECT_EQ(bench.Out({"logs", "from-above"}), "common\nmore\nunits: 2\n");
  EXPECT_THAT(repo.Git({"show", "--name-only",
                        "--format=", TextAt(bench.Json({"list", "from-above"}), "experiments.0.revision")}),
              HasSubstr("proj/dvc.lock\nproj/params.yaml\nproj/seen.json"));
  const value::Value shown = Workbench::Parsed(in_project.Run({"show", "--json"}).out);
  EXPECT_EQ(States(shown), "from-above=succeeded there=succeeded");
}

TEST(Snapshot, OfSeveralDvcRootsIsRunFromAnywhereWithEachRootsCache) {
  const Workbench bench;
  const TempRepo& repo = bench.repo();
  for (const std::string root : {"left", "right"}) {
    repo.Write(root + "/.dvc/config", "");
    repo.Write(root + "/.dvc/.gitignore", "/config.local\n/tmp\n/cache\n");
    repo.Write(root + "/.gitignore", "/data.txt\n/copy.txt\n");
    repo.Write(root + "/data.txt", root + "\n");
    repo.Write(root + "/data.txt.dvc", "outs:\n- path: data.txt\n");
    repo.Write(
        root + "/dvc.yaml",
        "stages:\n  copy:\n    cmd: cat data.txt; cp data.txt copy.txt\n    deps: [data.txt]\n    outs: [copy.txt]\n");
  }
  repo.Commit("two projects");
  for (const std::string root : {"left", "right"}) bench.Out({"-C", root, "submit", "-n", root});
  EXPECT_EQ(bench.Run({"-C", "left", "run-all"}).code, 0) << bench.Out({"queue"});
  EXPECT_EQ(bench.Out({"logs", "right"}), "right\n");
  bench.Out({"-C", "left", "submit", "-n", "again", "-f"});
  EXPECT_EQ(bench.Run({"run-all"}).code, 0) << bench.Out({"queue"});
  EXPECT_EQ(bench.Out({"logs", "again"}), "left\n");
  const std::string md5 = digest::Md5Of("right\n").text();
  EXPECT_TRUE(std::filesystem::exists(repo / ("right/.dvc/cache/files/md5/" + md5.substr(0, 2) + "/" + md5.substr(2))));
}

TEST(Snapshot, FromAFolderBelowTheDvcRootNamesItsTargets) {
  const Workbench bench;
  bench.repo().Write("sub/notes.txt", "x\n");
  bench.repo().Commit("sub");
  const Program below(EXPQ_BIN_DIR "/expq", bench.repo() / "sub");
  const Ended none = below.Run({"submit"});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("no dvc.yaml in sub"));
  EXPECT_EQ(below.Run({"submit", "../dvc.yaml:train", "-n", "up", "-S", "../params.yaml:units=5"}).code, 0);
  EXPECT_EQ(below.Run({"run-all"}).code, 0);
  EXPECT_THAT(bench.Out({"logs", "up"}), HasSubstr("training with 5\n"));
}

TEST(Snapshot, OfALinkedWorktreeIsOfThatWorktree) {
  const Lookout look("cat raw.txt");
  const TempRepo& repo = look.repo();
  const TempDir elsewhere;
  repo.Git({"worktree", "add", "--quiet", "-b", "side", elsewhere / "tree"});
  elsewhere.Write("tree/raw.txt", "of the side\n");
  const auto before = Everything(repo.path());
  const Program in_tree(EXPQ_BIN_DIR "/expq", elsewhere / "tree");
  EXPECT_EQ(Seen(in_tree), "of the side\n");
  EXPECT_THAT(Differences(before, Everything(repo.path())), IsEmpty());
  EXPECT_EQ(elsewhere.Read("tree/raw.txt"), "of the side\n");
  EXPECT_EQ(States(look.bench().Json({"show"})), "look=succeeded") << "worktrees of one repository share its queue";
}

TEST(Snapshot, OfALinkedWorktreeFindsItsDataWhereverItRuns) {
  const Workbench bench;
  const TempRepo& repo = bench.repo();
  repo.Write(".gitignore", "/set.txt\n/o.bin\n");
  repo.Write("set.txt.dvc", "outs:\n- path: set.txt\n");
  repo.Write("dvc.yaml",
             "stages:\n  s:\n    cmd: cat set.txt && cp set.txt o.bin\n    deps: [set.txt]\n    outs: [o.bin]\n");
  repo.Commit("with data");
  const TempDir elsewhere;
  repo.Git({"worktree", "add", "--quiet", "-b", "side", elsewhere / "tree"});
  elsewhere.Write("tree/set.txt", "only on this side\n");
  const Program in_tree(EXPQ_BIN_DIR "/expq", elsewhere / "tree");
  const Ended submitted = in_tree.Run({"submit", "-n", "side"});
  ASSERT_EQ(submitted.code, 0) << submitted.err;
  bench.Out({"run-all"});
  EXPECT_EQ(bench.Out({"logs", "side", "--stage", "s"}), "only on this side\n");
}

TEST(Snapshot, WorksWhereGitIsAFileThatPointsElsewhere) {
  const Lookout look("cat raw.txt");
  const TempDir elsewhere;
  look.repo().Git({"init", "--quiet", "--separate-git-dir", elsewhere / "repository"});
  ASSERT_TRUE(std::filesystem::is_regular_file(look.repo() / ".git"));
  EXPECT_EQ(Seen(look.bench().expq()), "raw\n");
  EXPECT_TRUE(std::filesystem::exists(elsewhere / "repository/expq/queue.db"));
}

TEST(Snapshot, HoldsTheFilesOfSubmodulesAndRefusesThoseThatAreNotThere) {
  const TempRepo library;
  library.Write("code.txt", "of the library\n");
  library.Commit();
  const Lookout look("cat lib/code.txt");
  const TempRepo& repo = look.repo();
  repo.Git({"submodule", "--quiet", "add", library.path(), "lib"});
  repo.Commit("a submodule");
  EXPECT_EQ(Seen(look.bench().expq()), "of the library\n");
  repo.Write("lib/code.txt", "changed here\n");
  EXPECT_EQ(Seen(look.bench().expq(), "changed"), "changed here\n");

  repo.Git({"submodule", "--quiet", "deinit", "--force", "lib"});
  const Ended refused = look.bench().Run({"submit", "-n", "refused"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("lib"));
  EXPECT_THAT(refused.err, HasSubstr("hint: git submodule update --init"));
  EXPECT_EQ(States(look.bench().Json({"queue"})), "");
}

TEST(Snapshot, IsOneStashLikeCommitThatHoldsEveryExperimentOfASubmission) {
  const Workbench bench;
  const value::Value submitted = bench.Json({"submit", "-n", "g", "-S", "units=1,2,3"});
  const std::string ref = "refs/expq/queue/" + TextAt(submitted, "submission");
  EXPECT_EQ(bench.repo().Git({"for-each-ref", "--format=%(refname)", "refs/expq/queue"}), ref);
  EXPECT_EQ(bench.repo().Git({"rev-parse", ref + "^1"}), bench.repo().Head());
  const std::string message = bench.repo().Git({"log", "-1", "--format=%B", ref});
  for (const char* part : {"g-1", "g-2", "g-3", "units=1", "units=2", "units=3"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
  EXPECT_EQ(bench.repo().Git({"rev-parse", ref + "^{tree}"}), bench.repo().Git({"rev-parse", "HEAD^{tree}"}));
}

}  // namespace
}  // namespace expq::testing
