// Whatever bytes stand in the files, loading ends with a pipeline or a refusal.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/common/pipeline/written_repository.h"

namespace expq::pipeline {
namespace {

constexpr absl::string_view kStages =
    "vars:\n  - more.yaml:a,b\n  - {c: [1, {d: x}]}\n"
    "stages:\n"
    "  prepare: &p\n    cmd: ['run ${a.x}', 'b \\${c}']\n    deps: [in, ../out]\n    wdir: w\n"
    "    outs: [data, {o/p: {cache: false, persist: true, remote: '${b}'}}]\n"
    "  grid:\n    matrix: {m: [1, 2.0, true], n: '${c}'}\n    cmd: t ${item.m} ${key}\n    outs: ['${key}']\n"
    "  each:\n    foreach: {k: {v: 1}}\n    do:\n      cmd: |\n        a ${item.v}\n        b\n      frozen: true\n"
    "      params: [lr, {p.yaml: }, {q.json: [a.b]}]\n      plots: [{x.csv: {x: a}}]\n"
    "plots: [{a: {y: {f.csv: c}}}]\nmetrics: [m.json]\nartifacts: {m: {path: x}}\n";
constexpr absl::string_view kSource =
    "outs:\n- md5: d751713988987e9331980363e24189ce.dir\n  size: 4\n  hash: md5\n  path: in\n";
constexpr absl::string_view kValues = "a: {x: 1, y: [2, 3]}\nb: true\nc2: 1e-5\n";

// Fragments that mean something to some layer below.
const std::vector<std::string>& Fragments() {
  static const std::vector<std::string> fragments = {"${",
                                                     "}",
                                                     "${a",
                                                     "[",
                                                     "]",
                                                     "{",
                                                     ": ",
                                                     "- ",
                                                     "\n",
                                                     "\n  ",
                                                     "'",
                                                     "\"",
                                                     "&p",
                                                     "*p",
                                                     "<<: *p",
                                                     "!!x",
                                                     "\t",
                                                     "@",
                                                     "..",
                                                     "/",
                                                     "~",
                                                     "null",
                                                     "true",
                                                     "1e999",
                                                     "2024-01-01",
                                                     "\\",
                                                     "|",
                                                     ">",
                                                     "#",
                                                     "%",
                                                     std::string(1, '\0'),
                                                     "\xff",
                                                     "\u2028",
                                                     "foreach",
                                                     "matrix",
                                                     "do",
                                                     "cmd",
                                                     "outs",
                                                     "s3://",
                                                     "-9223372036854775809",
                                                     "${c[0]}",
                                                     "${a.y}"};
  return fragments;
}

std::string Mutated(absl::string_view text, std::mt19937& random) {
  std::string out(text);
  for (uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
    const size_t at = random() % (out.size() + 1);
    const uint32_t kind = random() % 5;
    if (kind == 0) out.insert(at, Fragments()[random() % Fragments().size()]);
    if (kind == 1) out.erase(at, random() % 12);
    if (kind == 2) out.insert(at, 1, static_cast<char>(random() % 256));
    if (kind == 3) out.insert(at, out.substr(random() % out.size(), random() % 40));
    if (kind == 4) out.resize(at);
    if (out.empty()) out = "x";
  }
  return out;
}

TEST(Load, EndsWithAPipelineOrARefusalWhateverTheBytes) {
  WrittenRepository valid;
  valid.Write("dvc.yaml", kStages).Write("in.dvc", kSource).Write("more.yaml", kValues).Write("params.yaml", "lr: 1\n");
  ASSERT_EQ(valid.Refusal(), "");
  WrittenRepository repository;
  int loaded = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    repository.Write("dvc.yaml", seed % 3 == 2 ? std::string(kStages) : Mutated(kStages, random));
    repository.Write("in.dvc", seed % 3 == 1 ? Mutated(kSource, random) : std::string(kSource));
    repository.Write("more.yaml", seed % 3 == 2 ? Mutated(kValues, random) : std::string(kValues));
    const absl::StatusOr<Pipeline> pipeline = repository.TryLoad();
    if (pipeline.ok()) {
      ++loaded;
      EXPECT_TRUE(Graph::Build(*pipeline).ok());
    } else {
      EXPECT_EQ(pipeline.status().code(), absl::StatusCode::kInvalidArgument) << pipeline.status();
      EXPECT_FALSE(pipeline.status().message().empty());
    }
  }
  EXPECT_GT(loaded, 100) << "nearly everything is refused early: the deeper layers are not reached";
  EXPECT_LT(loaded, 2900);
}

}  // namespace
}  // namespace expq::pipeline
