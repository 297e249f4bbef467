// What the workspace's data sources hold now, put into the cache: an experiment runs on the data as it is, not as it
// was when somebody last said `add`.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// A `.dvc` file that has to say something else.
struct SourceRecord {
  std::string file;  // root-relative
  std::string text;  // its new bytes: only the digest, size and count differ
};

// Stores (without touching the workspace) what the data sources of the pipelines' selected stages hold and the cache
// lacks. The pipelines are of one repository: a grid's.
// Returns the `.dvc` files whose content changed since. `missing` takes those that neither the workspace nor the cache
// has.
absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root,
                                                         const std::vector<Pipeline>& pipelines,
                                                         const ExecuteOptions& options,
                                                         std::vector<const DataSource*>* missing);

enum class CaptureDepth {
  kLook,   // nothing is put into the cache
  kCopy,   // what is new is, and the workspace not touched
  kPlace,  // what is new is, and lies in the workspace as cache.type says, as after an add
};

// The same for these sources.
absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root,
                                                         const std::vector<const DataSource*>& sources,
                                                         CaptureDepth depth, std::vector<const DataSource*>* missing);

}  // namespace expq::pipeline
