// A repository that a test writes down file by file.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"
#include "tests/support/temp_dir.h"

namespace expq::pipeline {

class WrittenRepository {
 public:
  WrittenRepository& Write(absl::string_view path, absl::string_view text) {
    dir_.Write(path, text);
    return *this;
  }
  const std::string& root() const { return dir_.path(); }

  absl::StatusOr<Pipeline> TryLoad() const { return pipeline::Load(fs_, root()); }

  // The pipeline; the test fails when there is none.
  Pipeline Load() const {
    absl::StatusOr<Pipeline> pipeline = TryLoad();
    EXPECT_TRUE(pipeline.ok()) << pipeline.status();
    return pipeline.ok() ? *std::move(pipeline) : Pipeline{};
  }

  // "message" or "message [hint]" of the refusal; "" when it loads.
  std::string Refusal() const {
    const absl::Status status = TryLoad().status();
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    const std::string hint = status::Hint(status);
    return std::string(status.message()) + (hint.empty() ? "" : " [" + hint + "]");
  }

 private:
  expq::testing::TempDir dir_;
  fs::PosixFilesystem fs_;
};

inline std::vector<std::string> Addresses(const Pipeline& pipeline) {
  std::vector<std::string> addresses;
  for (const Stage& stage : pipeline.stages) addresses.push_back(stage.Address());
  return addresses;
}

}  // namespace expq::pipeline
