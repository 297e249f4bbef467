// A repository's files as an experiment will find them, its overrides applied: what ${…} in a dvc.yaml means is then in
// params files that nobody has written yet.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/fs/filesystem.h"
#include "common/params/params.h"
#include "common/pipeline/overlay.h"

namespace expq::cli {

// `below` outlives it. Thread-safe as that is.
class PlannedFiles {
 public:
  // `root`: where the paths of the overrides begin. What cannot be applied is left out: who queues it is told why.
  PlannedFiles(const fs::FileReader& below, const std::string& root,
               const std::vector<params::ParamOverride>& overrides, const params::Environment& variables);

  const fs::FileReader& reader() const;

 private:
  const fs::FileReader& below_;
  std::vector<std::unique_ptr<pipeline::OverlayReader>> layers_;  // one a file, each on the one before
};

}  // namespace expq::cli
