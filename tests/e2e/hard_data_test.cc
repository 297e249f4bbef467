// Data commands when it gets hard: killed half-way, other disks, disks that only read, several at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "common/digest/digest.h"
#include "common/fs/filesystem.h"
#include "tests/e2e/small_disk.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kRemote[] = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../store\n";

// Every file below that has an object's name has an object's bytes; how many there are.
int WholeObjects(const std::string& root) {
  const fs::PosixFilesystem disk;
  int count = 0;
  if (!std::filesystem::exists(root)) return 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".tmp") continue;
    const std::string name = entry.path().parent_path().filename().string() + entry.path().filename().string();
    const bool is_dir = name.ends_with(".dir");
    EXPECT_EQ(digest::Md5Of(*disk.Read(entry.path().string()), is_dir).text(), name);
    ++count;
  }
  return count;
}

TEST(Push, ThatIsKilledLeavesOnlyWholeObjectsAndIsDoneTheNextTime) {
  const Workbench bench;
  bench.repo().Write(".dvc/config", kRemote);
  for (int i = 0; i < 60; ++i) {
    bench.repo().Write(absl::StrCat("data/", i), absl::StrCat(std::string(1 << 20, 'x'), i));
  }
  bench.Out({"add", "data"});
  const std::string objects = bench.repo().path() + "/store/files/md5";
  for (int round = 0; round < 3; ++round) {
    const int before = WholeObjects(objects);
    Background push(bench.expq(), {"push", "-j", "1"});
    EXPECT_TRUE(Eventually([&] { return WholeObjects(objects) > before; }));
    push.Signal(SIGKILL);
    push.Join();
  }
  EXPECT_EQ(bench.Run({"push"}).code, 0);
  EXPECT_EQ(WholeObjects(objects), 61);
  EXPECT_EQ(bench.Out({"push"}), "everything is up to date\n");
}

TEST(Checkout, ThatIsKilledLeavesNoFileHalfWrittenAndIsDoneTheNextTime) {
  const Workbench bench;
  const auto bytes_of = [](int i) { return absl::StrCat(std::string(4 << 20, 'x'), i); };
  for (int i = 0; i < 12; ++i) bench.repo().Write(absl::StrCat("data/", i), bytes_of(i));
  bench.Out({"add", "data"});
  const std::filesystem::path data = bench.repo() / "data";
  std::filesystem::remove_all(data);
  const auto files = [&data] {
    std::error_code absent;
    return std::distance(std::filesystem::directory_iterator(data, absent), {});
  };
  for (int round = 0; round < 3; ++round) {
    const auto before = files();
    Background checkout(bench.expq(), {"checkout", "data"});
    EXPECT_TRUE(Eventually([&] { return files() > before; }));
    checkout.Signal(SIGKILL);
    checkout.Join();
    for (int i = 0; i < 12; ++i) {
      if (std::filesystem::exists(data / absl::StrCat(i))) {
        EXPECT_TRUE(bench.repo().Read(absl::StrCat("data/", i)) == bytes_of(i)) << i;
      }
    }
    if (files() == 12) std::filesystem::remove_all(data);
  }
  EXPECT_EQ(bench.Run({"checkout", "data"}).code, 0) << "nothing needs --force";
  EXPECT_EQ(files(), 12);
}

TEST(Add, OfMoreThanAFileMayHoldIsAnErrorAndNotTheEnd) {
  const Workbench bench;
  bench.repo().Write("data", std::string(1 << 20, 'x'));
  const Program shell("/bin/sh", bench.repo().path());
  const Ended refused = shell.Run({"-c", "ulimit -f 100; exec \"$0\" add data", EXPQ_BIN_DIR "/expq"});
  EXPECT_EQ(refused.code, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("File too large"));
  EXPECT_EQ(WholeObjects(bench.repo() / ".dvc/cache/files/md5"), 0);
  bench.Out({"add", "data"});
}

TEST(Cache, OnAnotherDiskIsLinkedInTheNextWayThatWorks) {
  const struct {
    std::string types;
    bool is_link;
  } rows[] = {{"hardlink", false}, {"reflink,hardlink", false}, {"hardlink,symlink", true}};
  for (const auto& row : rows) {
    const Workbench bench;
    const SmallDisk disk(bench.repo() / ".dvc/cache", 16 << 10);
    if (!disk.mounted()) GTEST_SKIP() << "needs root";
    bench.repo().Write(".dvc/config", absl::StrCat("[cache]\n    type = ", row.types, "\n"));
    bench.repo().Write("data/a", "a");
    bench.Out({"add", "data"});
    EXPECT_EQ(std::filesystem::is_symlink(bench.repo() / "data/a"), row.is_link) << row.types;
    bench.repo().Remove("data/a");
    bench.Out({"checkout", "data"});
    EXPECT_EQ(bench.repo().Read("data/a"), "a");
    EXPECT_EQ(WholeObjects(bench.repo() / ".dvc/cache/files/md5"), 2);
  }
}

std::string ObjectBelow(const std::string& folder, const std::string& bytes) {
  const std::string hex(digest::Md5Of(bytes).hex());
  return absl::StrCat(folder, "/files/md5/", hex.substr(0, 2), "/", hex.substr(2));
}

// "good" is data, here and in the remote.
void PushData(const Workbench& bench) {
  bench.repo().Write(".dvc/config", kRemote);
  bench.repo().Write("data", "good");
  bench.repo().Write("other", "other");
  bench.Out({"add", "data", "other"});
  bench.Out({"push"});
}

TEST(Pull, BringsInOneGoWhatWasDamagedInTheCache) {
  const Workbench bench;
  PushData(bench);
  const std::string object = ObjectBelow(".dvc/cache", "good");
  bench.repo().Remove(object);
  bench.repo().Write(object, "evil", 0444);
  bench.repo().Remove("data");
  bench.repo().Remove("other");
  const Ended pulled = bench.Run({"pull", "data", "other"});
  EXPECT_EQ(pulled.code, 0) << pulled.err;
  EXPECT_THAT(pulled.out, HasSubstr("1 file fetched, 2 files added"));
  EXPECT_EQ(bench.repo().Read("data"), "good");
}

TEST(Gc, DoesNotTakeWhatIsCutOffInTheRemoteForACopy) {
  const Workbench bench;
  PushData(bench);
  const std::string object = ObjectBelow("store", "good");
  bench.repo().Remove(object);
  bench.repo().Write(object, "go", 0444);
  bench.Out({"gc", "-w", "--not-in-remote", "-f"});
  EXPECT_TRUE(std::filesystem::exists(bench.repo() / ObjectBelow(".dvc/cache", "good")));
  EXPECT_FALSE(std::filesystem::exists(bench.repo() / ObjectBelow(".dvc/cache", "other")));
}

TEST(Remote, ThatCanOnlyBeReadGivesButTakesNothing) {
  const Workbench bench;
  const SmallDisk disk(bench.repo() / "store", 16 << 10);
  if (!disk.mounted()) GTEST_SKIP() << "needs root";
  bench.repo().Write(".dvc/config", kRemote);
  bench.repo().Write("data", "given");
  bench.Out({"add", "data"});
  bench.Out({"push"});
  disk.MakeReadOnly();
  bench.repo().Remove("data");
  std::filesystem::remove_all(bench.repo() / ".dvc/cache");
  EXPECT_EQ(bench.Run({"pull", "data"}).code, 0);
  EXPECT_EQ(bench.repo().Read("data"), "given");
  EXPECT_EQ(bench.Run({"push"}).code, 0) << "nothing to do";
  bench.repo().Write("more", "not taken");
  bench.Out({"add", "more"});
  const Ended refused = bench.Run({"push"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr(disk.folder()));
  disk.MakeWritable();
  EXPECT_EQ(bench.Run({"push"}).code, 0);
}

TEST(Add, OfTwoAtOnceKeepsBoth) {
  const Workbench bench;
  bench.repo().Write("one/x", std::string(8 << 20, '1'));
  bench.repo().Write("two/x", std::string(8 << 20, '2'));
  Background one(bench.expq(), {"add", "one"}), two(bench.expq(), {"add", "two"});
  EXPECT_EQ(one.Join().code, 0);
  EXPECT_EQ(two.Join().code, 0);
  EXPECT_THAT(bench.repo().Read(".gitignore"), HasSubstr("/one\n"));
  EXPECT_THAT(bench.repo().Read(".gitignore"), HasSubstr("/two\n"));
  EXPECT_EQ(WholeObjects(bench.repo() / ".dvc/cache/files/md5"), 4);
}

}  // namespace
}  // namespace expq::testing
