// What `add` shall track: a path with its `.dvc` file, checked before anything is changed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/data_site.h"

namespace expq::cli {

struct TrackedTarget {
  std::string path;    // root-relative
  std::string file;    // its `.dvc` file, root-relative
  int source = -1;     // of the pipeline, when it is tracked already
  std::string within;  // the part of a tracked folder that was named; "" = all of it

  // The output: `path`, or the folder that it is part of.
  std::string OutPath(const pipeline::Pipeline& pipeline) const {
    return source >= 0 ? pipeline.sources[static_cast<size_t>(source)].path : path;
  }
};

// `typed`, in order and each once; what is there may be missing when it is a part of a tracked folder (then it is taken
// out). Refuses, naming it, what lies outside of the repository or behind a link, is the pipeline's own, an output of a
// stage, ignored by .dvcignore, in git, or overlaps with other data.
// `may_be_absent`: what is to be tracked need not lie in the workspace.
absl::StatusOr<std::vector<TrackedTarget>> CheckTargets(const Context& context, const DataSite& site,
                                                        const std::vector<std::string>& typed,
                                                        bool may_be_absent = false);

}  // namespace expq::cli
