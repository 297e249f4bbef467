// The scheduler alone: a simulated agent in this process, every acknowledgement durable on this disk.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_format.h"
#include "common/random/random.h"
#include "scheduler/scheduler.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/bench/bench_report.h"
#include "tests/support/memory_blob_store.h"
#include "tests/support/memory_records.h"
#include "tests/support/temp_dir.h"

namespace expq::bench {
namespace {

using experiment::Experiment;
using experiment::SyncReport;

constexpr int kSlots = 256;
constexpr int kBatch = 1000;
constexpr int kExperiments = 20'000;
constexpr int kList = 10'000;
constexpr int kSyncs = 200;
const experiment::ProjectName kProject{"bench"};

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::exit(1);
}

// One disk, one scheduler, one agent.
struct Bench {
  testing::TempDir dir;
  clock::SystemClock clock;
  std::unique_ptr<random::Random> random = random::NewSeededRandom(1);
  testing::MemoryRecords records;
  testing::MemoryBlobStore blobs;
  std::unique_ptr<store::Store> store = OrDie(store::OpenSqlite(dir / "queue.db", {.checkpoint_pages = 4000}));
  scheduler::Scheduler scheduler{*store, clock, *random, records, blobs, {.log_dir = dir / "logs"}};
  int last = 0;

  void Submit(int count) {
    experiment::SubmitRequest request{.project = kProject};
    request.id.value = absl::StrFormat("a%015x", last);
    request.commit.value = absl::StrFormat("c%039x", last);
    for (int i = 0; i < count; ++i) {
      Experiment e;
      e.id.value = random::HexId(*random, 16);
      e.name = absl::StrFormat("sunny-%d", ++last);
      e.baseline.value = std::string(40, 'b');
      e.overrides = {"params.yaml:train.units=128", "params.yaml:train.lr=0.001"};
      e.params_json =
          R"({"params.yaml":{"prepare":{"seed":42,"split":0.2},"train":{"units":128,"lr":0.001,"epochs":10}}})";
      request.experiments.push_back(std::move(e));
    }
    OrDie(scheduler.Submit(request));
  }

  // Every queued experiment granted and finished; how many.
  int Drain() {
    SyncReport report{.session = {"s1"}, .agent = "box"};
    report.total.slots = report.free.slots = kSlots;
    int done = 0;
    while (true) {
      auto orders = OrDie(scheduler.Sync(report));
      done += static_cast<int>(orders.drop.size());
      report.attempts.clear();
      for (const auto& start : orders.start) {
        experiment::Outcome outcome;
        outcome.revision.value = start.experiment.id.value + std::string(24, '0');
        outcome.metrics_json = R"({"metrics.json":{"accuracy":0.9731,"loss":0.1047,"seconds":12.5}})";
        report.attempts.push_back(
            {.experiment = start.experiment.id, .attempt = start.attempt, .stage = "", .outcome = std::move(outcome)});
      }
      if (report.attempts.empty()) return done;
    }
  }
};

// Median of one write of a page in place and fdatasync.
double SyncLatency(const std::string& file) {
  int fd = open(file.c_str(), O_RDWR | O_CREAT, 0644);
  std::string page(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < kSyncs; ++i) {
    times.push_back(Seconds([&] {
      if (pwrite(fd, page.data(), page.size(), 0) < 0 || fdatasync(fd) != 0) std::exit(1);
    }));
  }
  close(fd);
  return Median(times);
}

void Lifecycle(Table& table) {
  Bench bench;
  table.Row("fdatasync of one page on this disk, median", SyncLatency(bench.dir / "page") * 1e6, "us");
  double submit = Seconds([&] {
    for (int i = 0; i < kExperiments; i += kBatch) bench.Submit(kBatch);
  });
  int done = 0;
  double drain = Seconds([&] { done = bench.Drain(); });
  if (done != kExperiments) std::exit(1);
  table.Row("submit, batches of 1,000", kExperiments / submit, "/s");
  table.Row("grant and finish, 256 slots", kExperiments / drain, "/s");
  table.Row("submit, grant, finish, all durable", kExperiments / (submit + drain), "/s");
  table.Row("the same, per experiment", (submit + drain) / kExperiments * 1e6, "us");
}

void Large(Table& table) {
  Bench bench;
  table.Row("submit of 10,000 at once", Seconds([&] { bench.Submit(kList); }) * 1e3, "ms");
  table.Row("list of 10,000 queued, explained",
            Seconds([&] { OrDie(bench.scheduler.List({.project = kProject, .explain = true})); }) * 1e3, "ms");
  bench.Drain();
  size_t listed = 0;
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    times.push_back(Seconds([&] { listed = OrDie(bench.scheduler.List({.project = kProject})).size(); }));
  }
  if (listed != kList) std::exit(1);
  table.Row("list of 10,000 finished, with params and metrics", Median(times) * 1e3, "ms");
  times.clear();
  for (int i = 0; i < kSyncs; ++i) times.push_back(Seconds([&] { bench.Submit(1); }));
  table.Row("submit of one, median", Median(times) * 1e6, "us");
}

}  // namespace
}  // namespace expq::bench

int main() {
  expq::bench::Table table;
  expq::bench::Lifecycle(table);
  expq::bench::Large(table);
}
