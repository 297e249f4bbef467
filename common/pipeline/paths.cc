#include "common/pipeline/paths.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fs/filesystem.h"
#include "common/status/status.h"

namespace expq::pipeline {

std::string RootPath(const std::string& root, const std::string& dir, const std::string& path) {
  std::string normal = fs::Normalize(fs::Join(dir, path));
  const bool climbs = normal == ".." || absl::StartsWith(normal, "../");
  if (!climbs && !absl::StartsWith(normal, "/")) return normal;
  const std::string base = fs::Normalize(root);
  if (climbs) normal = fs::Normalize(fs::Join(base, normal));
  return fs::IsWithin(normal, base) ? fs::Relative(normal, base) : normal;
}

bool IsOutside(absl::string_view root_path) {
  return absl::StartsWith(root_path, "/") || root_path == ".." || absl::StartsWith(root_path, "../");
}

absl::Status CheckPath(const Node& node, absl::string_view what, const std::string& path) {
  if (path.empty()) return node.Error(absl::StrCat(what, " is an empty path"));
  if (path.find_first_of("\0\n\r", 0, 3) != std::string::npos) {
    return node.Error(absl::StrCat(what, " has a line break or NUL in its path"));
  }
  return IsUrl(path) ? UrlRefusal(node, what, path) : absl::OkStatus();
}

bool IsUrl(absl::string_view path) { return absl::StrContains(path, "://"); }

absl::Status UrlRefusal(const Node& node, absl::string_view what, const std::string& path) {
  if (absl::StartsWith(path, "ds://")) {
    return status::WithHint(node.Error(absl::StrCat(what, " '", path, "': datasets are not supported yet")),
                            "import the data with DVC and name its path");
  }
  return status::WithHint(node.Error(absl::StrCat(what, " '", path, "': URLs are not supported yet")),
                          "only local paths can be dependencies and outputs");
}

bool IsPipelineFileName(absl::string_view basename) {
  return basename == "dvc.yaml" || basename == "dvc.lock" || (basename.size() > 4 && absl::EndsWith(basename, ".dvc"));
}

}  // namespace expq::pipeline
