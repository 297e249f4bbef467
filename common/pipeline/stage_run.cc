#include "common/pipeline/stage_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/pipeline/outputs.h"
#include "common/pipeline/shell.h"
#include "common/status/status.h"

namespace expq::pipeline {

StageOutcome StageRun::Run() {
  outcome_.address = stage_.Address();
  const absl::Status status = AtStage(stage_, BringUpToDate());
  if (!status.ok()) {
    outcome_.result = absl::IsCancelled(status) ? StageResult::kStopped : StageResult::kFailed;
    outcome_.error = status;
  }
  return outcome_;
}

absl::Status StageRun::BringUpToDate() {
  ASSIGN_OR_RETURN(const bool up_to_date, IsUpToDate());
  if (up_to_date) return PutBackWhatIsCached();
  RETURN_IF_ERROR(CheckPlace());
  if (!stage_.frozen) {
    ASSIGN_OR_RETURN(const bool pulled, Pull());
    if (pulled) return absl::OkStatus();
  }
  if (tools_.observer != nullptr) RETURN_IF_ERROR(tools_.observer->Approve(stage_, outcome_.reasons));
  if (stage_.frozen) return KeepFrozen();
  RETURN_IF_ERROR(PrepareInputs());
  if (tools_.observer != nullptr) state_dir_ = tools_.observer->StateDir(stage_);
  if (forced_ || IsUnderWay()) return RunCommands();
  ASSIGN_OR_RETURN(const bool restored, RestoreFromLock());
  if (restored) return absl::OkStatus();
  return UsesRunCache() ? RunShared() : RunCommands();
}

absl::StatusOr<bool> StageRun::IsUpToDate() {
  ASSIGN_OR_RETURN(view_, session_.Look(stage_));
  outcome_.reasons = view_.reasons;
  if (forced_) {
    outcome_.reasons.insert(outcome_.reasons.begin(), {.kind = Reason::Kind::kForced});
  } else if (session_.options.allow_missing && session_.BesidesMissing(stage_, view_).empty()) {
    outcome_.reasons.clear();
  }
  return outcome_.reasons.empty();
}

// Nobody else is at its paths, and nothing else has its outputs.
absl::Status StageRun::CheckPlace() const {
  for (const Output& out : stage_.outs) {
    if (!out.cache || tools_.tracked == nullptr || !tools_.tracked(out.root_path)) continue;
    return status::WithHint(
        absl::FailedPreconditionError(absl::StrCat("output '", out.root_path, "' is tracked by git")),
        absl::StrCat("git rm -r --cached '", out.root_path, "', or write `cache: false` to keep it there"));
  }
  return tools_.lock == nullptr ? absl::OkStatus() : tools_.lock->Check(LockedPaths());
}

absl::Status StageRun::PrepareInputs() {
  if (!forced_) RETURN_IF_ERROR(PullDeps());
  RETURN_IF_ERROR(CheckDeps());
  return CheckParams();
}

dvclock::Paths StageRun::LockedPaths() const {
  dvclock::Paths paths;
  for (const Dependency& dep : stage_.deps) paths.read.push_back(session_.PathOf(dep.root_path));
  for (const ParamDependency& params : stage_.params) paths.read.push_back(session_.PathOf(params.root_path));
  for (const Output& out : stage_.outs) paths.write.push_back(session_.PathOf(out.root_path));
  return paths;
}

absl::Status StageRun::CheckDeps() const {
  for (size_t i = 0; i < stage_.deps.size(); ++i) {
    if (view_.seen.deps[i].has_value()) continue;
    const std::string& path = stage_.deps[i].root_path;
    const absl::Status missing = absl::NotFoundError(absl::StrCat("missing dependency ", path));
    for (const DataSource& source : session_.pipeline.sources) {
      if (fs::IsWithin(path, source.path)) {
        return status::WithHint(missing, absl::StrCat(source.file, " tracks it, but it is not in the workspace"));
      }
    }
    return missing;
  }
  return absl::OkStatus();
}

// `params: [config.toml]` is a key of params.yaml; for all of the file it is a map.
absl::Status StageRun::MissingParams(const ParamValues& params) const {
  const absl::Status missing = absl::NotFoundError(
      absl::StrCat("parameters '", absl::StrJoin(params.missing, ", "), "' are missing from '", params.path, "'"));
  for (const std::string& key : params.missing) {
    if (!tools_.fs.Exists(fs::Join(session_.PathOf(stage_.wdir), key))) continue;
    return status::WithHint(missing, absl::StrCat("if the file '", key, "' is meant, write '", key, ":'"));
  }
  for (const ParamDependency& file : stage_.params) {
    if (file.path != params.path || tools_.fs.Exists(session_.PathOf(file.root_path))) continue;
    return status::WithHint(missing, absl::StrCat("there is no file '", file.root_path, "'"));
  }
  return missing;
}

absl::Status StageRun::CheckParams() const {
  for (const ParamValues& params : view_.seen.params) {
    if (params.missing.empty()) continue;
    if (params.whole_file) return absl::NotFoundError(absl::StrCat("missing params file ", params.path));
    return MissingParams(params);
  }
  return absl::OkStatus();
}

bool StageRun::UsesRunCache() const { return !session_.options.no_run_cache && IsRunCacheable(stage_); }

bool StageRun::SharesResults() const { return !session_.options.no_commit && MayFillRunCache(stage_); }

// DVC runs a stage again when an output is gone that it could not share: only the run cache's stages are put back.
bool StageRun::MayPutBack() const { return stage_.frozen || session_.options.put_back || IsRunCacheable(stage_); }

absl::StatusOr<bool> StageRun::RestoreFromLock() {
  if (!view_.locked.has_value() || !OnlyOutputsDiffer(view_.reasons) || !MayPutBack()) return false;
  ASSIGN_OR_RETURN(const bool restored, PutBackOuts());
  if (restored) RETURN_IF_ERROR(ShareAgain());
  return restored;
}

// As DVC does after each stage that was not up to date: the run cache may have been emptied since.
absl::Status StageRun::ShareAgain() {
  LockEntry entry = *view_.locked;
  entry.Sort();
  const bool is_old = std::any_of(entry.outs.begin(), entry.outs.end(),
                                  [](const LockedPath& out) { return out.content.has_value() && out.content->is_old; });
  if (is_old || !SharesResults()) return absl::OkStatus();
  for (const Output& out : stage_.outs) {
    if (!out.cache) RETURN_IF_ERROR(tools_.cache.StoreCopy(session_.PathOf(out.root_path)).status());
  }
  return session_.run_cache.Save(entry);
}

// False when the cache lacks something, or dvc.lock.
absl::StatusOr<bool> StageRun::PutBackOuts() {
  const auto content_of = [&](const Output& out) -> const Fingerprint* {
    const LockedPath* locked = view_.locked->FindOut(out.path);
    return locked != nullptr && locked->content.has_value() ? &*locked->content : nullptr;
  };
  const auto is_right = [&](size_t i) {
    const Fingerprint* wanted = content_of(stage_.outs[i]);
    const std::optional<Fingerprint>& now = view_.seen.outs[i].content;
    return wanted != nullptr && now.has_value() && now->digest == wanted->digest;
  };
  for (size_t i = 0; i < stage_.outs.size(); ++i) {
    const Fingerprint* wanted = content_of(stage_.outs[i]);
    if (wanted == nullptr) return false;
    if (is_right(i) && !stage_.outs[i].cache) continue;
    if (!tools_.cache.HasAll(wanted->digest)) return false;
  }
  const ContentBook::Disturbance disturbance(session_.contents);
  for (size_t i = 0; i < stage_.outs.size(); ++i) {
    const Output& out = stage_.outs[i];
    if (!is_right(i)) {
      ASSIGN_OR_RETURN(const bool placed, PlaceOut(out, *content_of(out)));
      if (!placed) return false;
    }
    RETURN_IF_ERROR(session_.IgnoreOutput(stage_, out));
  }
  outcome_.result = StageResult::kRestored;
  return true;
}

// Of a stage that is up to date although outputs are missing: those that the cache has may be read by others.
absl::Status StageRun::PutBackWhatIsCached() {
  if (!session_.options.allow_missing || !session_.options.put_back || !view_.locked.has_value())
    return absl::OkStatus();
  std::optional<ContentBook::Disturbance> disturbance;  // once something is put into the workspace
  for (size_t i = 0; i < stage_.outs.size(); ++i) {
    const LockedPath* locked = view_.locked->FindOut(stage_.outs[i].path);
    const bool is_known = locked != nullptr && locked->content.has_value();
    if (view_.seen.outs[i].content.has_value() || !is_known || !tools_.cache.HasAll(locked->content->digest)) continue;
    if (!disturbance.has_value()) disturbance.emplace(session_.contents);
    RETURN_IF_ERROR(PlaceOut(stage_.outs[i], *locked->content).status());
    RETURN_IF_ERROR(session_.IgnoreOutput(stage_, stage_.outs[i]));
  }
  return absl::OkStatus();
}

// A stage whose data merely is not here. False when it cannot be had, or is not all that is wrong: the stage may run.
absl::StatusOr<bool> StageRun::Pull() {
  if (!session_.options.pull || tools_.supply == nullptr || forced_ || !view_.locked.has_value()) return false;
  if (!session_.BesidesMissing(stage_, view_).empty() || !Obtain(*view_.locked)) return false;
  return PutBackOuts();
}

// The recorded outputs of an entry, into the cache.
bool StageRun::Obtain(const LockEntry& entry) const {
  std::vector<digest::Digest> digests;
  for (const Output& out : stage_.outs) {
    const LockedPath* locked = entry.FindOut(out.path);
    if (locked != nullptr && locked->content.has_value()) digests.push_back(locked->content->digest);
  }
  return !digests.empty() && tools_.supply->Fetch(digests).ok();
}

// What should be at a dependency that is gone: what its maker has recorded, else what dvc.lock last saw there.
std::optional<Session::Made> StageRun::Wanted(const Dependency& dep) const {
  std::optional<Session::Made> made = session_.MadeFor(stage_, dep);
  if (made.has_value() && !tools_.fs.Exists(session_.PathOf(made->path))) return made;
  const LockedPath* locked = view_.locked.has_value() ? view_.locked->FindDep(dep.path) : nullptr;
  return locked == nullptr ? std::nullopt : std::optional(Session::Made{dep.root_path, locked->content});
}

absl::Status StageRun::PullDeps() {
  if (!session_.options.pull || tools_.supply == nullptr) return absl::OkStatus();
  std::optional<ContentBook::Disturbance> disturbance;  // once something is put into the workspace
  for (size_t i = 0; i < stage_.deps.size(); ++i) {
    const std::string dep_path = session_.PathOf(stage_.deps[i].root_path);
    if (view_.seen.deps[i].has_value() || tools_.fs.Exists(dep_path)) continue;  // the one before may have brought it
    const std::optional<Session::Made> wanted = Wanted(stage_.deps[i]);
    if (!wanted.has_value() || !wanted->content.has_value()) continue;
    const digest::Digest& digest = wanted->content->digest;
    if (!tools_.supply->Fetch({digest}).ok()) continue;  // then it is a missing dependency, as without a supply
    const std::string path = session_.PathOf(wanted->path);
    if (!disturbance.has_value()) disturbance.emplace(session_.contents);
    RETURN_IF_ERROR(tools_.fs.MakeDirs(fs::Dirname(path)));
    RETURN_IF_ERROR(tools_.cache.Checkout(digest, path, wanted->content->is_exec));
  }
  return disturbance.has_value() ? IsUpToDate().status() : absl::OkStatus();
}

absl::StatusOr<bool> StageRun::RestoreFromRunCache() {
  LockEntry entry = InputsOf(stage_, view_.seen);
  const bool pulls = session_.options.pull && tools_.supply != nullptr;
  const auto obtain = [this](const LockEntry& hit) { return Obtain(hit); };
  std::optional<LockEntry> found = pulls ? session_.run_cache.Find(entry, obtain) : session_.run_cache.Find(entry);
  if (!found.has_value()) return false;
  const ContentBook::Disturbance disturbance(session_.contents);
  entry.outs = std::move(found->outs);
  for (const Output& out : stage_.outs) {
    ASSIGN_OR_RETURN(const bool placed, PlaceOut(out, *entry.FindOut(out.path)->content));
    if (!placed) return false;
    RETURN_IF_ERROR(session_.IgnoreOutput(stage_, out));
  }
  RETURN_IF_ERROR(Record(std::move(entry)));
  outcome_.result = StageResult::kRestored;
  return true;
}

// False when an object of it turns out to be damaged. The cache has moved that aside, so it is as good as never there:
// the stage can make it again.
absl::StatusOr<bool> StageRun::PlaceOut(const Output& out, const Fingerprint& content) {
  const std::string path = session_.PathOf(out.root_path);
  absl::Status placed;
  if (out.cache) {
    RETURN_IF_ERROR(tools_.fs.MakeDirs(fs::Dirname(path)));
    placed = tools_.cache.Checkout(content.digest, path, content.is_exec);
  } else {
    placed = CopyFromCache(tools_.fs, tools_.cache, content.digest, path, content.is_exec);
  }
  if (absl::IsDataLoss(placed)) return false;
  RETURN_IF_ERROR(placed);
  return true;
}

// A frozen stage never runs: what is there is taken as it is, and only put back when nothing is in its place.
absl::Status StageRun::KeepFrozen() {
  const bool is_modified = std::any_of(view_.reasons.begin(), view_.reasons.end(),
                                       [](const Reason& reason) { return reason.kind == Reason::Kind::kOutModified; });
  bool restored = false;
  if (!is_modified) {
    ASSIGN_OR_RETURN(restored, RestoreFromLock());
  }
  if (restored && !forced_) return absl::OkStatus();
  for (size_t i = 0; i < stage_.outs.size(); ++i) {
    if (restored || view_.seen.outs[i].content.has_value()) continue;
    return status::WithHint(
        absl::NotFoundError(absl::StrCat("output '", stage_.outs[i].root_path, "' is missing and the stage is frozen")),
        "remove `frozen: true` to run it");
  }
  RETURN_IF_ERROR(CheckDeps());
  RETURN_IF_ERROR(CheckParams());
  RETURN_IF_ERROR(SaveOutputs());
  outcome_.result = StageResult::kRestored;
  return absl::OkStatus();
}

// The run cache first; then, with the right to compute, once more: another experiment may just have finished it.
absl::Status StageRun::RunShared() {
  ASSIGN_OR_RETURN(bool restored, RestoreFromRunCache());
  if (restored) return absl::OkStatus();
  if (tools_.single_flight == nullptr || !SharesResults()) return RunCommands();
  const std::string key = RunCacheKey(InputsOf(stage_, view_.seen));
  if (key.empty()) return RunCommands();
  bool waited = false;
  ASSIGN_OR_RETURN(const std::unique_ptr<fs::FileLock> right_to_compute,
                   tools_.single_flight->Acquire(key, stop_, &waited));
  ASSIGN_OR_RETURN(restored, RestoreFromRunCache());
  return restored ? absl::OkStatus() : RunCommands();
}

std::string StageRun::StateDirOf(int command) const { return fs::Join(state_dir_, std::to_string(command)); }

// An earlier life of this process started it: its supervisor may still be running, so its outputs are not ours to
// delete, and the runner goes on with it.
bool StageRun::IsUnderWay() const { return tools_.observer != nullptr && tools_.observer->UnderWay(stage_); }

absl::Status StageRun::RunCommands() {
  std::unique_ptr<dvclock::PathLocks::Hold> paths;
  if (tools_.lock != nullptr) {
    ASSIGN_OR_RETURN(paths, tools_.lock->Hold(LockedPaths()));
  }
  return RunApart();
}

absl::Status StageRun::RunApart() {
  const ContentBook::Disturbance disturbance(session_.contents);
  if (tools_.observer != nullptr) tools_.observer->StageStarts(stage_, outcome_.reasons);
  outcome_.result = StageResult::kRan;
  if (!IsUnderWay()) RETURN_IF_ERROR(ClearOutputs(tools_.fs, tools_.cache, session_.root, stage_));
  ASSIGN_OR_RETURN(const bool succeeded, AllCommandsSucceed());
  if (!succeeded) return absl::OkStatus();
  const std::vector<ContentPtr> before = view_.deps;
  RETURN_IF_ERROR(LookAgain());
  RETURN_IF_ERROR(RefuseChangedObjects(before));
  return SaveOutputs();
}

absl::StatusOr<process::ExitResult> StageRun::RunUnlocked(const process::Command& command) {
  if (tools_.lock == nullptr) return tools_.runner.Run(command, stop_);
  tools_.lock->CommandStarts();
  absl::StatusOr<process::ExitResult> result = tools_.runner.Run(command, stop_);
  RETURN_IF_ERROR(tools_.lock->CommandEnds(stop_));
  return result;
}

absl::StatusOr<bool> StageRun::AllCommandsSucceed() {
  const ExecuteOptions& options = session_.options;
  process::Command command{.cwd = session_.PathOf(stage_.wdir), .grace = options.grace};
  if (!tools_.fs.Exists(command.cwd)) {
    return absl::NotFoundError(absl::StrCat("working directory ", stage_.wdir, " does not exist"));
  }
  command.env = WithVariable(options.env, "DVC_STAGE", stage_.Address());
  command.env = WithVariable(std::move(command.env), "DVC_ROOT",
                             options.dvc_root_env.empty() ? session_.root : options.dvc_root_env);
  if (tools_.observer != nullptr) command.output_path = tools_.observer->OutputPath(stage_);
  int number = 0;
  for (const std::string& text : stage_.commands) {
    ++number;
    if (stop_.Stopped()) return absl::CancelledError("stopped");
    command.argv = ShellCommand(options.env, text);
    if (!state_dir_.empty()) command.state_dir = StateDirOf(number);
    ASSIGN_OR_RETURN(outcome_.exit, RunUnlocked(command));
    if (outcome_.exit.ok() && !outcome_.exit.stopped) continue;
    outcome_.command = static_cast<size_t>(number) - 1;
    outcome_.result = outcome_.exit.stopped ? StageResult::kStopped : StageResult::kFailed;
    return false;
  }
  return true;
}

// A dependency may have changed while the commands ran: what is recorded is what is there now, as in DVC.
absl::Status StageRun::LookAgain() {
  for (size_t i = 0; i < stage_.deps.size(); ++i) {
    ASSIGN_OR_RETURN(view_.deps[i], session_.contents.Look(session_.PathOf(stage_.deps[i].root_path)));
    view_.seen.deps[i] = FingerprintOf(view_.deps[i]);
  }
  ASSIGN_OR_RETURN(view_.seen.params, session_.params.Values(stage_));
  RETURN_IF_ERROR(CheckDeps());
  return CheckParams();
}

absl::Status StageRun::RefuseChangedObjects(const std::vector<ContentPtr>& before) const {
  for (size_t i = 0; i < stage_.deps.size(); ++i) {
    const Dependency& dep = stage_.deps[i];
    if (before[i]->digest == view_.deps[i]->digest) continue;
    const std::string path = session_.PathOf(dep.root_path);
    if (!before[i]->digest.is_dir()) RETURN_IF_ERROR(RefuseChangedObject(dep, path, before[i]->digest));
    std::map<std::string, const digest::Digest*> now;
    for (const blob::ManifestEntry& entry : view_.deps[i]->files) now.emplace(entry.relpath, &entry.digest);
    for (const blob::ManifestEntry& entry : before[i]->files) {
      const auto found = now.find(entry.relpath);
      if (found == now.end() || *found->second == entry.digest) continue;
      RETURN_IF_ERROR(RefuseChangedObject(dep, fs::Join(path, entry.relpath), entry.digest));
    }
  }
  return absl::OkStatus();
}

// The bytes were changed. When the cache's object is the same file, it no longer is what it is named for: it goes, so
// that nobody trusts it.
absl::Status StageRun::RefuseChangedObject(const Dependency& dep, const std::string& path,
                                           const digest::Digest& before) const {
  if (!IsLinkedTo(tools_.fs, tools_.cache, path, before)) return absl::OkStatus();
  RETURN_IF_ERROR(tools_.fs.Remove(tools_.cache.ObjectPath(before)));
  return status::WithHint(absl::DataLossError(absl::StrCat("its command wrote into dependency ", dep.root_path,
                                                           ", which shares its bytes with the cache: object ",
                                                           before.text(), " was changed and is removed")),
                          "let the command write to a file of its own, or set cache.type to copy");
}

absl::Status StageRun::SaveOutputs() {
  LockEntry entry = InputsOf(stage_, view_.seen);
  for (const Output& out : stage_.outs) {
    absl::StatusOr<Fingerprint> content = SaveOutput(out);
    if (absl::IsNotFound(content.status())) {
      return absl::FailedPreconditionError(absl::StrCat("output '", out.root_path, "' was not made by its command"));
    }
    RETURN_IF_ERROR(content.status());
    for (LockedPath& locked : entry.outs) {
      if (locked.path == out.path) locked.content = *content;
    }
    RETURN_IF_ERROR(session_.IgnoreOutput(stage_, out));
  }
  RETURN_IF_ERROR(Record(entry));
  return SharesResults() ? session_.run_cache.Save(entry) : absl::OkStatus();
}

absl::StatusOr<Fingerprint> StageRun::SaveOutput(const Output& out) {
  const std::string path = session_.PathOf(out.root_path);
  absl::StatusOr<blob::Content> content = absl::NotFoundError(path);
  if (out.cache && !session_.options.no_commit) {
    content = tools_.cache.Store(path);
  } else if (SharesResults()) {
    content = tools_.cache.StoreCopy(path);
  } else {
    content = tools_.cache.Hash(path);
  }
  RETURN_IF_ERROR(content.status());
  return FingerprintOf(*content);
}

absl::Status StageRun::Record(LockEntry entry) {
  outcome_.recorded = true;
  return session_.locks->Record(tools_.fs, stage_, std::move(entry));
}

}  // namespace expq::pipeline
