// The outputs of a stage in the workspace: cleared before a run, put in place from the cache, freed from it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/blob/cache.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// Makes room for the stage's command: outputs are gone (a persistent one stays, as files of its own that may be
// written to), the folders above them are there.
absl::Status ClearOutputs(fs::Filesystem& fs, const blob::Cache& cache, const std::string& root, const Stage& stage);

// Puts a writable copy in place of whatever is at `path`: for outputs that live in git, which must not share their
// bytes with the cache. NotFound when the cache lacks something.
absl::Status CopyFromCache(fs::Filesystem& fs, const blob::Cache& cache, const digest::Digest& digest,
                           const std::string& path, bool is_exec);

// Whether the file shares its bytes with the cache's object of `digest`: writing to it would change the object.
bool IsLinkedTo(const fs::FileReader& fs, const blob::Cache& cache, const std::string& path,
                const digest::Digest& digest);

}  // namespace expq::pipeline
