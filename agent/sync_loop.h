// The agent's main thread: says what is, hears what should be, makes it so. Everything that happened while the
// dispatcher was away is said the next time it is there.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/agent.h"
#include "agent/attempt.h"
#include "agent/attempt_runner.h"
#include "agent/disk_watch.h"
#include "agent/kept_workspaces.h"
#include "agent/serial_observer.h"
#include "agent/spool.h"
#include "agent/wakeup.h"
#include "agent/workers.h"

namespace expq::agent {

// Used by one thread, once.
class SyncLoop {
 public:
  SyncLoop(Tools tools, const Options& options);
  absl::StatusOr<Summary> Run(const sync::StopToken& drain, const sync::StopToken& stop);

 private:
  using Held = std::map<AttemptKey, std::shared_ptr<Attempt>>;

  absl::StatusOr<Summary> Loop(const sync::StopToken& drain, const sync::StopToken& stop);
  void AdoptSpooled();
  void Start(experiment::Assignment assignment);
  // Of an earlier process; `started` as its spool has it.
  void Resume(experiment::Assignment assignment, std::optional<absl::Duration> started);
  std::shared_ptr<Attempt> Hold(experiment::Assignment assignment, absl::Duration started, bool resumed);
  // On the attempt's thread.
  void RunAttempt(Attempt& attempt);

  experiment::SyncReport Report(absl::Duration wait) const;
  // Looks whether the disks have room.
  void NoticeDisks();
  void AskAboutKept(experiment::SyncReport& report);
  // False: nothing that comes is begun.
  bool TakesNew() const { return !draining_ && !stopping_ && closed_.empty(); }
  experiment::Offer Free() const;
  void Apply(const experiment::SyncOrders& orders);
  void Drop(const AttemptKey& key);
  void ForgetDropped();
  void EndAll(EndReason reason);
  void EndTimedOut();

  // How long a call may be held, and how long to wait here before the next.
  absl::Duration HoldFor() const;
  absl::Duration RestFor(absl::Duration held) const;
  bool AnyRunning() const;
  bool Finished(const experiment::SyncOrders& orders);
  absl::Duration YoungestAge() const;

  // Logs and live values of running attempts, when it is time.
  void SendProgress();
  // False when the dispatcher said something that waiting does not mend.
  bool SitOut(const absl::Status& status);
  void Farewell();

  const Options options_;
  const AgentLayout layout_;
  SerialObserver observer_;
  Tools tools_;
  Projects projects_;
  SlotPool slots_;
  DiskWatch disks_;
  KeptWorkspaces kept_;
  Spool spool_;
  Workbench bench_;
  // Shared with callbacks of stop tokens, which may still run when this object is gone.
  const std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();

  Held held_;
  Summary summary_;
  bool draining_ = false;
  bool stopping_ = false;
  std::string closed_;  // why nothing new is taken: a disk is full
  absl::Duration call_again_ = absl::Seconds(5);
  absl::Duration idle_since_;
  absl::Duration progress_at_;
  absl::Duration save_hashes_at_;
  absl::Duration ask_about_kept_at_;
  absl::Duration backoff_ = absl::ZeroDuration();
  absl::Duration unreachable_since_ = absl::InfiniteDuration();
  Workers workers_;  // last: its threads use all of the above until they end
};

}  // namespace expq::agent
