// The queue's file is damaged, gone, or copied: git's refs have what matters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kQueue[] = ".git/expq/queue.db";

void RemoveDatabase(const std::string& path) {
  for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(path + part);
}

TEST(Rebuild, AGridThatWasHalfRunComesBackFromTheRefsAndTheRestDrains) {
  const Workbench bench;
  bench.Out({"submit", "-n", "g", "-S", "units=1,2", "-m", "the first half"});
  bench.Out({"run-all"});
  bench.Out({"submit", "-n", "h", "-S", "units=3,4", "-S", "lr=0.5", "--priority", "2"});
  RemoveDatabase(bench.repo() / kQueue);
  const Ended checked = bench.Run({"scheduler", "check"});
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.out, HasSubstr("has no rows in the queue\n"));
  EXPECT_THAT(bench.Out({"scheduler", "rebuild"}), HasSubstr(": 2 succeeded, 2 queued\n"));
  EXPECT_EQ(bench.Out({"scheduler", "check"}), "");

  const value::Value listed = bench.Json({"list"});
  for (const char* part : {"g-1=succeeded", "g-2=succeeded", "h-1=queued", "h-2=queued"}) {
    EXPECT_THAT(States(listed), HasSubstr(part));
  }
  const value::Value first = bench.Json({"list", "g-1"});
  EXPECT_EQ(TextAt(first, "experiments.0.message"), "the first half");
  EXPECT_THAT(bench.Out({"show", "--json"}), HasSubstr(R"("metrics":{"metrics.json":{"acc":0.1,)"));
  EXPECT_THAT(bench.Out({"logs", "g-1"}), HasSubstr("training with 1\n")) << "logs are found by the id";
  const value::Value waiting = bench.Json({"queue", "h-1"});
  EXPECT_EQ(TextAt(waiting, "experiments.0.priority"), "2");
  EXPECT_EQ(value::ToJson(*value::Lookup(waiting, "experiments.0.params"), {.compact = true}),
            R"({"params.yaml":{"units":3,"lr":0.5,"opt":{"name":"sgd"}}})");

  EXPECT_THAT(bench.Run({"run-all", "-j", "2"}).err, HasSubstr("2 succeeded, 0 failed"));
  EXPECT_EQ(bench.Out({"scheduler", "check"}), "");
}

TEST(Rebuild, ADamagedQueueIsNamedWithWhatToDoAndKept) {
  const Workbench bench;
  bench.Out({"submit", "-n", "a", "-S", "units=1"});
  RemoveDatabase(bench.repo() / kQueue);
  bench.repo().Write(kQueue, std::string(8192, 'x'));
  const Ended listed = bench.Run({"queue"});
  EXPECT_NE(listed.code, 0);
  EXPECT_THAT(listed.err, HasSubstr(std::string(kQueue) + ": this is not an expq database"));
  EXPECT_THAT(listed.err, HasSubstr("hint: expq scheduler rebuild"));
  const Ended rebuilt = bench.Run({"scheduler", "rebuild"});
  EXPECT_EQ(rebuilt.code, 0) << rebuilt.err;
  const size_t at = rebuilt.err.find("the old database is now ");
  ASSERT_NE(at, std::string::npos);
  const std::string aside = rebuilt.err.substr(at + 24, rebuilt.err.find('\n', at) - at - 24);
  EXPECT_EQ(std::filesystem::file_size(aside), 8192u);
  EXPECT_EQ(States(bench.Json({"list"})), "a=queued");
}

TEST(Rebuild, NotWhileExperimentsRun) {
  const TempDir gate;
  const Workbench bench;
  bench.Out({"submit", "-n", "held", "-S", "units=1", "-e", "WAIT=" + (gate / "open")});
  Background running(bench.expq(), {"run-all"});
  ASSERT_TRUE(running.WaitForErr("started held"));
  const Ended refused = bench.Run({"scheduler", "rebuild"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("experiments are running here"));
  EXPECT_EQ(bench.Run({"scheduler", "backup", gate / "copy.db"}).code, 0) << "a backup may be made at any time";
  gate.Write("open", "");
  EXPECT_EQ(running.Join().code, 0);
}

TEST(Rebuild, WhatACrashLeftOutOfTheQueueIsFoundWhenTheSchedulerStarts) {
  const TempDir dir;
  const Program expq(EXPQ_BIN_DIR "/expq", dir.path());
  const std::string data = dir / "data";
  const auto serve = [&] {
    auto scheduler = std::make_unique<Background>(
        expq, std::vector<std::string>{"scheduler", "--listen", "unix:" + (dir / "s"), "--data", data});
    EXPECT_TRUE(scheduler->WaitForOut("listening on "));
    return scheduler;
  };
  auto scheduler = serve();
  const Workbench bench({"EXPQ_SCHEDULER=unix:" + (dir / "s")});
  bench.Out({"submit", "-n", "kept", "-S", "units=1"});
  EXPECT_EQ(expq.Run({"scheduler", "backup", "--data", data, "copy.db"}).code, 0);
  bench.Out({"submit", "-n", "lost", "-S", "units=2"});
  EXPECT_EQ(expq.Run({"scheduler", "rebuild", "--data", data}).code, 4) << "it is served";
  scheduler->Signal(SIGKILL);
  scheduler->Join();

  // The backup is older than the last submit.
  RemoveDatabase(data + "/scheduler.db");
  std::filesystem::rename(dir / "copy.db", data + "/scheduler.db");
  EXPECT_EQ(expq.Run({"scheduler", "check", "--data", data}).code, 1);
  scheduler = serve();
  EXPECT_EQ(States(bench.Json({"list"})), "kept=queued lost=queued");
  EXPECT_EQ(expq.Run({"scheduler", "check", "--data", data}).code, 0);
  scheduler->Signal(SIGTERM);
  EXPECT_EQ(scheduler->Join().code, 0);

  RemoveDatabase(data + "/scheduler.db");
  EXPECT_THAT(expq.Run({"scheduler", "rebuild", "--data", data}).out, HasSubstr(": 0 succeeded, 2 queued\n"));
  scheduler = serve();
  EXPECT_THAT(bench.Out({"list", "lost", "--json"}), HasSubstr(R"("params":{"params.yaml":{"units":2,)"));
}

TEST(Rebuild, WhatIsNotThereYetSaysSo) {
  const Workbench bench;
  const Ended token = bench.Run({"scheduler", "token", "create"});
  EXPECT_EQ(token.code, 2);
  EXPECT_THAT(token.err, StartsWith("expq: error: not supported yet: "));
  EXPECT_EQ(bench.Run({"scheduler", "backup"}).code, 2);
  EXPECT_EQ(bench.Run({"scheduler", "check", "--data", "nowhere"}).code, 3);
  EXPECT_EQ(bench.Run({"scheduler", "backup", "x.db"}).code, 3) << "there is no queue yet";
}

}  // namespace
}  // namespace expq::testing
