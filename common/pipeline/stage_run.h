// One stage brought up to date: left alone, restored, or run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/pipeline/session.h"
#include "common/sync/sync.h"

namespace expq::pipeline {

// Used once, by one thread. What it works with outlives it.
class StageRun {
 public:
  StageRun(Session& session, const Stage& stage, bool forced, const sync::StopToken& stop)
      : session_(session), tools_(session.tools), stage_(stage), forced_(forced), stop_(stop) {}

  // A failure is in the outcome. Tells the observer when commands start.
  StageOutcome Run();

 private:
  absl::Status BringUpToDate();
  absl::StatusOr<bool> IsUpToDate();
  absl::Status CheckPlace() const;
  absl::Status PrepareInputs();
  dvclock::Paths LockedPaths() const;
  absl::Status CheckDeps() const;
  absl::Status CheckParams() const;
  absl::Status MissingParams(const ParamValues& params) const;

  bool UsesRunCache() const;
  bool SharesResults() const;

  bool MayPutBack() const;
  absl::StatusOr<bool> RestoreFromLock();
  absl::StatusOr<bool> PutBackOuts();
  absl::Status PutBackWhatIsCached();
  absl::Status ShareAgain();
  absl::StatusOr<bool> Pull();
  std::optional<Session::Made> Wanted(const Dependency& dep) const;
  absl::Status PullDeps();
  bool Obtain(const LockEntry& entry) const;
  absl::StatusOr<bool> RestoreFromRunCache();
  absl::StatusOr<bool> PlaceOut(const Output& out, const Fingerprint& content);
  absl::Status KeepFrozen();

  absl::Status RunShared();
  absl::Status RunCommands();
  absl::Status RunApart();
  std::string StateDirOf(int command) const;
  bool IsUnderWay() const;
  absl::StatusOr<bool> AllCommandsSucceed();
  absl::StatusOr<process::ExitResult> RunUnlocked(const process::Command& command);
  absl::Status LookAgain();
  absl::Status RefuseChangedObjects(const std::vector<ContentPtr>& before) const;
  absl::Status RefuseChangedObject(const Dependency& dep, const std::string& path, const digest::Digest& before) const;
  absl::Status SaveOutputs();
  absl::StatusOr<Fingerprint> SaveOutput(const Output& out);
  absl::Status Record(LockEntry entry);

  Session& session_;
  const Tools& tools_;
  const Stage& stage_;
  const bool forced_;
  const sync::StopToken& stop_;
  View view_;
  std::string state_dir_;  // "" = none
  StageOutcome outcome_;
};

}  // namespace expq::pipeline
