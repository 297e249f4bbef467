#include "cli/tracked_target.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/data_ignore.h"
#include "common/pipeline/paths.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class TargetCheck {
 public:
  TargetCheck(const Context& context, const DataSite& site, bool may_be_absent)
      : context_(context),
        site_(site),
        may_be_absent_(may_be_absent),
        ignored_(pipeline::DataIgnore(context.fs, site.root())) {}

  absl::StatusOr<TrackedTarget> Check(const std::string& typed) const {
    TrackedTarget target{.path = site_.RootPathOf(typed)};
    RETURN_IF_ERROR(CheckPlace(typed, target.path));
    RETURN_IF_ERROR(CheckLinks(typed, target.path));
    RETURN_IF_ERROR(FindOwner(typed, target));
    if (target.source < 0) {
      target.file = target.path + ".dvc";
      RETURN_IF_ERROR(CheckNew(typed, target));
    }
    const std::string tree_path = site_.place().TreePath(target.OutPath(site_.pipeline()));
    if (site_.place().repository->IsTracked(tree_path)) {
      return status::WithHint(
          absl::FailedPreconditionError(absl::StrCat("'", target.OutPath(site_.pipeline()), "' is tracked by git")),
          absl::StrCat("git rm -r --cached '", target.OutPath(site_.pipeline()), "' takes it out of git"));
    }
    if (site_.place().repository->IsIgnored(site_.place().TreePath(target.file))) {
      return absl::FailedPreconditionError(
          absl::StrCat("'", target.file, "' is ignored by git: it could not be committed"));
    }
    return target;
  }

 private:
  absl::Status CheckPlace(const std::string& typed, const std::string& path) const {
    const auto refuse = [&](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat("'", typed, "' ", why));
    };
    if (typed.empty()) return absl::InvalidArgumentError("an empty path cannot be added");
    if (pipeline::IsOutside(path)) {
      return status::WithHint(refuse("is outside of the repository"), "expq add FILE --out PATH copies it in");
    }
    if (path == ".") return refuse("is the repository itself");
    for (const absl::string_view part : absl::StrSplit(path, '/')) {
      if (part == ".git" || part == ".dvc") return refuse(absl::StrCat("is inside ", part));
    }
    if (pipeline::IsPipelineFileName(fs::Basename(path))) return refuse("is a file of the pipeline itself");
    if (path.find('\n') != std::string::npos) return refuse("has a line break in its name");
    return absl::OkStatus();
  }

  // A folder behind a link is somebody else's; a link to a file stands for the file.
  absl::Status CheckLinks(const std::string& typed, const std::string& path) const {
    std::string prefix;
    for (const absl::string_view part : absl::StrSplit(path, '/')) {
      prefix = fs::Join(prefix, part);
      const auto info = context_.fs.Lstat(site_.PathOf(prefix));
      if (!info.ok() || info->kind != fs::Kind::kSymlink) continue;
      const auto target = context_.fs.Stat(site_.PathOf(prefix));
      if (prefix == path && target.ok() && target->kind != fs::Kind::kDirectory) continue;
      if (prefix == path && !target.ok()) {
        return absl::NotFoundError(absl::StrCat("'", typed, "' is a link that leads nowhere"));
      }
      return status::WithHint(
          absl::InvalidArgumentError(absl::StrCat("'", typed, "' is behind a link to a folder: ", prefix)),
          "add the folder where it really is");
    }
    return absl::OkStatus();
  }

  // The data that it is or belongs to; refuses outputs of stages and what overlaps.
  absl::Status FindOwner(const std::string& typed, TrackedTarget& target) const {
    for (const pipeline::RecordedOut& out : site_.outs()) {
      const bool is_part = fs::IsWithin(target.path, out.path);
      if (!is_part && !fs::IsWithin(out.path, target.path)) continue;
      const std::string what = out.path == target.path ? absl::StrCat("'", typed, "' is an output of stage '")
                               : is_part
                                   ? absl::StrCat("'", typed, "' is inside '", out.path, "', an output of stage '")
                                   : absl::StrCat("'", typed, "' holds '", out.path, "', an output of stage '");
      if (out.stage >= 0) {
        return status::WithHint(absl::FailedPreconditionError(absl::StrCat(what, out.owner, "'")),
                                "expq repro makes it, expq commit records it as it is");
      }
      if (!is_part) {
        return status::WithHint(absl::FailedPreconditionError(
                                    absl::StrCat("'", typed, "' holds '", out.path, "', which is tracked already")),
                                absl::StrCat("dvc remove ", out.owner, " lets go of it"));
      }
      target.source = out.source;
      target.file = out.owner;
      if (out.path != target.path) target.within = target.path.substr(out.path.size() + 1);
    }
    return absl::OkStatus();
  }

  absl::Status CheckNew(const std::string& typed, const TrackedTarget& target) const {
    const std::string full = site_.PathOf(target.path);
    const auto info = context_.fs.Stat(full);
    const bool is_absent = absl::IsNotFound(info.status());
    if (is_absent && !may_be_absent_) return absl::NotFoundError(absl::StrCat("'", typed, "' does not exist"));
    if (!is_absent) RETURN_IF_ERROR(CheckKind(typed, full, info));
    if (context_.fs.Lstat(site_.PathOf(target.file)).ok()) {
      return absl::FailedPreconditionError(absl::StrCat("'", target.file, "' is there and tracks something else"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckKind(const std::string& typed, const std::string& full,
                         const absl::StatusOr<fs::FileInfo>& info) const {
    RETURN_IF_ERROR(info.status());
    if (info->kind != fs::Kind::kFile && info->kind != fs::Kind::kDirectory) {
      return absl::InvalidArgumentError(absl::StrCat("'", typed, "' is neither a file nor a folder"));
    }
    if (ignored_(full, info->kind == fs::Kind::kDirectory)) {
      return absl::FailedPreconditionError(absl::StrCat("'", typed, "' is ignored by .dvcignore"));
    }
    return absl::OkStatus();
  }

  const Context& context_;
  const DataSite& site_;
  const bool may_be_absent_;
  const std::function<bool(const std::string& path, bool is_dir)> ignored_;
};

absl::Status CheckApart(const std::vector<TrackedTarget>& targets) {
  for (const TrackedTarget& one : targets) {
    for (const TrackedTarget& other : targets) {
      if (&one == &other || one.source >= 0 || other.source >= 0 || !fs::IsWithin(other.path, one.path)) continue;
      return absl::InvalidArgumentError(absl::StrCat("'", other.path, "' is inside '", one.path, "': add one of them"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<TrackedTarget>> CheckTargets(const Context& context, const DataSite& site,
                                                        const std::vector<std::string>& typed, bool may_be_absent) {
  const TargetCheck check(context, site, may_be_absent);
  std::vector<TrackedTarget> targets;
  std::set<std::string> seen;
  for (const std::string& one : typed) {
    ASSIGN_OR_RETURN(TrackedTarget target, check.Check(one));
    if (seen.insert(target.path).second) targets.push_back(std::move(target));
  }
  RETURN_IF_ERROR(CheckApart(targets));
  return targets;
}

}  // namespace expq::cli
