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

// Stores (without touching the workspace) what the data sources of the selected stages hold and the cache lacks.
// Returns the `.dvc` files whose content changed since. `missing` takes those that neither the workspace nor the cache
// has.
absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root, const Pipeline& pipeline,
                                                         const ExecuteOptions& options,
                                                         std::vector<const DataSource*>* missing);

// The same for these sources. Unless `stores` is set they are only looked at, not put into the cache.
absl::StatusOr<std::vector<SourceRecord>> CaptureSources(const fs::FileReader& fs, blob::Cache& cache,
                                                         const std::string& root,
                                                         const std::vector<const DataSource*>& sources, bool stores,
                                                         std::vector<const DataSource*>* missing);

}  // namespace expq::pipeline
