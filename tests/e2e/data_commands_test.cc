// add, checkout, commit, push, pull, gc: what they refuse, what they keep, what a bad disk and Ctrl-C leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "common/digest/digest.h"
#include "common/fs/filesystem.h"
#include "tests/e2e/on_small_disk.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRemote[] = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../store\n";

int Objects(const std::string& root) {
  int count = 0;
  if (!std::filesystem::exists(root + "/files")) return 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/files")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
    ++count;
  }
  return count;
}

// As on a machine in FIPS mode: OpenSSL gives nobody MD5 who asks for it as usual.
TEST(Add, NamesContentsWhereThePolicyForbidsMd5) {
  const TempDir dir;
  dir.Write("policy.cnf",
            "openssl_conf = all\n[all]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n");
  const Workbench bench({"OPENSSL_CONF=" + dir / "policy.cnf"});
  bench.repo().Write("data.bin", "abc");
  EXPECT_EQ(bench.Run({"add", "data.bin"}).code, 0);
  EXPECT_THAT(bench.repo().Read("data.bin.dvc"), HasSubstr("md5: 900150983cd24fb0d6963f7d28e17f72\n"));
}

TEST(Add, TracksAFolderAndSaysWhatGitShallKeep) {
  const Workbench bench;
  bench.repo().Write("data/a", "1");
  const Ended added = bench.Run({"add", "data"});
  EXPECT_EQ(added.code, 0) << added.err;
  EXPECT_EQ(added.out, "");
  EXPECT_THAT(added.err, HasSubstr("git add .gitignore data.dvc"));
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), " M .gitignore\n?? data.dvc");
  EXPECT_EQ(bench.Run({"add", "data"}).code, 0) << "again, unchanged";
}

TEST(Add, RefusesSeveralWhenOneIsWrongAndChangesNothing) {
  const Workbench bench;
  bench.repo().Write("good", "1");
  const Ended refused = bench.Run({"add", "good", "raw.txt"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("expq: error: 'raw.txt' is tracked by git\nhint: git rm -r --cached 'raw.txt'"));
  EXPECT_EQ(bench.repo().Git({"status", "--porcelain"}), "?? good");
  EXPECT_EQ(bench.Run({"add", "../elsewhere"}).code, 2);
  EXPECT_EQ(bench.Run({"add"}).code, 2);
  EXPECT_EQ(bench.Run({"add", "good", "raw.txt", "--out", "x"}).code, 2);
}

TEST(Checkout, RefusesToLoseAFileAndNamesIt) {
  const Workbench bench;
  bench.repo().Write("data/a", "1");
  bench.Out({"add", "data"});
  bench.repo().Write("data/mine", "mine");
  const Ended refused = bench.Run({"checkout"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("data/mine"));
  EXPECT_EQ(bench.repo().Read("data/mine"), "mine");
  const value::Value report = bench.Json({"checkout", "--force", "data"});
  EXPECT_EQ(TextAt(report, "modified.0"), "data/");
  EXPECT_EQ(TextAt(report, "files.deleted"), "1");
  EXPECT_FALSE(std::filesystem::exists(bench.repo() / "data/mine"));
}

TEST(Checkout, OfOutputsThatNeverRanFails) {
  const Workbench bench;
  const Ended failed = bench.Run({"checkout"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr("has not recorded it yet"));
  EXPECT_EQ(bench.Run({"checkout", "--allow-missing"}).code, 0);
  EXPECT_EQ(bench.Run({"checkout", "nothing"}).code, 3);
}

TEST(Commit, NeedsForceForWhatChanged) {
  const Workbench bench;
  bench.Out({"repro"});
  bench.repo().Write("model.txt", "by hand\n");
  const Ended refused = bench.Run({"commit"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("stage 'train': output model.txt modified"));
  bench.Out({"commit", "-f"});
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(Unprotect, MakesALinkWritable) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", "[cache]\n    type = hardlink\n");
  bench.repo().Write("data", "1");
  bench.Out({"add", "data"});
  EXPECT_EQ(std::filesystem::hard_link_count(bench.repo() / "data"), 2u);
  bench.Out({"unprotect", "data"});
  EXPECT_EQ(std::filesystem::hard_link_count(bench.repo() / "data"), 1u);
  bench.repo().Write("data", "2");
  EXPECT_EQ(bench.Run({"unprotect", "nothing"}).code, 3);
}

TEST(Push, GoesToAFolderAndComesBackVerified) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", kRemote);
  bench.repo().Write("data/a", "1");
  bench.Out({"add", "data"});
  bench.Out({"repro"});
  EXPECT_EQ(bench.Out({"push"}), "4 files pushed\n");
  EXPECT_EQ(bench.Out({"push"}), "everything is up to date\n");
  std::filesystem::remove_all(bench.repo() / ".dvc/cache");
  std::filesystem::remove_all(bench.repo() / "data");
  bench.repo().Remove("model.txt");
  EXPECT_EQ(bench.Out({"pull"}), "A\tdata/\nA\tmodel.txt\n4 files fetched, 2 files added\n");
  EXPECT_EQ(bench.repo().Read("data/a"), "1");
  EXPECT_EQ(bench.Out({"status"}), "");
}

TEST(Push, RefusesRemotesThatAreNoFolders) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://bucket/x\n");
  bench.repo().Write("data", "1");
  bench.Out({"add", "data"});
  const Ended refused = bench.Run({"push"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("remote 's' is s3://bucket/x (.dvc/config)"));
  EXPECT_EQ(bench.Run({"push", "-r", "nothing"}).code, 3);
}

TEST(Fetch, RefusesADamagedObjectOfTheRemote) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", kRemote);
  bench.repo().Write("data", "some bytes");
  bench.Out({"add", "data"});
  bench.Out({"push"});
  std::filesystem::remove_all(bench.repo() / ".dvc/cache");
  const std::string hex(digest::Md5Of("some bytes").hex());
  const std::string object = "store/files/md5/" + hex.substr(0, 2) + "/" + hex.substr(2);
  bench.repo().Remove(object);
  bench.repo().Write(object, "other bytes");
  const Ended failed = bench.Run({"fetch"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr(hex));
  EXPECT_EQ(Objects(bench.repo() / ".dvc/cache"), 0);
}

TEST(Gc, RefusesWithoutASelectorAndWithoutForce) {
  const Workbench bench;
  EXPECT_EQ(bench.Run({"gc"}).code, 2);
  EXPECT_EQ(bench.Run({"gc", "-w", "--date", "yesterday"}).code, 2);
  EXPECT_EQ(bench.Run({"gc", "--rev", "nothing", "-f"}).code, 3);
  bench.repo().Write("data", "1");
  bench.Out({"add", "data"});
  bench.repo().Write("data", "2");
  bench.Out({"add", "data"});
  const Ended refused = bench.Run({"gc", "-w"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("would remove 1 object"));
  EXPECT_EQ(bench.Out({"gc", "-w", "--dry"}), "would remove 1 object (1 B) from the cache\n");
  EXPECT_EQ(Objects(bench.repo() / ".dvc/cache"), 2);
  EXPECT_EQ(bench.Out({"gc", "-w", "-f"}), "removed 1 object (1 B) from the cache\n");
  EXPECT_EQ(Objects(bench.repo() / ".dvc/cache"), 1);
}

TEST(Gc, KeepsWhatTheQueueAndItsResultsNeed) {
  const Workbench bench;
  bench.repo().Write("data", "queued");
  bench.Out({"add", "data"});
  bench.repo().Write("dvc.yaml",
                     "stages:\n  s:\n    cmd: cat data params.yaml > out\n    deps: [data]\n    params: [units]\n"
                     "    outs: [out]\n");
  bench.repo().Commit("with data");
  bench.Out({"submit", "-n", "done", "-S", "units=1"});
  bench.Out({"run-all"});
  bench.Out({"submit", "-n", "later", "-S", "units=2"});
  bench.repo().Write("data", "now");
  bench.Out({"add", "data"});
  bench.repo().Write("unused", "1");
  bench.Out({"add", "unused"});
  bench.repo().Remove("unused.dvc");
  EXPECT_THAT(bench.Out({"gc", "-w", "-f"}), HasSubstr("removed 1 object"));
  bench.Out({"run-all"});
  EXPECT_EQ(States(bench.Json({"list"})), "done=succeeded later=succeeded");
}

TEST(Gc, KeepsWhatAnotherWorktreeOfTheSameCacheRecords) {
  const TempDir elsewhere;
  const Workbench bench;
  bench.repo().Write(".dvc/config", "[cache]\n    dir = " + elsewhere.path() + "/cache\n");
  bench.repo().Commit("one cache for all");
  bench.repo().Git({"worktree", "add", "-q", elsewhere / "other"});
  elsewhere.Write("other/data", "theirs");
  bench.Out({"-C", elsewhere / "other", "add", "data"});
  EXPECT_EQ(bench.Out({"gc", "-w", "-f"}), "removed 0 objects (0 B) from the cache\n");
  EXPECT_EQ(Objects(elsewhere / "cache"), 1);
}

TEST(Gc, WaitsForRunningExperiments) {
  const TempDir gate;
  const Workbench bench({"WAIT=" + gate.path() + "/open"});
  bench.Out({"submit", "-n", "g", "-S", "units=1"});
  Background run(bench.expq(), {"run-all"});
  ASSERT_TRUE(Eventually([&] { return TextAt(bench.Json({"list"}), "experiments.0.stage") == "train"; }));
  const Ended refused = bench.Run({"gc", "-w", "-f"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("experiments are running"));
  gate.Write("open", "");
  EXPECT_EQ(run.Join().code, 0);
  EXPECT_EQ(bench.Run({"gc", "-w", "-f"}).code, 0);
}

TEST(DataDisk, AFullCacheLeavesNothingHalfDone) {
  const Workbench bench;
  const SmallDisk disk(bench.repo() / ".dvc/cache", 2'000);
  SKIP_UNLESS_MOUNTED(disk);
  bench.repo().Write("big", std::string(20'000'000, 'x'));
  bench.repo().Write("small", "1");
  const Ended refused = bench.Run({"add", "big", "small"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("No space left on device"));
  EXPECT_FALSE(std::filesystem::exists(bench.repo() / "big.dvc"));
  EXPECT_EQ(Objects(disk.folder()), 0);
  disk.Resize(64'000);
  bench.Out({"add", "big", "small"});
  EXPECT_EQ(Objects(disk.folder()), 2);
}

TEST(DataDisk, AFullRemoteTakesTheRestOnceThereIsRoom) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", kRemote);
  const SmallDisk disk(bench.repo() / "store", 3'000);
  SKIP_UNLESS_MOUNTED(disk);
  bench.repo().Write("data/small", "1");
  bench.repo().Write("data/big", std::string(5'000'000, 'x'));
  bench.Out({"add", "data"});
  const Ended refused = bench.Run({"push"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("No space left on device"));
  EXPECT_LE(Objects(disk.folder()), 1);
  disk.Resize(64'000);
  bench.Out({"push"});
  EXPECT_EQ(Objects(disk.folder()), 3);
}

TEST(DataDisk, AFullWorkspaceKeepsWhatIsThereAndGoesOnLater) {
  const OnSmallDisk small(24'000);
  SKIP_UNLESS_MOUNTED(small.disk());
  const Workbench& bench = small.bench();
  for (int i = 0; i < 20; ++i)
    bench.repo().Write(absl::StrCat("data/", i), std::string(200'000, static_cast<char>('a' + i)));
  bench.Out({"add", "data"});
  std::filesystem::remove_all(bench.repo() / "data");
  small.disk().Fill();
  const Ended refused = bench.Run({"checkout"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("No space left on device"));
  small.disk().MakeRoom();
  bench.Out({"checkout", "data"});
  EXPECT_EQ(bench.repo().Read("data/7"), std::string(200'000, 'h'));
}

TEST(DataInterruption, CtrlCInAnAddLeavesNothingHalfDone) {
  const Workbench bench;
  // Large enough that the signal comes while it is copied.
  for (int i = 0; i < 4; ++i) {
    bench.repo().Write(absl::StrCat("data/", i), std::string(60'000'000, static_cast<char>('a' + i)));
  }
  Background add(bench.expq(), {"add", "data"});
  const std::string objects = bench.repo() / ".dvc/cache/files/md5";
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(objects) && !std::filesystem::is_empty(objects); }));
  add.Signal(SIGINT);
  const Ended ended = add.Join();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(bench.repo() / "data.dvc"));
  Objects(bench.repo() / ".dvc/cache");  // no temporary file is left
  bench.Out({"add", "data"});
  EXPECT_EQ(Objects(bench.repo() / ".dvc/cache"), 5);
}

TEST(DataLock, ADvcThatWorksHereIsWaitedForAndNamed) {
  const Workbench bench;
  bench.repo().Write("data", "1");
  const auto lock = fs::FileLock::TryLock(bench.repo().Write(".dvc/tmp/lock", " 1\n"));
  ASSERT_TRUE(lock.ok());
  const Ended refused = bench.Run({"add", "data"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr(".dvc/tmp/lock"));
  EXPECT_THAT(bench.repo().Git({"status", "--porcelain"}), Not(HasSubstr("data.dvc")));
}

}  // namespace
}  // namespace expq::testing
