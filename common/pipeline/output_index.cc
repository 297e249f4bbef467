#include "common/pipeline/output_index.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace expq::pipeline {

OutputIndex::OutputIndex(const Pipeline& pipeline) {
  for (size_t i = 0; i < pipeline.stages.size(); ++i) {
    for (const Output& out : pipeline.stages[i].outs) {
      outputs_.push_back(OwnedOutput{.path = out.root_path, .stage = static_cast<int>(i)});
    }
  }
  for (size_t i = 0; i < pipeline.sources.size(); ++i) {
    outputs_.push_back(OwnedOutput{.path = pipeline.sources[i].path, .source = static_cast<int>(i)});
  }
  const auto rank = [](const OwnedOutput& output) {
    return std::make_tuple(output.path, output.stage < 0, output.stage, output.source);
  };
  std::sort(outputs_.begin(), outputs_.end(),
            [&rank](const OwnedOutput& a, const OwnedOutput& b) { return rank(a) < rank(b); });
}

void OutputIndex::AppendAt(absl::string_view path, std::vector<const OwnedOutput*>& found) const {
  auto at = std::lower_bound(outputs_.begin(), outputs_.end(), path,
                             [](const OwnedOutput& output, absl::string_view p) { return output.path < p; });
  for (; at != outputs_.end() && at->path == path; ++at) found.push_back(&*at);
}

std::vector<const OwnedOutput*> OutputIndex::Above(absl::string_view path) const {
  std::vector<const OwnedOutput*> found;
  for (size_t slash = path.find('/'); slash != absl::string_view::npos; slash = path.find('/', slash + 1)) {
    if (slash > 0) AppendAt(path.substr(0, slash), found);
  }
  return found;
}

std::vector<const OwnedOutput*> OutputIndex::Overlapping(absl::string_view path) const {
  std::vector<const OwnedOutput*> found = Above(path);
  AppendAt(path, found);
  const bool is_root = path == ".";
  const std::string below = is_root ? "" : absl::StrCat(path, "/");
  auto at = std::lower_bound(outputs_.begin(), outputs_.end(), absl::string_view(below),
                             [](const OwnedOutput& output, absl::string_view p) { return output.path < p; });
  for (; at != outputs_.end() && absl::StartsWith(at->path, below); ++at) {
    if (!is_root || !absl::StartsWith(at->path, "/")) found.push_back(&*at);
  }
  return found;
}

}  // namespace expq::pipeline
