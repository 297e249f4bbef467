// Which recorded outputs a data command is about, from what was typed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/recorded.h"

namespace expq::pipeline {

struct DataTargetOptions {
  std::vector<std::string> targets;  // none = every output
  std::string subdir;                // where they were typed; "" = root
  bool recursive = false;            // a folder means what is defined below it
  bool with_deps = false;            // also what the targets' stages need
};

struct DataTarget {
  int out = 0;         // index of the recorded output
  std::string within;  // a path inside of its folder; "" = all of it
};

// A target is tried as a `.dvc` file, dvc.yaml or stage address, a folder (recursive), a stage or group of the
// dvc.yaml here, an output, a path inside an output. Each output once, in the pipeline's order. NotFound with a near
// name as hint.
absl::StatusOr<std::vector<DataTarget>> SelectData(const fs::FileReader& fs, const std::string& root,
                                                   const Pipeline& pipeline, const std::vector<RecordedOut>& outs,
                                                   const DataTargetOptions& options);

}  // namespace expq::pipeline
