// A repository whose stages are run in a test: scripted commands, a real disk, a cache of its own.
//
// A command that no script knows is read as a tiny language, so that tests stay short:
//   "make OUT [IN…]"   writes OUT: its name and the bytes of all IN
//   "fail CODE"        exits so
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/executor.h"
#include "tests/support/scripted_runner.h"
#include "tests/support/temp_dir.h"

namespace expq::pipeline {

class StagedRepository {
 public:
  explicit StagedRepository(blob::CacheOptions options = {})
      : index(fs, ""), cache(fs, dir / ".dvc/cache", index, std::move(options)) {
    runner.Otherwise([this](const process::Command& command, const sync::StopToken&) { return Obey(command); });
    this->options.env = {"PATH=/usr/bin:/bin"};
  }

  StagedRepository& Write(absl::string_view path, absl::string_view text) {
    dir.Write(path, text);
    return *this;
  }
  std::string Read(absl::string_view path) const { return dir.Read(path); }
  bool Exists(absl::string_view path) const { return fs.Exists(dir / path); }
  void Remove(absl::string_view path) { ASSERT_TRUE(fs.RemoveTree(dir / path).ok()); }
  const std::string& root() const { return dir.path(); }

  Tools tools() { return {.fs = fs, .cache = cache, .runner = runner, .single_flight = flight, .observer = observer}; }

  Pipeline Load() const {
    absl::StatusOr<Pipeline> pipeline = pipeline::Load(fs, root());
    EXPECT_TRUE(pipeline.ok()) << pipeline.status();
    return pipeline.ok() ? *std::move(pipeline) : Pipeline{};
  }

  // Runs what must run; the test fails when the call does.
  ExecuteReport Execute() {
    runner.Forget();
    absl::StatusOr<ExecuteReport> report = pipeline::Execute(tools(), root(), Load(), options, stop);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : ExecuteReport{};
  }

  // "train: command changed", in order; the test fails when the call does.
  std::vector<std::string> Status() {
    const Pipeline pipeline = Load();
    const auto statuses = pipeline::Status(tools(), root(), pipeline, options);
    EXPECT_TRUE(statuses.ok()) << statuses.status();
    std::vector<std::string> lines;
    if (!statuses.ok()) return lines;
    for (const StageStatus& status : *statuses) {
      for (const Reason& reason : status.reasons) {
        lines.push_back(absl::StrCat(pipeline.stages[status.stage].Address(), ": ", reason.Text()));
      }
    }
    return lines;
  }

  expq::testing::TempDir dir;
  fs::PosixFilesystem fs;
  blob::HashIndex index;
  blob::Cache cache;
  expq::testing::ScriptedRunner runner;
  SingleFlight* flight = nullptr;
  Observer* observer = nullptr;
  ExecuteOptions options;
  sync::StopToken stop;

 private:
  process::ExitResult Obey(const process::Command& command) {
    const std::vector<std::string> words = absl::StrSplit(command.argv.back(), ' ');
    if (words[0] == "fail") {
      process::ExitResult result;
      EXPECT_TRUE(absl::SimpleAtoi(words.at(1), &result.code));
      return result;
    }
    EXPECT_EQ(words[0], "make") << "no script for '" << command.argv.back() << "'";
    std::string bytes = words.at(1) + "\n";
    for (size_t i = 2; i < words.size(); ++i) {
      const auto input = fs.Read(fs::Join(command.cwd, words[i]));
      if (!input.ok()) return {.code = 1};
      bytes += *input;
    }
    const std::string path = fs::Join(command.cwd, words[1]);
    EXPECT_TRUE(fs.Write(path, bytes, fs::Durability::kAtomic).ok()) << path;
    return {};
  }
};

// "train ran", in the report's order.
inline std::vector<std::string> Results(const ExecuteReport& report) {
  const char* const kNames[] = {"up to date", "ran", "restored", "failed", "skipped", "stopped", "planned"};
  std::vector<std::string> lines;
  for (const StageOutcome& stage : report.stages) {
    lines.push_back(absl::StrCat(stage.address, " ", kNames[static_cast<int>(stage.result)]));
  }
  return lines;
}

}  // namespace expq::pipeline
