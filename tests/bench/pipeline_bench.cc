// Resolving pipelines: 5,000 generated stages, ten times as many (more than ten times the time would be a square in
// it), and 5,000 that are written out.
//
//   TMPDIR   where it works
#include <cstdlib>

#include "common/fs/filesystem.h"
#include "common/pipeline/pipeline.h"
#include "tests/bench/bench_report.h"

namespace expq::bench {
namespace {

constexpr int kSamples = 7;

std::string Generated(int stages) {
  std::string text = "vars:\n- ids:\n";
  for (int i = 0; i < stages; ++i) absl::StrAppend(&text, "  - stage", i, "\n");
  absl::StrAppend(&text,
                  "stages:\n  make:\n    foreach: ${ids}\n    do:\n      cmd: python make.py ${item} --lr ${model.lr}\n"
                  "      deps: [make.py, 'in/${item}.csv']\n      params: [model.lr, model.units]\n"
                  "      outs: ['out/${item}']\n      metrics: ['metrics/${item}.json': {cache: false}]\n");
  return text;
}

class PipelineBench {
 public:
  explicit PipelineBench(std::string root) : root_(std::move(root)) {}

  void Run() {
    Measure("foreach-5000", 5000);
    Measure("foreach-50000", 50'000);
    Written(5000);
  }

 private:
  void Write(const std::string& path, const std::string& text) {
    const std::string file = fs::Join(root_, path);
    if (!disk_.MakeDirs(fs::Dirname(file)).ok() || !disk_.Write(file, text, fs::Durability::kAtomic).ok()) std::exit(1);
  }

  void Load(const std::string& name, const std::string& root, size_t stages) {
    std::vector<double> seconds;
    for (int i = 0; i < kSamples; ++i) {
      absl::StatusOr<pipeline::Pipeline> pipeline;
      seconds.push_back(Seconds([&] { pipeline = pipeline::Load(disk_, root); }));
      if (pipeline.ok() && pipeline->stages.size() == stages) continue;
      std::fprintf(stderr, "%s: %s\n", name.c_str(), pipeline.status().ToString().c_str());
      std::exit(1);
    }
    table_.Row(absl::StrCat("resolve a pipeline: ", name), Median(seconds) * 1e3, "ms");
  }

  void Measure(const std::string& name, int stages) {
    Write(name + "/params.yaml", "model: {lr: 0.1, units: 64}\n");
    Write(name + "/dvc.yaml", Generated(stages));
    Load(name, fs::Join(root_, name), static_cast<size_t>(stages));
  }

  // As many stages, each written out.
  void Written(int stages) {
    std::string text = "stages:\n";
    for (int i = 0; i < stages; ++i) {
      absl::StrAppend(&text, "  s", i, ":\n    cmd: echo ", i, "\n    deps: [in", i, "]\n    outs: [out", i, "]\n");
    }
    Write("written/dvc.yaml", text);
    Load("written-5000", fs::Join(root_, "written"), static_cast<size_t>(stages));
  }

  const std::string root_;
  fs::PosixFilesystem disk_;
  Table table_;
};

}  // namespace
}  // namespace expq::bench

int main() {
  const char* tmp = std::getenv("TMPDIR");
  std::string root = absl::StrCat(tmp == nullptr ? "/tmp" : tmp, "/expq-bench-XXXXXX");
  if (mkdtemp(root.data()) == nullptr) return 1;
  expq::bench::PipelineBench(root).Run();
  return expq::fs::PosixFilesystem().RemoveTree(root).ok() ? 0 : 1;
}
