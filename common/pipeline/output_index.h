// Who makes what: all outputs of a pipeline by path.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// An output of a stage or of a data source; the other index is -1.
struct OwnedOutput {
  absl::string_view path;  // root-relative, into the pipeline
  int stage = -1;
  int source = -1;
};

// Views into the pipeline, which outlives it unchanged.
class OutputIndex {
 public:
  explicit OutputIndex(const Pipeline& pipeline);

  // Sorted by path; for one path in the pipeline's order, sources last.
  const std::vector<OwnedOutput>& all() const { return outputs_; }
  // The outputs that are folders above `path`, nearest last; not `path` itself.
  std::vector<const OwnedOutput*> Above(absl::string_view path) const;
  // Those that are, hold or lie below `path`.
  std::vector<const OwnedOutput*> Overlapping(absl::string_view path) const;

 private:
  void AppendAt(absl::string_view path, std::vector<const OwnedOutput*>& found) const;

  std::vector<OwnedOutput> outputs_;
};

}  // namespace expq::pipeline
