// Where the paths of a stage lead.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/pipeline/node.h"

namespace expq::pipeline {

// `path` as written in `dir` (relative to the root), normalized and relative to `root`; absolute when it leads outside.
std::string RootPath(const std::string& root, const std::string& dir, const std::string& path);

// True for what RootPath found to be outside of the root.
bool IsOutside(absl::string_view root_path);

// InvalidArgument for an empty path, one with NUL or line breaks, and for URLs, which are not supported yet.
absl::Status CheckPath(const Node& node, absl::string_view what, const std::string& path);

// Data that is not on this machine's disk, or a dataset (ds://name); and why it is refused.
bool IsUrl(absl::string_view path);
absl::Status UrlRefusal(const Node& node, absl::string_view what, const std::string& path);

// "dvc.yaml", "dvc.lock" or "*.dvc".
bool IsPipelineFileName(absl::string_view basename);

}  // namespace expq::pipeline
