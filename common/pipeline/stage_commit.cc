#include "common/pipeline/stage_commit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/blob/old_layout.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

using Kind = Reason::Kind;

bool IsChange(const Reason& reason) {
  return reason.kind != Kind::kOutNotInCache && reason.kind != Kind::kAlwaysChanged;
}

// What DVC 2 recorded DVC would look for in vain, where DVC 2 had it: then it has to be recorded as of today.
bool IsGoneForDvc2(const Session& session, const LockEntry& locked) {
  return std::any_of(locked.outs.begin(), locked.outs.end(), [&](const LockedPath& out) {
    if (!out.content.has_value() || !out.content->is_old) return false;
    return !session.tools.fs.Exists(blob::OldObjectPathIn(session.tools.cache.root(), out.content->digest));
  });
}

class Committer {
 public:
  // `saves`: as after a run, so that the run cache learns of it.
  Committer(Session& session, const Stage& stage, const View& view, bool saves, bool allow_missing)
      : session_(session),
        stage_(stage),
        view_(view),
        allow_missing_(allow_missing),
        records_(saves || !view.locked.has_value() || IsGoneForDvc2(session, *view.locked)),
        fills_run_cache_(saves && MayFillRunCache(stage)) {}

  absl::Status Commit() {
    LockEntry entry{.cmd = stage_.cmd};
    RETURN_IF_ERROR(AddInputs(entry));
    for (const Output& out : stage_.outs) {
      ASSIGN_OR_RETURN(LockedPath locked, Save(out));
      entry.outs.push_back(std::move(locked));
      RETURN_IF_ERROR(session_.IgnoreOutput(stage_, out));
    }
    if (!records_) return absl::OkStatus();
    entry.Sort();
    RETURN_IF_ERROR(session_.locks->Record(session_.tools.fs, stage_, entry));
    return fills_run_cache_ && IsRunCacheable(stage_) ? session_.run_cache.Save(entry) : absl::OkStatus();
  }

 private:
  absl::Status AddInputs(LockEntry& entry) const {
    for (size_t i = 0; i < stage_.deps.size(); ++i) {
      std::optional<Fingerprint> content = view_.seen.deps[i];
      if (!content.has_value() && !allow_missing_) {
        return absl::NotFoundError(absl::StrCat("missing dependency ", stage_.deps[i].root_path));
      }
      const LockedPath* before = view_.locked.has_value() ? view_.locked->FindDep(stage_.deps[i].path) : nullptr;
      if (!content.has_value() && before != nullptr) content = before->content;
      entry.deps.push_back({.path = stage_.deps[i].path, .content = std::move(content)});
    }
    for (const ParamValues& params : view_.seen.params) {
      if (!params.missing.empty() && !allow_missing_) {
        return absl::NotFoundError(absl::StrCat("missing parameter ", params.missing.front(), " of ", params.path));
      }
      entry.params.push_back({.path = params.path, .values = params.values});
    }
    return absl::OkStatus();
  }

  absl::StatusOr<LockedPath> Save(const Output& out) const {
    const std::string path = session_.PathOf(out.root_path);
    absl::StatusOr<blob::Content> content = out.cache          ? session_.tools.cache.Store(path)
                                            : fills_run_cache_ ? session_.tools.cache.StoreCopy(path)
                                                               : session_.tools.cache.Hash(path);
    if (content.ok()) return LockedPath{.path = out.path, .content = FingerprintOf(*content)};
    if (!absl::IsNotFound(content.status())) return content.status();
    if (!allow_missing_) return absl::NotFoundError(absl::StrCat("output '", out.root_path, "' does not exist"));
    const LockedPath* before = view_.locked.has_value() ? view_.locked->FindOut(out.path) : nullptr;
    return LockedPath{.path = out.path, .content = before != nullptr ? before->content : std::nullopt};
  }

  Session& session_;
  const Stage& stage_;
  const View& view_;
  const bool allow_missing_;
  const bool records_;  // else what dvc.lock says stays as it was written, by DVC 2 perhaps
  const bool fills_run_cache_;
};

}  // namespace

absl::StatusOr<StageCommit> CommitStage(Session& session, const Stage& stage, bool force, bool allow_missing) {
  RETURN_IF_ERROR(stage.refusal);
  absl::StatusOr<View> view = session.Look(stage);
  if (!view.ok()) return AtStage(stage, view.status());
  StageCommit result;
  for (const Reason& reason : view->reasons) {
    if (IsChange(reason)) result.changed.push_back(reason);
  }
  if (!result.changed.empty() && !force) return result;
  RETURN_IF_ERROR(AtStage(stage, Committer(session, stage, *view, force, allow_missing).Commit()));
  result.recorded = true;
  return result;
}

}  // namespace expq::pipeline
