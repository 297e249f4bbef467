#include "cli/place.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<Place> FindPlace(const Context& context) {
  Place place;
  ASSIGN_OR_RETURN(place.repository, git::Repository::Discover(context.cwd));
  if (place.repository->worktree().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(context.cwd, ": a bare git repository has no workspace"));
  }
  place.root = Canonical(place.repository->worktree());
  if (fs::IsWithin(context.cwd, place.root) && context.cwd != place.root) {
    place.subdir = fs::Relative(context.cwd, place.root);
  }
  place.dvc_root = place.root;
  for (std::string dir = context.cwd; fs::IsWithin(dir, place.root) && dir != place.root; dir = fs::Dirname(dir)) {
    if (!context.fs.Exists(fs::Join(dir, ".dvc"))) continue;
    place.dvc_root = dir;
    break;
  }
  if (context.cwd != place.dvc_root && fs::IsWithin(context.cwd, place.dvc_root)) {
    place.dvc_subdir = fs::Relative(context.cwd, place.dvc_root);
  }
  return place;
}

std::string Place::TreePath(const std::string& path) const {
  return dvc_root == root ? path : fs::Join(fs::Relative(dvc_root, root), path);
}

std::string ProjectOf(const Context& context, const Place* place) {
  if (!context.globals.project.empty()) return context.globals.project;
  if (place == nullptr) return "";
  std::string url = place->repository->OriginUrl();
  while (absl::EndsWith(url, "/")) url.pop_back();
  const size_t cut = url.find_last_of("/:");
  const std::string name(absl::StripSuffix(cut == std::string::npos ? url : url.substr(cut + 1), ".git"));
  return name.empty() ? fs::Basename(place->root) : name;
}

absl::StatusOr<experiment::CommitId> HeadOf(const Place& place) {
  auto head = place.repository->Head();
  if (!absl::IsNotFound(head.status()) || status::Hint(head.status()) != "") return head;
  return status::WithHint(head.status(), "add a commit first: git commit");
}

}  // namespace expq::cli
