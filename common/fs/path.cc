#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

absl::string_view WithoutTrailingSlashes(absl::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

std::vector<absl::string_view> Components(absl::string_view path) {
  return absl::StrSplit(path, '/', absl::SkipEmpty());
}

}  // namespace

std::string Join(absl::string_view a, absl::string_view b) {
  if (b.empty()) return std::string(a);
  if (a.empty() || b.front() == '/') return std::string(b);
  return a.back() == '/' ? absl::StrCat(a, b) : absl::StrCat(a, "/", b);
}

std::string Normalize(absl::string_view path) {
  bool absolute = absl::StartsWith(path, "/");
  std::vector<absl::string_view> kept;
  for (absl::string_view part : Components(path)) {
    if (part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!absolute) {
      kept.push_back(part);
    }
  }
  std::string joined = absl::StrJoin(kept, "/");
  if (absolute) return "/" + joined;
  return joined.empty() ? "." : joined;
}

std::string Dirname(absl::string_view path) {
  path = WithoutTrailingSlashes(path);
  size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  return std::string(WithoutTrailingSlashes(path.substr(0, slash == 0 ? 1 : slash)));
}

std::string Basename(absl::string_view path) {
  path = WithoutTrailingSlashes(path);
  size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos || path.size() == 1) return std::string(path);
  return std::string(path.substr(slash + 1));
}

std::string Relative(absl::string_view path, absl::string_view base) {
  std::string to = Normalize(path), from = Normalize(base);
  if (to == ".") to.clear();
  if (from == ".") from.clear();
  std::vector<absl::string_view> target = Components(to), start = Components(from);
  size_t same = 0;
  while (same < target.size() && same < start.size() && target[same] == start[same]) ++same;
  std::vector<absl::string_view> parts(start.size() - same, "..");
  parts.insert(parts.end(), target.begin() + same, target.end());
  return parts.empty() ? "." : absl::StrJoin(parts, "/");
}

bool IsWithin(absl::string_view path, absl::string_view dir) {
  if (dir == "." && !absl::StartsWith(path, "/")) return path != ".." && !absl::StartsWith(path, "../");
  if (dir == "/") return absl::StartsWith(path, "/");
  return absl::ConsumePrefix(&path, dir) && (path.empty() || path.front() == '/');
}

}  // namespace expq::fs
